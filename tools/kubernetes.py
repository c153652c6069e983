"""Kubernetes by its HTTP API, within the namespaces that the configuration allows."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import Field

from agents.core.tool import Condition, Effect, Repeat, Risk, RiskRule
from tools.access import Access, api
from tools.argument import Argument
from tools.kubernetes_api import NAME, RESOURCES, Cluster
from tools.kubernetes_reads import WORKLOADS, describe, list_events, list_pods, list_workloads, read_logs, rollout
from tools.kubernetes_writes import happened, preview_restart, preview_scale, restart, scale
from tools.moments import since
from tools.operation import Arguments, Operation
from tools.source import Entry, Pack, SourceContext

Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]

_SELECTOR = re.compile(r"[\w./,=!() -]{0,500}", re.ASCII)


class KubernetesConfig(Access):
    """A cluster, and where in it."""

    namespaces: tuple[Namespace, ...] = Field(min_length=1)
    """The only ones that are read and changed."""


class KubernetesEntry(Entry):
    """`{name: k8s, kubernetes: {url: "https://kubernetes.default.svc", token_file: …, namespaces: [shop]}}`."""

    kubernetes: KubernetesConfig

    def urls(self) -> tuple[str, ...]:
        """The cluster's."""
        return (self.kubernetes.url,)


@asynccontextmanager
async def _connect(entry: KubernetesEntry, context: SourceContext) -> AsyncIterator[Cluster]:
    yield Cluster(api(entry.kubernetes, "Kubernetes", context), entry.kubernetes.namespaces, context.clock)


def _unfit(cluster: Cluster, arguments: Arguments) -> str | None:
    """A namespace that is out of bounds, or a name that is none."""
    namespace = arguments["namespace"]
    if (namespace or "kind" in arguments or "pod" in arguments) and (wrong := cluster.refuses(namespace)):
        return wrong
    for part in ("name", "pod", "container"):
        if (value := arguments.get(part)) and not NAME.fullmatch(value):
            return f"{part} {value!r} is no name: small letters, digits, - and dots."
    if not _SELECTOR.fullmatch(arguments.get("selector", "")):
        return "selector is none; write labels such as app=cart,tier!=test."
    return None


PATIENCE = 60.0
"""Seconds for what takes several requests, each of which has 25."""

SOMEWHERE = Argument(type="string", default="", maxLength=63, description="one namespace; empty for all that are allowed")
NAMESPACE = Argument(type="string", minLength=1, maxLength=63)
SELECTOR = Argument(type="string", default="", maxLength=500, description="labels, such as app=cart; empty for all")
OBJECT = Argument(type="string", minLength=1, maxLength=253, description="its name, without the namespace")
SCALED = ("deployment", "statefulset")
DESCRIBED = sorted(set(RESOURCES) - {"event", "controllerrevision"})


def _kind(kinds: tuple[str, ...] | list[str]) -> Argument:
    return Argument(type="string", enum=list(kinds))


KUBERNETES = Pack("kubernetes", KubernetesEntry, (
    Operation(
        "workloads", "List deployments, stateful sets and daemon sets: replicas ready and updated, images, what is not as it should be.",
        list_workloads, {"namespace": SOMEWHERE, "selector": SELECTOR}, invalid=_unfit, timeout=PATIENCE,
    ),
    Operation(
        "pods", "List pods, those with trouble first: phase or reason, readiness, restarts and how the last one came, node, age.",
        list_pods,
        {
            "namespace": SOMEWHERE, "selector": SELECTOR,
            "trouble_only": Argument(type="boolean", default=False, description="only pods that are not as they should be"),
        },
        invalid=_unfit, timeout=PATIENCE,
    ),
    Operation(
        "events", "List recent events, the newest first.", list_events,
        {
            "namespace": SOMEWHERE, "since": since("1h"),
            "type": Argument(type="string", enum=["Warning", "Normal", "all"], default="Warning"),
        },
        invalid=_unfit, timeout=PATIENCE,
    ),
    Operation(
        "describe", "Describe one object, condensed, with its events. Values of variables, commands and annotations are left out.",
        describe,
        {"kind": _kind(DESCRIBED), "namespace": NAMESPACE, "name": OBJECT}, invalid=_unfit,
    ),
    Operation(
        "logs", "Read the end of a container's log: by level, by what lines have in common, and the last lines.", read_logs,
        {
            "namespace": NAMESPACE, "pod": OBJECT,
            "container": Argument(type="string", default="", maxLength=253, description="needed where the pod has several"),
            "previous": Argument(type="boolean", default=False, description="of the container before its last restart"),
            "since": Argument(type="string", default="", maxLength=40, description="how long back (10m); empty for all"),
            "words": Argument(type="string", default="", maxLength=300, description="only lines that contain all of them"),
            "tail": Argument(type="integer", default=1_000, minimum=1, maximum=5_000, description="lines that are looked at"),
            "lines": Argument(type="integer", default=50, minimum=1, maximum=200, description="lines that are shown"),
        },
        taints=True, invalid=_unfit,
    ),
    Operation(
        "rollout", "Tell how far the newest change of a workload is, and its revisions with their images.", rollout,
        {"kind": _kind(WORKLOADS), "namespace": NAMESPACE, "name": OBJECT}, invalid=_unfit,
    ),
    Operation(
        "restart", "Restart a workload: its pods are made anew, a few at a time as its strategy says.", restart,
        {"kind": _kind(WORKLOADS), "namespace": NAMESPACE, "name": OBJECT},
        risk=Risk.HIGH, effect=Effect.INTERNAL, repeat=Repeat.KEYED, invalid=_unfit, preview=preview_restart, probe=happened,
        timeout=PATIENCE,
    ),
    Operation(
        "scale",
        "Set the number of replicas of a deployment or a stateful set. It fails if there are no longer as many as you say there are.",
        scale,
        {
            "kind": _kind(SCALED), "namespace": NAMESPACE, "name": OBJECT,
            "present": Argument(type="integer", minimum=0, maximum=10_000, description="replicas that it is set to now, as workloads told"),
            "replicas": Argument(type="integer", minimum=0, maximum=1_000, description="how many it shall have"),
        },
        risk=Risk.MEDIUM, risk_rules=(RiskRule(Condition("replicas", equals=0), Risk.HIGH),), effect=Effect.INTERNAL, repeat=Repeat.KEYED,
        invalid=_unfit, preview=preview_scale, probe=happened, timeout=PATIENCE,
    ),
), _connect)
