#!/usr/bin/env python3
"""Whether the example makes one page of an incident, in a real Alertmanager on loopback: check_alertmanager.py PATH-OF-ALERTMANAGER."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy/alertmanager/alertmanager.example.yaml"
WAIT = 20  # seconds

# label sets; whether they are to stay silent; who gets them
ALERTS = [
    ("sent, with its address", {"alertname": "NatsAuthBruteForce", "nats_cluster": "east", "severity": "critical", "entity": "192.0.2.1", "source": "nats-lookout"}, False, "pager"),
    ("the same from Prometheus", {"alertname": "NatsAuthBruteForce", "nats_cluster": "east", "severity": "critical"}, True, "pager"),
    ("of another cluster", {"alertname": "NatsAuthBruteForce", "nats_cluster": "west", "severity": "critical"}, False, "pager"),
    ("another pattern", {"alertname": "NatsAuthStuckClient", "nats_cluster": "east", "severity": "warning"}, False, "chat"),
    ("more than usual, explained", {"alertname": "NatsAuthErrors", "nats_cluster": "east", "severity": "warning"}, True, "chat"),
    ("more than usual", {"alertname": "NatsAuthErrors", "nats_cluster": "north", "severity": "warning"}, False, "chat"),
    ("a cluster without a name, sent", {"alertname": "NatsServerLost", "nats_cluster": "", "severity": "critical", "entity": "n1", "source": "nats-lookout"}, False, "pager"),
    ("a cluster without a name", {"alertname": "NatsServerLost", "server": "n1", "severity": "critical"}, True, "pager"),
    ("all agents blind", {"alertname": "NatsLookoutBlind", "severity": "critical"}, False, "pager"),
    ("one of them", {"alertname": "NatsLookoutDisconnected", "instance": "a:9422", "severity": "warning"}, True, "chat"),
    ("told by the agent", {"alertname": "NatsCollectionIncomplete", "nats_cluster": "", "entity": "jsz", "severity": "warning", "source": "nats-lookout"}, False, "chat"),
    ("and by Prometheus", {"alertname": "NatsLookoutCollectionIncomplete", "endpoint": "jsz", "severity": "warning"}, True, "chat"),
    ("a finding, sent", {"alertname": "NatsServerCpu", "nats_cluster": "east", "entity": "east/n1", "severity": "critical", "source": "nats-lookout"}, False, "pager"),
    ("the finding from Prometheus", {"alertname": "NatsServerFinding", "check": "server_cpu", "entity": "east/n1", "severity": "critical"}, True, "pager"),
    ("a finding about another server", {"alertname": "NatsServerFinding", "check": "server_cpu", "entity": "east/n2", "severity": "critical"}, False, "pager"),
    ("a warning, which is not sent", {"alertname": "NatsServerFinding", "check": "server_memory", "entity": "east/n1", "severity": "warning"}, False, "chat"),
    ("no meta leader, sent", {"alertname": "NatsMetaLeader", "nats_cluster": "west", "entity": "meta group of hub", "severity": "critical", "source": "nats-lookout"}, False, "pager"),
    ("no meta leader, from Prometheus", {"alertname": "NatsMetaLeader", "domain": "hub", "severity": "critical"}, True, "pager"),
    ("nothing to do with NATS", {"alertname": "DiskFull", "severity": "warning"}, False, "chat"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body=None):
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def until(good, check):
    """The first result that is good; after a while the last one."""
    end = time.monotonic() + WAIT
    while True:
        try:
            result = check()
            if good(result) or time.monotonic() > end:
                return result
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"Alertmanager did not answer within {WAIT} s: {error}")
        time.sleep(0.1)


def known(labels):
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def faults(url):
    """What is not as wanted now: Alertmanager looks at alerts one after the other."""
    found = {known(alert["labels"]): (bool(alert["status"]["inhibitedBy"]), [each["name"] for each in alert["receivers"]])
             for alert in ask(url + "/api/v2/alerts")}
    return [f"{what}: silent and receivers are {found.get(known(labels))}, expected {(silent, [receiver])}"
            for what, labels, silent, receiver in ALERTS if found.get(known(labels)) != (silent, [receiver])]


def judge(url):
    until(bool, lambda: ask(url + "/api/v2/status"))
    ask(url + "/api/v2/alerts", [{"labels": labels} for _, labels, _, _ in ALERTS])
    return until(lambda found: not found, lambda: faults(url))


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    subprocess.run([tool.parent / "usr/bin/amtool", "check-config", EXAMPLE], check=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        command = [tool, f"--config.file={EXAMPLE}", f"--storage.path={directory}", f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            try:
                found = judge(f"http://127.0.0.1:{port}")
            finally:
                server.kill()
    print("\n".join(found) or f"{len(ALERTS)} alerts")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
