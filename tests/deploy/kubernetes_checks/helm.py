"""The Helm chart of the Deployment."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

from kubernetes_checks.tools import (CHART, KUBERNETES, ROOT, TOOLS, check, equal, expect, one, pod_of, rendered, restricted, run, template,
                                     understood, valid)

RULES = ROOT / "deploy/prometheus/nats-lookout.rules.yaml"
VALUES = [(path.name.removesuffix("-values.yaml"), path) for path in sorted((CHART / "ci").glob("*-values.yaml"))]
AS_IN_KUBERNETES = ("config", "resources", "podSecurityContext", "securityContext")  # values that are not ours to explain

# Values that the chart must refuse, and a word of what it says.
REFUSED = {
    "unknown.key=1": "unknown",
    "image.pullPolicy=Sometimes": "pullPolicy",
    "image.digest=latest": "digest",
    "image.repository=": "repository",
    "config.scope=server": "scope",
    "config.nats.url=http://nats": "url",
    "config.nats.url=nats://user:password@nats": "url",
    "config.web.listen-address=:80": "listen-address",
    "config.web.page=false": "page",
    "config.collect.idz.level=false": "level",
    "credentials.type=certificate": "type",
    "credentials.user=": "user",
    "credentials.password=secret": "password",
    "credentials.existingSecret=Not A Name": "existingSecret",
    "tls.cert=tls.crt": "key",
    "tls.key=tls.key": "key",
    "web.probe=https": "probe",
    "web.probe=icmp": "probe",
    "state.size=much": "size",
    "state.enabled=yes please": "enabled",
    "service.port=metrics": "port",
    "service.type=ExternalName": "type",
    "monitor.kind=Probe": "kind",
    "monitor.endpoint.port=other": "port",
    "networkPolicy.natsPorts[0]=0": "natsPorts",
    "podDisruptionBudget.maxUnavailable=most": "maxUnavailable",
    "replicas=2": "replicas",
    "extraArgs[0]=serve": "extraArgs",
}


def agent_of(manifests):
    pod = pod_of(one(manifests, "Deployment", "lookout-nats-lookout"))
    configuration = one(manifests, "ConfigMap", "lookout-nats-lookout")["data"]["nats-lookout.yaml"]
    return pod, pod["containers"][0], configuration


@check("one version")
def version_is_one():
    """Chart, manifests and agent."""
    version = re.search(r"^project\(nats-lookout VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE).group(1)
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    equal("the chart's", {chart["version"], chart["appVersion"]}, {version})
    for file in KUBERNETES.rglob("*.yaml"):
        for tag in re.findall(r"image: nats-lookout:(\S+)|newTag: (\S+)}", file.read_text()):
            equal(str(file), "".join(tag), version)


@check("helm lint, {0}", *VALUES)
def lint(_, values):
    run(TOOLS["helm"], "lint", "--strict", CHART, "--values", values)


@check("helm template is valid, {0}", *VALUES)
def chart_is_valid(_, values):
    manifests = rendered("--values", values)
    valid(manifests)
    labels = {"app.kubernetes.io/" + each for each in ("name", "instance", "version", "component", "part-of", "managed-by")}
    for each in manifests:
        missing = labels - each["metadata"]["labels"].keys()
        expect(not missing, f"{each['kind']} {each['metadata']['name']} lacks {missing}")
    pod, container, _ = agent_of(manifests)
    restricted(pod, container)
    expect(pod["automountServiceAccountToken"] is False, "the pod has a token")


@check("the agent reads its configuration, {0}", *VALUES)
def chart_is_understood(_, values):
    _, container, configuration = agent_of(rendered("--values", values))
    expect(container["env"][0] == {"name": "LOOKOUT_CONFIG_FILE", "value": "/etc/nats-lookout/config/nats-lookout.yaml"}, "no configuration")
    effective = understood(container, configuration)
    expect(effective["scope"] == "system", "not the scope of a Deployment")


@check("the chart refuses {0}", *REFUSED.items())
def refused(setting, word):
    done = subprocess.run(template("--set", setting), capture_output=True, text=True, check=False)
    expect(done.returncode != 0, f"{setting} is taken")
    expect("schema" in done.stderr and word in done.stderr, done.stderr)


@check("every documented installation names the image")
def installations_name_the_image():
    text = (ROOT / "docs/kubernetes.md").read_text().replace("\\\n", "")
    commands = re.findall(r"^helm .* install nats-lookout .*$", text, re.MULTILINE)
    expect(commands and all("--set image.repository=" in each for each in commands), "\n".join(commands))


@check("helm unit tests")
def unit_tests():
    run(TOOLS["helm_unittest"], "--strict", CHART)


@check("monitors find their port")
def monitors_find_their_port():
    for kind, source in (("ServiceMonitor", "Service"), ("PodMonitor", "Deployment")):
        manifests = rendered("--set", f"monitor.enabled=true,monitor.kind={kind}")
        spec, target = one(manifests, kind)["spec"], one(manifests, source)
        endpoint = (spec.get("endpoints") or spec.get("podMetricsEndpoints"))[0]
        labels = target["metadata"]["labels"] if source == "Service" else target["spec"]["template"]["metadata"]["labels"]
        ports = target["spec"]["ports"] if source == "Service" else pod_of(target)["containers"][0]["ports"]
        expect(spec["selector"]["matchLabels"].items() <= labels.items(), f"{kind} selects nothing")
        expect(endpoint["port"] in [port["name"] for port in ports], f"{kind} asks for a port that is not there")
        expect(endpoint["honorLabels"] is True, f"{kind} renames labels of the agent")


@check("a changed configuration starts a new pod")
def a_changed_configuration_starts_a_pod():
    def annotation(*arguments):
        deployment = one(rendered(*arguments), "Deployment")
        return deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    expect(annotation() == annotation("--set", "service.port=80"), "a new Service starts a new pod")
    expect(annotation() != annotation("--set", "config.log.level=debug"), "a new configuration starts no pod")
    expect(annotation() != annotation("--set", "credentials.type=creds"), "a new login starts no pod")


@check("the PrometheusRule is deploy/prometheus")
def rules_are_those_of_prometheus():
    rule = one(rendered("--set", "prometheusRule.enabled=true"), "PrometheusRule")
    equal("the PrometheusRule", rule["spec"], yaml.safe_load(RULES.read_text()))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(rule["spec"], file)
        file.flush()
        run(TOOLS["promtool"], "check", "rules", "--lint=all", "--lint-fatal", file.name)


@check("the dashboards are deploy/grafana")
def dashboards_are_those_of_grafana():
    files = {path.name: path.read_text() for path in (ROOT / "deploy/grafana").glob("*.json")}
    manifests = rendered("--set", "dashboards.enabled=true")
    found = {}
    for each in manifests:
        if each["metadata"]["labels"].get("grafana_dashboard") == "1":
            found.update(each["data"])
            expect(len(each["data"]) == 1, "a ConfigMap of several dashboards")
    expect(files and found.keys() == files.keys(), f"{sorted(found)} instead of {sorted(files)}")
    for name, text in found.items():
        expect(json.loads(text) == json.loads(files[name]), f"{name} is another one")


@check("the package of the chart is complete")
def package_has_what_is_linked():
    with tempfile.TemporaryDirectory() as directory:
        run(TOOLS["helm"], "package", CHART, "--destination", directory)
        package = next(pathlib.Path(directory).iterdir())
        names = run("tar", "tzf", package).split()
        manifests = rendered("--set", "dashboards.enabled=true,prometheusRule.enabled=true", chart=package)
    expect("nats-lookout/rules.yaml" in names and one(manifests, "PrometheusRule"), "no rules")
    strange = [name for name in names if re.search(r"/(ci|tests|source)/|\.py", name)]
    expect(not strange, f"{strange} are of no use to who installs it")


@check("a chart whose links were not followed says so")
def missing_links_are_told():
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "nats-lookout"
        shutil.copytree(CHART, copy, ignore=shutil.ignore_patterns("rules.yaml", "dashboards"))
        expect(rendered(chart=copy), "it cannot be installed at all")
        for value in ("prometheusRule", "dashboards"):
            done = subprocess.run(template("--set", f"{value}.enabled=true", chart=copy), capture_output=True, text=True, check=False)
            expect("its links were not followed" in done.stderr, f"{value}: {done.stderr or 'nothing is said'}")


@check("the values are documented")
def values_are_documented():
    """Every value stands in the table of docs/kubernetes.md, and every example of values there is taken."""
    text = (ROOT / "docs/kubernetes.md").read_text()
    table = re.search(r"## Values\n(.*?)\n## ", text, re.DOTALL).group(1)
    for key, value in yaml.safe_load((CHART / "values.yaml").read_text()).items():
        expect(re.search(rf"`{key}\b", table), f"{key} is not in the table")
        for below in value if isinstance(value, dict) and key not in AS_IN_KUBERNETES else ():
            expect(re.search(rf"`{key}\.{below}`|`{key}\.[^|]*`{below}`|`{key}` ", table), f"{key}.{below} is not in the table")
    for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        if not example.startswith("# kustomization.yaml"):
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(example)
                file.flush()
                valid(rendered("--values", file.name))
