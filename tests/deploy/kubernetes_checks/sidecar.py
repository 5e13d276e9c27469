"""The sidecar: one container in three ways, Kustomize and the official NATS chart."""
import os
import pathlib
import tempfile

import yaml

from kubernetes_checks.tools import (KUBERNETES, SIDECAR, TOOLS, USER, WITHOUT_SIDECARS, Wrong, check, equal, expect, built, one, pod_of,
                                     rendered, restricted, server_takes, understood, valid)

# How people run the official chart; each is rendered with and without the sidecar.
NATS_VALUES = {
    "plain": {},
    "cluster": {"config": {"cluster": {"enabled": True}, "jetstream": {"enabled": True}}, "promExporter": {"enabled": True}},
    "no reloader": {"podTemplate": {"merge": {"spec": {"terminationGracePeriodSeconds": 90}}}, "reloader": {"enabled": False}},
}
OFFICIAL = [(name, kind) for name in NATS_VALUES for kind in ("native", "classic")]


def nats_chart():
    return os.environ.get("LOOKOUT_NATS_CHART") or TOOLS["nats_chart"]


def render_nats(values, *files):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        more = [f"--values={each}" for each in (file.name, *files)]
        return rendered(*more, chart=nats_chart(), name="nats")


def values_of(name):
    return yaml.safe_load((SIDECAR / f"values-{name}.yaml").read_text())


def sidecar_is_as_documented(pod, container, native):
    restricted(pod, container)
    expect("readinessProbe" not in container, "it would take NATS out of its Service")
    for probe in ("startupProbe", "livenessProbe"):
        equal(probe, container[probe]["httpGet"], {"path": "/livez", "port": "lookout"})
    equal("the port", container["ports"], [{"name": "lookout", "containerPort": 9422}])
    equal("restartPolicy", container.get("restartPolicy"), "Always" if native else None)
    arguments = dict(argument.split("=", 1) for argument in container["args"])
    wanted = {"--scope": "server", "--nats.url": "nats://127.0.0.1:4222", "--shutdown.linger": "20s"}
    expect(wanted.items() <= arguments.items(), f"{arguments} without {wanted}")
    expect("--alertmanager.url" not in arguments and "--webhook.url" not in arguments, "a sidecar pushes alerts")
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    expect(str(pathlib.Path(arguments["--nats.password-file"]).parent) in mounts, "the password is not mounted")
    expect("env" not in container, "a secret in the environment")


def pod_monitor_finds(monitor, workload):
    labels = workload["spec"]["template"]["metadata"]["labels"]
    expect(monitor["spec"]["selector"]["matchLabels"].items() <= labels.items(), "the PodMonitor selects nothing")
    endpoint = monitor["spec"]["podMetricsEndpoints"][0]
    expect(endpoint["port"] == "lookout" and endpoint["honorLabels"] is True, "the PodMonitor asks for another port or renames labels")
    expect({"targetLabel": "job", "replacement": "nats-lookout-sidecar"} in endpoint["relabelings"], "the job is that of the Deployment")


def kustomized_nats():
    return built(SIDECAR / "example")


@check("one sidecar in three ways")
def sidecar_is_one():
    """The same container in all three ways to add it."""
    native = values_of("native")["podTemplate"]["patch"][0]["value"][0]
    classic = values_of("classic")["podTemplate"]["patch"][0]["value"]
    component = yaml.safe_load((SIDECAR / "component/sidecar.yaml").read_text())["spec"]["template"]["spec"]["initContainers"][0]
    equal("the component's", component, native)
    equal("the classic one", classic, {key: value for key, value in native.items() if key != "restartPolicy"})


@check("the agent reads the sidecar's arguments")
def sidecar_is_understood():
    effective = understood(values_of("native")["podTemplate"]["patch"][0]["value"][0])
    expect(effective["scope"] == "server", "not the scope of a sidecar")


@check("the Kustomize example is valid")
def example_is_valid():
    manifests = kustomized_nats()
    valid(manifests)
    pod = pod_of(one(manifests, "StatefulSet"))
    sidecar_is_as_documented(pod, pod["initContainers"][0], native=True)
    pod_monitor_finds(one(manifests, "PodMonitor"), one(manifests, "StatefulSet"))
    expect(pod["initContainers"][0]["image"].startswith("registry.example.com/"), "the image is not replaced")


@check("nats-server reads the example's configuration")
def example_is_read_by_a_server():
    maps = [each["data"] for each in kustomized_nats() if each["kind"] == "ConfigMap"]
    data = {name: text for each in maps for name, text in each.items()}
    equal("the user", data[USER.name], USER.read_text())
    server_takes(data["nats.conf"], ["/run/nats", "/data"])


@check("a Kubernetes without native sidecars refuses one")
def old_kubernetes_refuses_a_native_sidecar():
    """Proves that the validation sees such things."""
    try:
        valid(kustomized_nats(), WITHOUT_SIDECARS)
    except Wrong as wrong:
        expect("restartPolicy" in str(wrong), str(wrong))
        return
    raise Wrong(f"Kubernetes {WITHOUT_SIDECARS} takes it")


@check("official NATS chart, {}, {} sidecar", *OFFICIAL)
def official_chart(name, kind):
    """Rendered with our values it is valid, has the sidecar, and is otherwise what it was."""
    without = render_nats(NATS_VALUES[name])
    manifests = render_nats(NATS_VALUES[name], KUBERNETES / "nats-user.values.yaml", SIDECAR / f"values-{kind}.yaml")
    native = kind == "native"
    valid(manifests, None if native else WITHOUT_SIDECARS)
    stateful_set = one(manifests, "StatefulSet")
    pod, before = pod_of(stateful_set), pod_of(one(without, "StatefulSet"))
    place = "initContainers" if native else "containers"
    sidecar_is_as_documented(pod, next(each for each in pod[place] if each["name"] == "lookout"), native)
    pod_monitor_finds(one(manifests, "PodMonitor", "nats-lookout-sidecar"), stateful_set)
    of_the_agent = one(rendered("--set", "monitor.enabled=true,monitor.kind=PodMonitor", name="nats-lookout"), "PodMonitor")
    expect(of_the_agent["metadata"]["name"] != "nats-lookout-sidecar", "both PodMonitors have one name")
    expect(pod["terminationGracePeriodSeconds"] > 20, "the pod ends before the sidecar does")

    pod[place] = [each for each in pod[place] if each["name"] != "lookout"]
    pod["volumes"] = [each for each in pod["volumes"] if each["name"] != "lookout"]
    server = pod["containers"][0]
    server["env"] = [each for each in server["env"] if each["name"] != "LOOKOUT_PASSWORD"]
    if native:
        equal("other init containers", pod.pop("initContainers"), [])
    equal("the rest of the pod", pod, before)


@check("nats-server reads the official chart's configuration")
def official_configuration_is_read_by_a_server():
    manifests = render_nats(NATS_VALUES["cluster"], KUBERNETES / "nats-user.values.yaml")
    server_takes(one(manifests, "ConfigMap", "nats-config")["data"]["nats.conf"], ["/var/run/nats", "/data"])
