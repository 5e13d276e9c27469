#!/usr/bin/env python3
"""Holds the agent's findings against `nats server check` on one deployment in the same states, and prints docs/cli.md's table.

    tests/tools/compare_cli.py --nats nats --server nats-server --lookout build/nats-lookout > docs/cli.md

Run by hand: the CLI is no Debian package. Ends with 1 when the two differ and this file does not say why.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SETTLE = 30  # seconds that a state lasts before both are asked: what the hasty limits below need
LIMITS = ("server_unhealthy=8s/3s,server_connections=0.8/0.95/1s/1s,server_jetstream_storage=0.75/0.9/1s/3s,meta_leader=5s/3s,"
          "meta_quorum=3s/3s,meta_peers=3s/3s,stream_leader=3s/3s,stream_replicas=5s/3s,account_jetstream_storage=0.75/0.9/1s/1s,"
          "stream_messages=0.9/1/1s/1s,stream_metadata=1s/1s,server_restarted=0s/1s,cluster_servers=1s/1s,"
          "meta_leader_changes=20/-,server_restart_loop=-/9,server_cpu=off")
INTRO = """# Compared with `nats server check`

Made by `tests/tools/compare_cli.py` with nats {cli} on nats-server {server}: three servers in one cluster, a stream of three replicas,
every state for {settle} s, thresholds alike. The CLI looks at what it is asked about (one stream, one server) and says it in one
line; the agent looks at all, all the time. *Ours* are the findings of the checks that concern the same: `meta_*`; `stream_*` and
JetStream's storage; `server_*` about that server; `stream_*` about that stream. In bold: what is wrong about the CLI's answer. Where
both found nothing the line is left out, but for the first and the last state.

The CLI's checks of replicas and of the meta group know no warning: a cluster that works with one server less is critical for them, as one
that does not work. For the agent it is a warning that says that nothing more may fail, and what died unannounced is critical by itself.

| state | `nats server check` | it says | ours |
| --- | --- | --- | --- |
"""

# Why the CLI is the one that is wrong, where it is.
WHY = {
    ("all is well", "stream ORDERS, no option"): "R3 is taken for wrong unless --peer-expect is given",
    ("all is well", "server n1, --cpu-critical alone"): "a threshold that is not given is 0, and 0 >= 0",
    ("a stream holds 9 of the 10 messages it may", "stream FULL"): "for a wrong reason: it does not look at the limit",
    ("14 of 16 MB of the disk are used, by an account without limit", "jetstream (FREE, no limit)"):
        "it knows the account's limit only, and here is none",
    ("14 of 16 MB of the disk are used, by an account without limit", "server n1"): "disks are not among what it looks at",
    ("14 of 16 MB of the disk are used, by an account without limit", "server n3"): "disks are not among what it looks at",
    ("two of three were killed", "server n1"): "it compares numbers and does not ask the server whether it is healthy",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, binary, directory, name, ports, routes):
        self.binary, self.directory, self.name, self.ports = binary, directory, name, ports
        disk = directory / name
        (directory / f"{name}.conf").write_text(f"""
server_name: {name}
listen: 127.0.0.1:{ports[0]}
max_connections: 20
jetstream {{ store_dir: "{disk}", max_file_store: 16MB, max_memory_store: 16MB }}
cluster {{ name: east, listen: 127.0.0.1:{ports[1]}, routes: [{", ".join(f"nats://127.0.0.1:{r}" for r in routes)}] }}
accounts {{
  SYS {{ users: [{{user: admin, password: admin-not-secret}}] }}
  APP {{ jetstream: {{max_file: 64MB}}, users: [{{user: app, password: app-not-secret}}] }}
  FREE {{ jetstream: enabled, users: [{{user: free, password: free-not-secret}}] }}
}}
system_account: SYS
""")
        self.process = None

    def start(self):
        log = open(self.directory / f"{self.name}.log", "a")
        self.process = subprocess.Popen([self.binary, "-c", self.directory / f"{self.name}.conf"], stdout=log, stderr=log)

    def end(self, number):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait()


class Deployment:
    def __init__(self, arguments, directory):
        self.arguments, self.directory = arguments, directory
        ports = [(free_port(), free_port()) for _ in range(3)]
        self.servers = [Server(arguments.server, directory, f"n{i + 1}", ports[i], [p[1] for p in ports]) for i in range(3)]
        self.port = free_port()
        self.agent = None
        self.clients = []

    def url(self):
        alive = [s for s in self.servers if s.process and s.process.poll() is None]
        return ",".join(f"nats://127.0.0.1:{s.ports[0]}" for s in alive[:1])

    def nats(self, user, *command, ok=True, text=None):
        whole = [self.arguments.nats, "--server", self.url(), "--user", user, "--password", f"{user}-not-secret", "--timeout", "5s", *command]
        environment = dict(os.environ, HOME=str(self.directory), XDG_CONFIG_HOME=str(self.directory))
        done = subprocess.run(whole, capture_output=True, text=True, timeout=60, env=environment, input=text)
        if ok and done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done

    def start(self):
        for server in self.servers:
            server.start()
        log = open(self.directory / "agent.log", "w")
        urls = ",".join(f"nats://127.0.0.1:{s.ports[0]}" for s in self.servers)
        self.agent = subprocess.Popen(
            [self.arguments.lookout, "--nats.url", urls, "--nats.user", "admin", "--nats.password", "admin-not-secret",
             "--web.listen-address", f"127.0.0.1:{self.port}", "--collect.interval", "2s", "--servers.lost-after", "5s",
             "--health.checks", LIMITS, "--events.log", "off"], stdout=log, stderr=log)

    def findings(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
            return json.load(answer)["findings"]

    def wait(self, condition, what, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, KeyError):
                if condition():
                    return
            time.sleep(0.5)
        sys.exit(f"not within {limit} s: {what}; there are {[f['check'] + ' ' + f['entity'] for f in self.findings()]}")

    def stop(self):
        for client in self.clients:
            client.close()
        if self.agent:
            self.agent.terminate()
            self.agent.wait()
        for server in self.servers:
            server.end(signal.SIGKILL)


def checks():
    """Name, user, arguments of the CLI's check, and which of our findings concern the same."""
    def of_server(name):
        return lambda f: f.get("server") == name and f["check"].startswith("server_")

    limits = ["--cpu-warn", "10000", "--cpu-critical", "20000", "--conn-warn", "16", "--conn-critical", "19", "--js-required"]
    replicas = ["--peer-expect", "3", "--peer-lag-critical", "200", "--peer-seen-critical", "5s"]
    yield ("meta", "admin", ["meta", "--expect", "3", "--lag-critical", "200", "--seen-critical", "5s"],
           lambda f: f["check"].startswith("meta_"))
    yield ("jetstream (APP)", "app", ["jetstream"],
           lambda f: f["check"].startswith(("stream_", "account_jetstream_")) and f["check"] not in ("stream_metadata", "stream_messages"))
    yield ("jetstream (FREE, no limit)", "free", ["jetstream"], lambda f: f["check"].startswith(("server_jetstream_", "stream_replicas", "stream_leader")))
    for name in ("n1", "n3"):
        yield (f"server {name}", "admin", ["server", "--name", name, *limits], of_server(name))
    yield ("stream ORDERS", "app", ["stream", "--stream", "ORDERS", *replicas],
           lambda f: f["check"].startswith("stream_") and ("ORDERS" in f["entity"] or "server" in f))
    yield ("stream ORDERS, no option", "app", ["stream", "--stream", "ORDERS"],
           lambda f: f["check"].startswith("stream_") and "ORDERS" in f["sentence"])
    yield ("server n1, --cpu-critical alone", "admin", ["server", "--name", "n1", "--cpu-critical", "90"], of_server("n1"))
    yield ("stream FULL", "app", ["stream", "--stream", "FULL"], lambda f: f["check"].startswith("stream_") and "FULL" in f["entity"])


def connect(deployment, count):
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", deployment.servers[0].ports[0]))
        client.sendall(b'CONNECT {"verbose":false,"user":"app","pass":"app-not-secret"}\r\nPING\r\n')
        deployment.clients.append(client)


def states(d):
    """What is done to the deployment, one after the other."""
    n1, n2, n3 = d.servers

    def back(*servers):
        for server in servers:
            server.start()
        d.wait(lambda: not d.findings(), "all well again", 120)

    yield "all is well"
    n3.end(signal.SIGTERM)
    yield "a server was shut down"
    back(n3)
    n3.end(signal.SIGKILL)
    yield "a server was killed"
    back(n3)
    n3.process.send_signal(signal.SIGSTOP)
    yield "a server is frozen"
    n3.process.send_signal(signal.SIGCONT)
    d.wait(lambda: not d.findings(), "all well again", 120)
    connect(d, 16)
    yield "16 of 20 connections, without the agent's and the CLI's"
    for client in d.clients:
        client.close()
    d.clients.clear()
    d.nats("app", "publish", "full.x", "x", "--count", "9", "--quiet", ok=False)
    yield "a stream holds 9 of the 10 messages it may"
    d.nats("app", "stream", "purge", "FULL", "--force")
    d.nats("app", "stream", "edit", "FULL", "--force", "--metadata", "io.nats.monitor.msgs-critical:5")
    yield "a stream wants 5 messages, by its metadata, and has none"
    d.nats("app", "stream", "rm", "FULL", "--force")
    d.nats("free", "publish", "fill.x", "x" * 100000, "--count", "140", "--quiet", ok=False)
    yield "14 of 16 MB of the disk are used, by an account without limit"
    d.nats("free", "stream", "purge", "FILL", "--force")
    n2.end(signal.SIGKILL)
    n3.end(signal.SIGKILL)
    yield "two of three were killed"
    back(n2, n3)
    yield "they are back"


def severity(findings):
    names = [f["state"] for f in findings]
    return next((s for s in ("critical", "warning", "unknown") if s in names), "ok")


def compare(deployment):
    unexplained = []
    for state in states(deployment):
        time.sleep(SETTLE)
        findings = deployment.findings()
        for name, user, command, concerns in checks():
            if ("FULL" in name and "stream" not in state) or ("," in name and "(" not in name and state != "all is well"):
                continue
            done = deployment.nats(user, "server", "check", *command, "--format", "json", ok=False)
            try:
                said = json.loads(done.stdout)
                theirs, why = said["status"].lower(), "; ".join(said.get("critical") or said.get("warning") or [])
            except (ValueError, KeyError):
                theirs, why = "critical", (done.stdout + done.stderr).strip().splitlines()[-1]
            ours = [f for f in findings if concerns(f)]
            row = (state, name, theirs, why, severity(ours), "; ".join(sorted({f["check"] for f in ours})))
            differs = (theirs == "ok") != (row[4] == "ok")
            reason = WHY.get((state, name), "")
            if differs and not reason:
                unexplained.append(row)
            if theirs == row[4] == "ok" and not state.startswith(("all", "they")):
                continue
            print(f"| {state} | {name} | {theirs}{': ' + why if why else ''} | {row[4]}{': ' + row[5] if row[5] else ''}"
                  f"{'. **' + reason + '**' if reason else ''} |", flush=True)
    return unexplained


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "server", "lookout"):
        parser.add_argument(f"--{name}", required=True, type=lambda p: str(pathlib.Path(p).resolve()) if "/" in p else shutil.which(p))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        deployment = Deployment(arguments, pathlib.Path(directory))
        version = [subprocess.run([p, "--version"], capture_output=True, text=True).stdout.split()[-1].lstrip("v") for p in
                   (arguments.nats, arguments.server)]
        print(INTRO.format(cli=version[0], server=version[1], settle=SETTLE), end="")
        try:
            deployment.start()
            deployment.wait(lambda: deployment.nats("app", "account", "info", ok=False).returncode == 0 and not deployment.findings(), "the start")
            add = ["stream", "add", "--defaults", "--replicas", "3", "--subjects"]
            deployment.nats("app", *add, "orders.>", "ORDERS")
            deployment.nats("app", *add, "full.>", "FULL", "--max-msgs", "10", "--discard", "new")
            deployment.nats("free", *add, "fill.>", "FILL")
            deployment.nats("app", "publish", "orders.x", "x", "--count", "100", "--quiet", ok=False)
            unexplained = compare(deployment)
        finally:
            deployment.stop()
    for row in unexplained:
        print("differs, and nothing here says why:", *row, file=sys.stderr)
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
