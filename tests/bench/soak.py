#!/usr/bin/env python3
"""A week of churn in twenty minutes: servers restart, come and go, streams and accounts too, clients reconnect all at once.
Samples the agent every ten seconds; the verdict is whether its memory stays flat.

    soak.py --agent nats-lookout --sim fleet_sim --server nats-server [--minutes 20] [--out DIRECTORY]
"""

import argparse
import json
import os
import random
import statistics
import sys
import time

from points import Agent, Fleet, Processes, cluster, eventually

SERVERS = 200
SAMPLE = 10  # seconds
FAST = ["--collect.interval=10s", "--servers.retire-stopped=30s", "--servers.retire-lost=30s"]


def churn(fleet, random_, second, alive):
    """What happens in one second; the fleet stays as large as it is. Returns how much happened."""
    said = [fleet(f"restart {random_.choice(alive)} {random_.choice(['crash', 'shutdown', 'lameduck'])}")]
    if second % 5 == 0:
        gone = alive.pop(random_.randrange(len(alive)))
        said += [fleet(f"remove {gone}"), fleet("add")]
        alive.append(json.loads(said[-1])["server"])
    if second % 3 == 0:
        sign = "" if second % 2 == 0 else "-"
        said += [fleet(f"streams {sign}5"), fleet(f"accounts {sign}1")]
    if second % 20 == 0:
        said.append(fleet("events 500 5000 storm"))
    wrong = [answer for answer in said if answer.startswith("error")]
    if wrong:
        raise RuntimeError(f"the simulator refused: {wrong}")
    return len(said)


def plot(rows, path):
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("no plot: there is no python3-matplotlib", file=sys.stderr)
        return
    figure, memory = pyplot.subplots(figsize=(9, 4))
    memory.plot([row[0] / 60 for row in rows], [row[1] for row in rows], color="tab:blue")
    memory.set_xlabel("minutes")
    memory.set_ylabel("RSS, MB", color="tab:blue")
    memory.set_ylim(bottom=0)
    series = memory.twinx()
    series.plot([row[0] / 60 for row in rows], [row[2] for row in rows], color="tab:gray", linewidth=0.8)
    series.set_ylabel("series", color="tab:gray")
    series.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser()
    for tool in ("agent", "sim", "server"):
        parser.add_argument("--" + tool, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--out", default=".")
    tools = parser.parse_args()
    random_, rows, events, alive = random.Random(1), [], 0, list(range(SERVERS))
    with Processes() as run:
        port = cluster(run, tools.server, 1)[0]
        fleet = Fleet(run, tools.sim, port, SERVERS, ["--streams", "100", "--consumers", "2", "--connections", "5"])
        agent = Agent(run, tools.agent, [port], FAST)
        eventually(lambda: agent.up() == SERVERS + 1)
        start = time.monotonic()
        for second in range(int(tools.minutes * 60)):
            events += churn(fleet, random_, second, alive)
            if second % SAMPLE == 0:
                page = agent.page()
                rows.append((second, agent.memory(), len(page.lines), len(page.values("nats_server_up"))))
            time.sleep(max(0, start + second + 1 - time.monotonic()))
    with open(os.path.join(tools.out, "soak.csv"), "w") as csv:
        csv.write("second,rss_mb,series,servers\n")
        csv.writelines(f"{second},{rss:.1f},{series},{servers}\n" for second, rss, series, servers in rows)
    plot(rows, os.path.join(tools.out, "soak.png"))
    quarter = max(1, len(rows) // 4)
    before = statistics.median(row[1] for row in rows[quarter:2 * quarter])
    after = statistics.median(row[1] for row in rows[-quarter:])
    series = [statistics.median(row[2] for row in part) for part in (rows[quarter:2 * quarter], rows[-quarter:])]
    flat = after <= before * 1.05
    print(f"{events} changes; RSS {before:.1f} MB in the second quarter, {after:.1f} MB in the last: {'flat' if flat else 'growing'}; "
          f"series {series[0]:.0f}, {series[1]:.0f}")
    return not flat


if __name__ == "__main__":
    sys.exit(main())
