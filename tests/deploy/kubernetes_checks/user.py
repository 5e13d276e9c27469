"""The user that agents log in as, in the files and at a real server."""
import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

import yaml

from kubernetes_checks.helm import agent_of
from kubernetes_checks.sidecar import values_of
from kubernetes_checks.tools import KUBERNETES, PASSWORD, ROOT, SIDECAR, TOOLS, USER, binary, check, equal, expect, rendered, run


def permissions():
    """The file is YAML too."""
    return yaml.safe_load(USER.read_text())["permissions"]


@check("the user's permissions are the same everywhere")
def permissions_are_one():
    values = yaml.safe_load((KUBERNETES / "nats-user.values.yaml").read_text())
    user = values["config"]["merge"]["accounts"]["$SYS"]["users"][0]
    equal("the chart's user", user["permissions"], permissions())


@check("nsc is told the same permissions")
def nsc_is_told_the_same_permissions():
    """By our script; a stand-in for nsc says what it was called with."""
    with tempfile.TemporaryDirectory() as directory:
        stand_in = pathlib.Path(directory) / "nsc"
        stand_in.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$0.calls\"\n")
        stand_in.chmod(0o755)
        run(ROOT / "deploy/nats/lookout-user.nsc", "OPS", env={"PATH": f"{directory}:{os.environ['PATH']}"})
        told = (stand_in.parent / "nsc.calls").read_text().split("\n")
    for option, side in (("--allow-pub", "publish"), ("--allow-sub", "subscribe")):
        equal(option, told[told.index(option) + 1].split(","), permissions()[side])
    expect(told.count("OPS") == 2, "another account")


def documented_user():
    """The line of docs/kubernetes.md, which includes the file of the user."""
    return re.search(r"\*\*Configuration file\.\*\*\n\n```\n(.*?)```", (ROOT / "docs/kubernetes.md").read_text(), re.DOTALL).group(1)


def user_of_the_values():
    """What nats-user.values.yaml merges, as the official chart writes it: JSON, with what is between << and >> bare."""
    merged = yaml.safe_load((KUBERNETES / "nats-user.values.yaml").read_text())["config"]["merge"]
    return re.sub(r'"<< (.*?) >>"', r"\1", "\n".join(f"{key}: {json.dumps(value)}" for key, value in merged.items()))


@check("the documented line is the same everywhere")
def documented_line_is_one():
    for file in (USER, SIDECAR / "example/nats.conf"):
        expect(documented_user().strip() in file.read_text(), f"{file.name} says something else")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def wait_while(trouble):
    """Until the function has nothing to say any more."""
    end = time.monotonic() + 40
    while words := trouble():
        expect(time.monotonic() < end, words)
        time.sleep(0.1)


@contextlib.contextmanager
def server(directory, port, configuration):
    """A real nats-server on loopback with the file of the user beside its configuration: its log."""
    file, log = directory / "nats.conf", directory / "log"
    file.write_text(configuration)
    (directory / USER.name).write_text(USER.read_text())
    log.unlink(missing_ok=True)
    command = [TOOLS["nats_server 2.15"], "-c", file, "-a", "127.0.0.1", "-p", str(port), "-l", log]
    process = subprocess.Popen(command, env={**os.environ, "LOOKOUT_PASSWORD": PASSWORD})

    def does_not_listen():
        expect(process.poll() is None, f"{file.read_text()} is refused")
        return "" if log.exists() and "Listening for client connections" in log.read_text() else "nats-server does not start"

    try:
        wait_while(does_not_listen)
        yield log
    finally:
        process.terminate()
        process.wait(20)


def illness(port):
    """What /healthz says, which the startup probe of the official chart asks; nothing when it is ok."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return "" if answer.status == 200 else f"/healthz says {answer.read().decode()}"


@check("a running JetStream cluster takes the user server by server, {0}", ("values of the chart", user_of_the_values),
       ("configuration file", documented_user))
def cluster_takes_the_user(_, user):
    """The first server of a rolling restart: it finds the others, which do not know the user yet, and lets the agent in."""
    ports = free_ports(9)
    clients, routes, monitors = ports[:3], ports[3:6], ports[6:]
    seeds = ", ".join(f"nats://127.0.0.1:{port}" for port in routes)
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as others:
        def member(i, more=""):
            directory = pathlib.Path(temporary) / f"n{i}"
            directory.mkdir(exist_ok=True)
            return server(directory, clients[i], f"""server_name: n{i}\nhttp: "127.0.0.1:{monitors[i]}"
                jetstream: {{store_dir: "{directory}", max_memory_store: 1MB, max_file_store: 1MB}}
                cluster: {{name: nats, listen: "127.0.0.1:{routes[i]}", routes: [{seeds}]}}\n{more}""")

        for i in (1, 2):
            others.enter_context(member(i))
        with member(0):
            for port in monitors:
                wait_while(functools.partial(illness, port))
        with member(0, user()):
            wait_while(functools.partial(illness, monitors[0]))
            password = pathlib.Path(temporary) / "password"
            password.write_text(PASSWORD)
            said = json.loads(run(binary(), "check", "--format=json", f"--nats.url=nats://127.0.0.1:{clients[0]}", "--nats.user=lookout",
                                  f"--nats.password-file={password}", "--nats.inbox-prefix=_INBOX_lookout", "--events.subjects=minimal"))
            expect(said["status"] == "ok" and len(said["servers"]) == 3, json.dumps(said)[:2000])


@check("sidecar and Deployment log in as documented")
def agents_log_in():
    """Sidecar and Deployment as shipped, at a server with the user as shipped: they are let in, see it and are refused nothing."""
    _, _, configuration = agent_of(rendered())
    sidecar = values_of("native")["podTemplate"]["patch"][0]["value"][0]
    port, = free_ports(1)
    with tempfile.TemporaryDirectory() as temporary, \
            server(pathlib.Path(temporary), port, "server_name: n1\n" + documented_user()) as log:
        def here(text):
            text = re.sub(r"nats://[a-z0-9.]+:4222", f"nats://127.0.0.1:{port}", text)
            return text.replace("/etc/nats-lookout/credentials", temporary)

        with socket.create_connection(("127.0.0.1", port), 10) as stranger, stranger.makefile() as lines:
            stranger.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
            said = lines.readline() + lines.readline()
        expect("PONG" in said, f"who did not have to log in has to now: {said}")
        (pathlib.Path(temporary) / "password").write_text(PASSWORD)
        file = pathlib.Path(temporary) / "nats-lookout.yaml"
        file.write_text(here(configuration))
        for arguments, env in ((map(here, sidecar["args"]), {}), ([], {"LOOKOUT_CONFIG_FILE": str(file)})):
            said = json.loads(run(binary(), "check", "--format=json", *arguments, env=env))
            expect(said["status"] == "ok", json.dumps(said)[:2000])
        expect("iolation" not in log.read_text(), log.read_text())
