"""The user that agents log in as, in the files and at a real server."""
import contextlib
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
from kubernetes_checks.tools import KUBERNETES, PASSWORD, ROOT, TOOLS, USER, binary, check, equal, expect, rendered, run


def permissions():
    """The file is YAML too."""
    return yaml.safe_load(USER.read_text())["permissions"]


@check("the user's permissions are the same everywhere")
def permissions_are_one():
    values = yaml.safe_load((KUBERNETES / "nats-user.values.yaml").read_text())
    user = values["config"]["merge"]["accounts"]["SYS"]["users"][0]
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


@contextlib.contextmanager
def documented_server(directory):
    """A real nats-server on loopback with the lines of docs/kubernetes.md and the file that they include: its port and log."""
    text = (ROOT / "docs/kubernetes.md").read_text()
    configuration, log = directory / "nats.conf", directory / "log"
    configuration.write_text("server_name: n1\n" + re.search(r"\*\*Configuration file\.\*\*\n\n```\n(.*?)```", text, re.DOTALL).group(1))
    (directory / USER.name).write_text(USER.read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [TOOLS["nats_server 2.15"], "-c", configuration, "-a", "127.0.0.1", "-p", str(port), "-l", log]
    process = subprocess.Popen(command, env={**os.environ, "LOOKOUT_PASSWORD": PASSWORD})
    try:
        end = time.monotonic() + 20
        while not (log.exists() and "Server is ready" in log.read_text()):
            expect(process.poll() is None and time.monotonic() < end, "nats-server does not start")
            time.sleep(0.1)
        yield port, log
    finally:
        process.terminate()
        process.wait(20)


@check("sidecar and Deployment log in as documented")
def agents_log_in():
    """Sidecar and Deployment as shipped, at a server with the user as shipped: they are let in, see it and are refused nothing."""
    _, _, configuration = agent_of(rendered())
    sidecar = values_of("native")["podTemplate"]["patch"][0]["value"][0]
    with tempfile.TemporaryDirectory() as temporary, documented_server(pathlib.Path(temporary)) as (port, log):
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
