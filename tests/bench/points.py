#!/usr/bin/env python3
"""The agent on one point after the other: real servers, or simulated fleets behind a real server. Prints rows of the
table "figure | target | measured | verdict | compared to"; README.md says what each is.

    points.py --agent nats-lookout --sim fleet_sim --server nats-server [--quick] [--only NAME] [--csv FILE] [--plot FILE]
"""

import argparse
import contextlib
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ADMIN, APP = ("admin", "fake-admin-password"), ("app", "fake-app-password")
# As Prometheus 2.42 asks.
ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
INTERVAL = 15  # seconds between two scrapes
# What nats-surveyor learns of a server it learns from STATSZ: with it alone the pages say about the same.
STATSZ_ONLY = [f"--collect.{name}.level=off" for name in (
    "routez", "gatewayz", "leafz", "healthz", "healthz_js_enabled", "healthz_js_server", "healthz_js_meta", "varz", "subsz",
    "accstatz", "accountz", "jsz", "connz", "raftz", "ipqueuesz")]
LIGHT = {"statsz"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, limit=120, pause=0.1):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("waited too long")
        time.sleep(pause)


class Processes(contextlib.ExitStack):
    """Ends what it started, by process id, and the directory that they used."""

    def __init__(self):
        super().__init__()
        self.servers = []
        self.directory = self.enter_context(tempfile.TemporaryDirectory(prefix="lookout-bench-"))

    def start(self, command, name, **options):
        log = open(os.path.join(self.directory, name + ".log"), "w")
        process = subprocess.Popen(command, stderr=log, **options)
        self.callback(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Nats:
    """Just enough of the protocol: a login, and requests whose answers are counted."""

    def __init__(self, port, login):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.buffer = self.socket.makefile("rb")
        self.buffer.readline()
        options = {"user": login[0], "pass": login[1], "verbose": False, "name": "bench", "lang": "python"}
        self.socket.sendall(b"CONNECT " + json.dumps(options).encode() + b"\r\nPING\r\n")
        while (line := self.buffer.readline()).strip() != b"PONG":
            if not line or line.startswith(b"-ERR"):
                raise RuntimeError(f"the server refused the login: {line}")

    def ask_all(self, requests, at_once=256):
        """Sends each (subject, body) and reads its answer; returns how many were no errors."""
        self.socket.sendall(b"SUB _BENCH 1\r\n")
        good = 0
        for at in range(0, len(requests), at_once):
            batch = requests[at:at + at_once]
            self.socket.sendall(b"".join(b"PUB %s _BENCH %d\r\n%s\r\n" % (subject.encode(), len(body), body)
                                         for subject, body in ((s, json.dumps(b).encode()) for s, b in batch)))
            answered = 0
            while answered < len(batch):
                line = self.buffer.readline()
                if line.startswith(b"PING"):
                    self.socket.sendall(b"PONG\r\n")
                elif line.startswith(b"MSG"):
                    answer = self.buffer.read(int(line.split()[-1]) + 2)
                    good += b'"error"' not in answer
                    answered += 1
        return good


def cluster(run, binary, size):
    """Client ports of real servers in one cluster."""
    ports, routes = [free_port() for _ in range(size)], [free_port() for _ in range(size)]
    for i in range(size):
        path = os.path.join(run.directory, f"n{i}.conf")
        with open(path, "w") as config:
            config.write(f"""server_name: n{i}
listen: "127.0.0.1:{ports[i]}"
max_pending: 512MB
accounts {{
  SYS {{ users: [{{user: "{ADMIN[0]}", password: "{ADMIN[1]}"}}] }}
  APP {{ jetstream: enabled, users: [{{user: "{APP[0]}", password: "{APP[1]}"}}] }}
}}
system_account: SYS
jetstream {{ store_dir: "{run.directory}/js{i}", max_memory_store: 1GB, max_file_store: 1GB }}
""")
            if size > 1:
                urls = ", ".join(f'"nats://127.0.0.1:{route}"' for route in routes)
                config.write(f'cluster {{ name: bench, listen: "127.0.0.1:{routes[i]}", routes: [ {urls} ] }}\n')
        run.servers.append(run.start([binary, "-c", path], f"n{i}"))

    def serves(port):
        try:
            Nats(port, ADMIN).socket.close()
            return True
        except OSError:
            return False
    for port in ports:
        eventually(lambda port=port: serves(port))
    return ports


def make_streams(port, streams, consumers):
    nats = Nats(port, APP)
    # Until JetStream has a leader it does not answer.
    time.sleep(5)
    made = nats.ask_all([(f"$JS.API.STREAM.CREATE.S{i}",
                          {"name": f"S{i}", "subjects": [f"s.{i}"], "storage": "memory", "num_replicas": 1})
                         for i in range(streams)])
    made += nats.ask_all([(f"$JS.API.CONSUMER.CREATE.S{i}.C{j}",
                           {"stream_name": f"S{i}", "action": "create",
                            "config": {"durable_name": f"C{j}", "name": f"C{j}", "ack_policy": "explicit", "mem_storage": True}})
                          for i in range(streams) for j in range(consumers)])
    if made != streams * (1 + consumers):
        print(f"only {made} of {streams * (1 + consumers)} streams and consumers were made", file=sys.stderr)
    return nats


class Fleet:
    """The simulator's process and its commands."""

    def __init__(self, run, binary, port, servers, options):
        self.process = run.start([binary, "--url", f"nats://127.0.0.1:{port}", "--user", ADMIN[0], "--password", ADMIN[1],
                                  "--servers", str(servers), *options], "fleet",
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the simulator does not start")

    def __call__(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def cpu_of(*processes):
    """Seconds of all their threads, to the nanosecond."""
    total = 0
    for process in processes:
        tasks = f"/proc/{process.pid}/task"
        for thread in os.listdir(tasks):
            with contextlib.suppress(OSError), open(f"{tasks}/{thread}/schedstat") as stat:
                total += int(stat.read().split()[0])
    return total / 1e9


class Scraper:
    """One connection, kept open as Prometheus does where the agent lets it."""

    def __init__(self, port):
        self.port = port
        self.socket = None

    def _ask(self, request):
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        data = self.socket.recv(1 << 16)
        while data and b"\r\n\r\n" not in data:
            data += self.socket.recv(1 << 16)
        if not data:
            return None
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        pieces, have = [body], len(body)
        while have < length:
            pieces.append(self.socket.recv(1 << 20))
            have += len(pieces[-1])
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"a scrape failed: {head[:100]}")
        return b"".join(pieces)

    def __call__(self, gzip=True):
        """Body and seconds. A connection that the agent has closed meanwhile is opened anew, within the time."""
        encoding = "gzip" if gzip else "identity"
        request = (f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {ACCEPT}\r\nAccept-Encoding: {encoding}\r\n"
                   "\r\n").encode()
        start = time.monotonic()
        body = None
        with contextlib.suppress(ConnectionError):
            body = self._ask(request)
        if body is None:
            self.socket = None
            body = self._ask(request)
        return body, time.monotonic() - start


class Page:
    def __init__(self, body):
        self.lines = [line for line in body.decode().split("\n") if line and not line.startswith("#")]

    def values(self, family):
        heads = (family + "{", family + " ")
        return [float(line.rsplit(" ", 1)[1]) for line in self.lines if line.startswith(heads)]

    def sum(self, family):
        return sum(self.values(family))


class Exporter:
    """A process that is scraped. {url}, {user}, {password} and {port} in its command are replaced."""

    def __init__(self, run, command, nats_ports):
        self.port = free_port()
        urls = ",".join(f"nats://127.0.0.1:{port}" for port in nats_ports)
        words = [word.format(url=urls, user=ADMIN[0], password=ADMIN[1], port=self.port) for word in command]
        self.process = run.start(words, "exporter", stdout=subprocess.DEVNULL)
        self.scrape = Scraper(self.port)
        eventually(self.answers)

    def answers(self):
        try:
            return bool(self.scrape())
        except OSError:
            return False

    def page(self):
        return Page(self.scrape(gzip=False)[0])

    def up(self):
        return self.page().sum("nats_server_up")

    def cpu(self):
        return cpu_of(self.process)

    def memory(self, what="VmRSS"):
        """10^6 bytes."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(what + r":\s+(\d+)", status.read()).group(1)) * 1024 / 1e6


class Agent(Exporter):
    def __init__(self, run, binary, nats_ports, options=()):
        super().__init__(run, [binary, "--nats.url={url}", "--nats.user={user}", "--nats.password={password}",
                               "--web.listen-address=127.0.0.1:{port}", "--events.log=off", *options], nats_ports)


@contextlib.contextmanager
def meanwhile(seconds, do):
    """Does it every so many seconds, in a thread of its own."""
    stop = threading.Event()

    def repeat():
        while not stop.wait(seconds):
            do()
    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def intervals(agent, count, scrapers=1):
    """One gzip scrape an interval and scraper: CPU seconds of each interval, median."""
    used = []
    others = [Scraper(agent.port) for _ in range(scrapers - 1)]
    for _ in range(count):
        cpu, start = agent.cpu(), time.monotonic()
        for scrape in (agent.scrape, *others):
            scrape()
            time.sleep(0.5)
        time.sleep(max(0, INTERVAL - (time.monotonic() - start)))
        used.append((agent.cpu() - cpu) * INTERVAL / (time.monotonic() - start))
    return statistics.median(used)


def latencies(agent, count):
    """Milliseconds of gzip scrapes, each of a new snapshot, and the CPU of one."""
    times, used = [], []
    for _ in range(count):
        time.sleep(1.1)
        cpu = agent.cpu()
        times.append(agent.scrape()[1] * 1000)
        used.append(agent.cpu() - cpu)
    return times, statistics.median(used) * 1000


class Table:
    def __init__(self, csv):
        self.csv = csv

    def row(self, figure, measured, target="-", good=None, compared="-"):
        verdict = "-" if good is None else "pass" if good else "short"
        print(f"| {figure} | {target} | {measured} | {verdict} | {compared} |", flush=True)

    def cost(self, name, agent, quick, warm, limits, peers, count=None):
        """The three figures of a point: latency (ms), CPU of an interval (ms), RSS (MB)."""
        time.sleep(warm)
        cpu = intervals(agent, count or (1 if quick else 8)) * 1000
        times, scrape_cpu = latencies(agent, 5 if quick else 40)
        body, plain = agent.scrape()[0], agent.scrape(gzip=False)
        series = len(Page(plain[0]).lines)
        rss = agent.memory()
        median, p99 = statistics.median(times), percentile(times, 0.99)
        figures = ((f"{name}: scrape, gzip, median / p99 / max", median, f"{median:.2f} / {p99:.2f} / {max(times):.2f} ms", "ms"),
                   (f"{name}: CPU of {INTERVAL} s with one scrape (of one scrape)", cpu, f"{cpu:.1f} ms ({scrape_cpu:.1f} ms)", "ms"),
                   (f"{name}: RSS (highest)", rss, f"{rss:.1f} MB ({agent.memory('VmHWM'):.1f} MB)", "MB"))
        for i, (figure, value, measured, unit) in enumerate(figures):
            if limits is None:
                self.row(figure, measured)
            else:
                self.row(figure, measured, f"at most {limits[i]} {unit}", value <= limits[i], f"{peers[i]} {unit}")
        self.row(f"{name}: series, bytes gzip / plain", f"{series}, {len(body)} / {len(plain[0])}, plain scrape {plain[1] * 1000:.1f} ms")
        if self.csv:
            self.csv.write(f"{name.replace(',', '')},{series},{median},{cpu},{rss}\n")
            self.csv.flush()
        return cpu


def real(table, tools, quick):
    with Processes() as run:
        ports = cluster(run, tools.server, 3)
        clients = [Nats(ports[i % 3], APP) for i in range(30)]

        def used_by_servers():
            before, start = cpu_of(*run.servers), time.monotonic()
            time.sleep(INTERVAL if quick else 8 * INTERVAL)
            return (cpu_of(*run.servers) - before) * 1000 * INTERVAL / (time.monotonic() - start)
        time.sleep(3)
        idle = used_by_servers()
        agent = Agent(run, tools.agent, ports)
        eventually(lambda: agent.up() == 3)
        time.sleep(5 if quick else 70)
        added = used_by_servers() - idle
        table.row("3 servers: CPU of 15 s that the agent costs them", f"{added:.1f} ms", "at most 11.5 ms", added <= 11.5, "11.5 ms a scrape")
        table.cost("3 servers, 30 connections", agent, quick, 0, (1, 5, 15), (37, "28 of a scrape alone", 23))
        del clients


def big(table, tools, quick):
    with Processes() as run:
        ports = cluster(run, tools.server, 3)
        clients = [Nats(ports[i % 3], APP) for i in range(10000)]
        clients.append(make_streams(ports[0], 1000, 10))
        agent = Agent(run, tools.agent, ports, ["--collect.jsz.level=detail"])
        eventually(lambda: len(agent.page().values("nats_consumer_has_leader")) >= 10000)
        table.cost("3 servers, 10,000 connections, 10,000 consumers", agent, quick, 5 if quick else 70, (60, 500, 80),
                   ("4125 leaders only, 8604 full", "2200-3900", "268-402"))
        del clients


@contextlib.contextmanager
def watched_fleet(tools, servers, options=(), shape=()):
    with Processes() as run:
        port = cluster(run, tools.server, 1)[0]
        fleet = Fleet(run, tools.sim, port, servers, shape)
        agent = Agent(run, tools.agent, [port], options)
        eventually(lambda: agent.up() == servers + 1, pause=1)
        yield agent, fleet


def peer(table, tools, quick):
    """What --peer gives, on the same 1,000 servers; its figures have no target."""
    if not tools.peer:
        return
    with Processes() as run:
        port = cluster(run, tools.server, 1)[0]
        Fleet(run, tools.sim, port, 1000, ())
        table.cost("peer: 1,000 servers", Exporter(run, tools.peer.split(), [port]), quick, 20, None, None)


def fleet_point(table, tools, quick, servers, limits, peers):
    with watched_fleet(tools, servers, STATSZ_ONLY) as (agent, fleet):
        table.cost(f"{servers:,} servers, STATSZ", agent, quick, 10, limits, peers)
        truth = json.loads(fleet("truth"))["servers_up"] + 1
        table.row(f"{servers:,} servers: seen", f"{agent.up():.0f}", f"{truth:.0f}", agent.up() == truth,
                  "700 lost" if servers == 5000 else "-")


def fleet_1000(table, tools, quick):
    fleet_point(table, tools, quick, 1000, (60, 400, 80), (2428, 1740, 132))


def fleet_5000(table, tools, quick):
    fleet_point(table, tools, quick, 5000, (300, 2000, 350), (8497, 7200, 636))


def whole_1000(table, tools, quick):
    """Every endpoint at its default interval: more than any peer asks. Ages and a second scraper too."""
    with watched_fleet(tools, 1000) as (agent, _):
        time.sleep(20 if quick else 75)
        ages = {}

        def look():
            for line in agent.page().lines:
                if line.startswith("nats_lookout_data_age_seconds{"):
                    ages.setdefault(re.search('endpoint="([^"]*)"', line).group(1), []).append(float(line.rsplit(" ", 1)[1]))
        one = table.cost("1,000 servers, all endpoints", agent, quick, 0, None, None, 1 if quick else 40)
        two = intervals(agent, 1 if quick else 20, scrapers=2) * 1000
        table.row("1,000 servers: CPU with a second scraper", f"{two:.1f} ms, {100 * (two / one - 1):+.0f} %", "at most +10 %", two <= one * 1.1)
        for _ in range(3 if quick else 60):
            time.sleep(3)
            look()
        for light, limit in ((True, 11), (False, 62)):
            worst = max(((percentile(values, 0.99), name) for name, values in ages.items()
                         if (name in LIGHT) == light and name != "accountz"), default=(0, "none"))
            table.row(f"1,000 servers: oldest {'light' if light else 'heavy'} data shown, p99", f"{worst[0]:.1f} s ({worst[1]})",
                      f"at most {limit} s", worst[0] <= limit)
        missing = agent.page().values("nats_lookout_poll_missing")
        table.row("1,000 servers: answers missing in the last rounds", len(missing), 0, not missing)


def storm(table, tools, quick):
    with watched_fleet(tools, 1000, STATSZ_ONLY) as (agent, fleet):
        time.sleep(5)
        slowest, scraper = [], Scraper(agent.port)
        before = agent.page()
        clients = 20000 if quick else 100000
        with meanwhile(0.5, lambda: slowest.append(scraper()[1] * 1000)):
            said = json.loads(fleet(f"events {clients} 60000 storm"))
            truth = json.loads(fleet("truth"))["events"]
            time.sleep(3)
        page = agent.page()
        counted = {name: page.sum(f"nats_client_{name}_total") for name in ("connects", "disconnects")}
        right = all(counted[name] == truth[name] for name in counted)
        lost = sum(page.sum(name) - before.sum(name) for name in (
            "nats_lookout_events_dropped_total", "nats_lookout_nats_slow_consumer_drops_total"))
        table.row(f"storm of {clients:,} clients, {said['sent']:,} messages at {said['rate']:,.0f}/s: connects, disconnects",
                  f"{counted['connects']:.0f}, {counted['disconnects']:.0f}", f"{truth['connects']}, {truth['disconnects']}", right)
        table.row("storm: lost", f"{lost:.0f}", 0, lost == 0)
        table.row("storm: slowest scrape meanwhile", f"{max(slowest):.1f} ms", "at most 100 ms", max(slowest) <= 100)


def plot_line(costs, path):
    if not path:
        return
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(1, 3, figsize=(10, 3))
    for i, what in enumerate(("CPU of 15 s, ms", "scrape, ms", "RSS, MB")):
        axes[i].plot(list(costs), [cost[i] for cost in costs.values()], marker="o")
        axes[i].set_xlabel("servers")
        axes[i].set_title(what)
        axes[i].set_ylim(bottom=0)
        axes[i].set_xlim(left=0)
    figure.tight_layout()
    figure.savefig(path)


def line(table, tools, quick):
    """Whether cost grows with the number of servers, and no faster."""
    if quick:
        return
    costs = {}
    for servers in (250, 500, 1000, 2000):
        with watched_fleet(tools, servers, STATSZ_ONLY) as (agent, _):
            time.sleep(15)
            costs[servers] = (intervals(agent, 4) * 1000, statistics.median(latencies(agent, 10)[0]), agent.memory())
            if table.csv:
                table.csv.write(f"line {servers}," + ",".join(f"{value:.2f}" for value in costs[servers]) + "\n")
    plot_line(costs, tools.plot)
    for i, what in enumerate(("CPU of an interval, ms", "scrape, ms", "RSS, MB")):
        table.row(f"{' / '.join(f'{n:,}' for n in costs)} servers: {what}",
                  " / ".join(f"{cost[i]:.1f}" for cost in costs.values()), "eight times the servers, at most ten times the cost",
                  costs[2000][i] <= 10 * costs[250][i])


POINTS = {"real": real, "big": big, "fleet_1000": fleet_1000, "fleet_5000": fleet_5000, "whole_1000": whole_1000, "storm": storm,
          "line": line, "peer": peer}


def main():
    parser = argparse.ArgumentParser()
    for tool in ("agent", "sim", "server"):
        parser.add_argument("--" + tool, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peer", help="command of another exporter, with {url}, {user}, {password}, {port}")
    parser.add_argument("--only", choices=POINTS, action="append")
    parser.add_argument("--plot", help="file for the plot of line; needs matplotlib")
    parser.add_argument("--csv", type=argparse.FileType("a"))
    tools = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    failed = False
    for name in tools.only or POINTS:
        try:
            POINTS[name](Table(tools.csv), tools, tools.quick)
        except (RuntimeError, OSError) as error:
            print(f"| {name} | - | not measured: {error} | short | - |", flush=True)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
