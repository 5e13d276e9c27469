"""The plain manifests of the Deployment."""
import yaml

from kubernetes_checks.helm import agent_of
from kubernetes_checks.tools import KUBERNETES, built, check, equal, one, pod_of, rendered, understood, valid


@check("plain manifests are valid")
def plain_is_valid():
    valid(built(KUBERNETES / "deployment"))


@check("plain manifests are those of the chart")
def plain_is_that_of_the_chart():
    """The same pod and the same configuration, whichever way it is installed."""
    pod, _, configuration = agent_of(rendered())
    manifests = built(KUBERNETES / "deployment")
    mine = pod_of(one(manifests, "Deployment"))
    generated = one(manifests, "ConfigMap")
    for each in (pod, mine):
        each["volumes"][0]["configMap"]["name"] = "any"
    equal("the pod", mine, pod)
    equal("the configuration", yaml.safe_load(generated["data"]["nats-lookout.yaml"]), yaml.safe_load(configuration))
    understood(mine["containers"][0], generated["data"]["nats-lookout.yaml"])
