#!/usr/bin/env python3
"""Whether fail2ban takes the right addresses from the lines that the agent writes: check_fail2ban.py PATH-OF-FAIL2BAN-REGEX.

tests/golden/events.log is kept by a unit test of the same lines, hostile ones among them."""
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOG = ROOT / "tests/golden/events.log"
HOSTILE = 14  # words of hostile clients, tried in every field
GUESSED = {"192.0.2.1": 1, "192.0.2.2": 1, "192.0.2.3": HOSTILE, "192.0.2.4": HOSTILE, "192.0.2.5": HOSTILE, "192.0.2.9": HOSTILE,
           "2001:db8::1": 1, "2001:db8::2": HOSTILE}
EXPECTED = {"normal": GUESSED, "aggressive": {**GUESSED, "192.0.2.6": 1, "192.0.2.7": 1, "192.0.2.8": 1}}


def run(tool, *arguments):
    package = pathlib.Path(tool).parents[2]
    env = dict(os.environ, PYTHONPATH=str(package / "usr/lib/python3/dist-packages"), TZ="Asia/Tokyo")
    result = subprocess.run(["/usr/bin/python3", tool, *arguments], env=env, capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        sys.exit(f"{tool} {' '.join(arguments)}\n{result.stdout}{result.stderr}")
    return result.stdout.splitlines()


def configuration(package, directory):
    """As after an installation, but with the golden lines for a log."""
    shutil.copytree(package / "etc/fail2ban", directory)
    shutil.copytree(ROOT / "deploy/fail2ban", directory, dirs_exist_ok=True)
    (directory / "jail.d/defaults-debian.conf").unlink(missing_ok=True)  # sshd, whose log is not everywhere
    jail = directory / "jail.d/nats-lookout.conf"
    jail.write_text(jail.read_text().replace("/var/log/nats-lookout/events.log", str(LOG)))


def faults(tool, directory):
    for mode, expected in EXPECTED.items():
        arguments = ["-c", str(directory), str(LOG), f"nats-lookout[mode={mode}]"]
        found = dict(collections.Counter(run(tool, "-o", "ip", *arguments)))
        if found != expected:
            yield f"mode {mode}: fail2ban found {found}, expected {expected}"
        times = {row.split(",\t")[1] for row in run(tool, "-o", "row", *arguments)}
        if times != {"1699999999"}:  # read as UTC, whatever the time zone of the machine
            yield f"mode {mode}: the times are {times}"


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(temporary) / "fail2ban"
        configuration(tool.parents[2], directory)
        run(tool.parent / "fail2ban-client", "-c", str(directory), "-t")
        found = list(faults(tool, directory))
    print("\n".join(found) or f"{len(EXPECTED['normal'])} addresses, {len(EXPECTED['aggressive'])} when aggressive")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
