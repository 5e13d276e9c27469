"""What the checks share: paths, tools, what helm and kustomize render, and how it is judged."""
import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy/helm/nats-lookout"
KUBERNETES = ROOT / "deploy/kubernetes"
SIDECAR = KUBERNETES / "sidecar"
USER = ROOT / "deploy/nats/lookout-user.conf"
PASSWORD = "lookout-fake-password"
WITHOUT_SIDECARS = "1.27"  # of Kubernetes

CHECKS = []  # name and function, in the order of the modules


class Missing(Exception):
    """The official NATS chart could not be had: not every machine reaches its repository."""


class Wrong(Exception):
    """What a check found."""


def check(name, *arguments):
    """Registers a function as a check; with arguments, as one check for each of these tuples, which fill the name."""
    def register(function):
        for each in arguments or [()]:
            CHECKS.append((name.format(*each), functools.partial(function, *each)))
        return function

    return register


def expect(holds, words):
    if not holds:
        raise Wrong(words)


def equal(what, found, wanted):
    expect(found == wanted, f"{what} is\n{yaml.safe_dump(found)}instead of\n{yaml.safe_dump(wanted)}")


def run(*command, text="", env=None):
    """Standard output of a command that has to succeed."""
    done = subprocess.run([str(each) for each in command], input=text, capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(env or {})}, check=False)
    expect(done.returncode == 0, f"{' '.join(map(str, command))[:200]}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


class Tools:
    """Paths of programs, asked for once, from tests/tools/get.sh."""

    def __init__(self):
        self.found = {}

    def __getitem__(self, name):
        if name not in self.found:
            command = f'. "{ROOT}/tests/tools/get.sh" || exit 9; {name}'
            got = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
            expect(got.returncode != 9, got.stderr)
            said = got.stderr.strip().splitlines() or [f"{name} could not be had"]
            absent = Missing if name == "nats_chart" else Wrong
            self.found[name] = got.stdout.strip() if got.returncode == 0 else absent(said[-1])
        if isinstance(self.found[name], Exception):
            raise self.found[name]
        return self.found[name]


TOOLS = Tools()


def binary():
    builds = [os.environ.get("LOOKOUT_BINARY")] if "LOOKOUT_BINARY" in os.environ else sorted(ROOT.glob("build/*/nats-lookout"))
    if not builds:
        raise Wrong("nats-lookout is not built, and LOOKOUT_BINARY does not name it")
    return builds[0]


def documents(text):
    return [each for each in yaml.safe_load_all(text) if each]


def one(manifests, kind, name=None):
    found = [each for each in manifests if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    expect(len(found) == 1, f"{len(found)} of kind {kind}")
    return found[0]


def template(*arguments, chart=CHART, name="lookout"):
    """A command; a helm that is built from its module takes Kubernetes for 1.20 unless told."""
    return [TOOLS["helm"], "template", name, chart, "--namespace=nats", "--kube-version=1.30", *arguments]


def rendered(*arguments, chart=CHART, name="lookout"):
    return documents(run(*template(*arguments, chart=chart, name=name)))


def built(directory):
    return documents(run(TOOLS["kubectl"], "kustomize", directory))


def valid(manifests, version=None):
    """As an API server of this version sees it, unknown fields and custom resources included; without one, of the newest there is: that
    of what knows custom resources is older than that of what does not."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "all.yaml"
        file.write_text(yaml.safe_dump_all(manifests))
        run(TOOLS["kubectl_validate"], file, "--local-crds", TOOLS["prometheus_operator_crds"], "--version", version or "1.30")
        run(sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version or "1.37", file,
            env={"PYTHONPATH": TOOLS["kubernetes_validate"]})


def restricted(pod, container):
    """The restricted Pod Security Standard, for one container of a pod, and what we ask of ourselves."""
    context = {**pod.get("securityContext", {}), **container["securityContext"]}
    name = container["name"]
    expect(context["runAsNonRoot"] is True and context["runAsUser"] == 65532, f"{name} runs as somebody else")
    expect(context["seccompProfile"]["type"] == "RuntimeDefault", f"{name} has no seccomp profile")
    expect(context["allowPrivilegeEscalation"] is False, f"{name} may gain privileges")
    expect(context["capabilities"] == {"drop": ["ALL"]}, f"{name} has capabilities")
    expect(context["readOnlyRootFilesystem"] is True, f"{name} may write to its image")
    expect("memory" in container["resources"]["limits"] and "cpu" not in container["resources"]["limits"], f"{name} has wrong limits")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        volume = volumes.get(mount["name"])
        expect(volume, f"{name} mounts {mount['name']}, which the pod does not have")
        # Files of Secrets belong to root: without an fsGroup only a mode for all lets the container read them.
        if "secret" in volume and "fsGroup" not in pod.get("securityContext", {}):
            expect(volume["secret"]["defaultMode"] & 0o004, f"{name} cannot read {mount['name']}")


def understood(container, configuration=None):
    """The real agent takes the arguments, and the configuration file where there is one. Answers what it made of them."""
    arguments = ["config", *container.get("args", [])]
    if configuration is None:
        return yaml.safe_load(run(binary(), *arguments))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(configuration)
        file.flush()
        return yaml.safe_load(run(binary(), *arguments, env={"LOOKOUT_CONFIG_FILE": file.name}))


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def server_takes(configuration, replaced=()):
    """The real nats-server reads it, with the user's file beside it."""
    with tempfile.TemporaryDirectory() as directory:
        for old in replaced:
            configuration = configuration.replace(old, directory)
        (pathlib.Path(directory) / USER.name).write_text(USER.read_text())
        file = pathlib.Path(directory) / "nats.conf"
        file.write_text(configuration)
        run(TOOLS["nats_server 2.15"], "-t", "-c", file,
            env={"POD_NAME": "nats-0", "SERVER_NAME": "nats-0", "LOOKOUT_PASSWORD": PASSWORD})
