"""What is changed in a cluster is changed once, and what became of it can be told."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed, Unknown
from tests.tools.kubernetes_server import TOKEN, KubernetesServer
from tests.tools.outside import Outside
from tests.tools.sources import opened
from tools.kubernetes_writes import MARKS, MOST_MARKS, RESTART, mark_of
from tools.net import Net, Request, Response
from tools.toolbox import Toolbox

CART: dict[str, Any] = {
    "kind": "Deployment",
    "spec": {
        "replicas": 3, "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "c", "image": "cart:7"}]}},
    },
    "status": {"replicas": 3, "readyReplicas": 2},
}
WHERE = {"kind": "deployment", "namespace": "shop", "name": "cart"}
SCALE = {**WHERE, "present": 3, "replicas": 5}


@pytest.fixture
def cluster(outside: Outside) -> KubernetesServer:
    server = KubernetesServer()
    server.put("deployments", CART)
    outside.answer = server.answer
    return server


@pytest.fixture
async def toolbox(outside: Outside, cluster: KubernetesServer) -> AsyncIterator[Toolbox]:
    item = {"name": "k", "kubernetes": {"url": outside.url, "token_env": "TOKEN", "namespaces": ["shop", "web"]}}
    async with opened(item, environ={"TOKEN": TOKEN}) as toolbox:
        yield toolbox


def cart(cluster: KubernetesServer) -> dict[str, Any]:
    return cluster.objects["shop", "deployments", "cart"]


@pytest.mark.parametrize(("tool", "arguments", "changed"), [
    ("k_restart", WHERE, ("template", "metadata", "annotations", RESTART)), ("k_scale", SCALE, ("replicas",)),
])
class TestEitherWrite:
    """What holds for restart and scale alike."""

    async def test_it_happens_once_however_often_it_is_sent(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...]
    ) -> None:
        assert await toolbox.probe(tool, arguments, key="k1") is False
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Done)
        again = await toolbox.run(tool, arguments, key="k1")
        assert isinstance(again, Done)
        assert "An earlier attempt" in again.text
        assert await toolbox.probe(tool, arguments, key="k1") is True
        assert await toolbox.probe(tool, arguments, key="k2") is False
        assert cart(cluster)["metadata"]["generation"] == 2
        assert found(cart(cluster)["spec"], changed) == (5 if tool == "k_scale" else mark_of("k1"))

    async def test_an_answer_that_is_lost_is_unknown_and_the_probe_tells(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...]
    ) -> None:
        cluster.fails = ["lost"]
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Unknown)
        assert await toolbox.probe(tool, arguments, key="k1") is True
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Done)
        assert len(cluster.bodies) == 1

    async def test_a_request_that_came_to_nothing_is_unknown_and_the_probe_tells(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...]
    ) -> None:
        cluster.fails = ["unheard"]
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Unknown)
        assert await toolbox.probe(tool, arguments, key="k1") is False
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Done)
        assert cart(cluster)["metadata"]["generation"] == 2

    @pytest.mark.parametrize(("status", "kind"), [
        ("403", Failed), ("404", Failed), ("422", Failed), ("408", Unknown), ("500", Unknown), ("504", Unknown), ("302", Unknown),
        ("307", Failed),
    ])  # fmt: skip
    async def test_what_a_status_says(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...],
        status: str, kind: type,
    ) -> None:
        cluster.fails = [status]
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), kind)
        assert len(cluster.bodies) == 1

    async def test_who_was_faster_is_seen_and_it_is_sent_anew(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...]
    ) -> None:
        cluster.fails = ["raced"]
        assert isinstance(await toolbox.run(tool, arguments, key="k1"), Done)
        assert len({body["metadata"]["resourceVersion"] for body in cluster.bodies}) == 2
        cluster.fails = ["raced"] * 4
        busy = await toolbox.run(tool, {**arguments, **({"present": 5} if tool == "k_scale" else {})}, key="k2")
        assert isinstance(busy, Failed)
        assert "nothing was done" in busy.text

    async def test_an_attempt_that_arrives_late_is_refused(
        self, toolbox: Toolbox, cluster: KubernetesServer, outside: Outside, net: Net, tool: str, arguments: dict[str, Any],
        changed: tuple[str, ...],
    ) -> None:
        """The first request is under way for so long that the second has done it: the cluster refuses it by its version."""
        cluster.fails = ["unheard"]
        await toolbox.run(tool, arguments, key="k1")
        await toolbox.run(tool, arguments, key="k1")
        headers = (("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/merge-patch+json"))
        path = next(path for method, path, _ in cluster.asked if method == "PATCH")
        late = await net.send(Request("PATCH", outside.url + path, False, headers, json.dumps(cluster.bodies[0]).encode()))
        assert isinstance(late, Response)
        assert late.status == 409
        assert cart(cluster)["metadata"]["generation"] == 2

    async def test_where_marks_were_dropped_the_probe_cannot_tell(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...]
    ) -> None:
        held = ",".join(f"{n:012x}" for n in range(MOST_MARKS))
        cart(cluster)["metadata"]["annotations"] = {MARKS: held, "other": "stays"}
        assert await toolbox.probe(tool, arguments, key="k1") is None
        await toolbox.run(tool, arguments, key="k1")
        assert await toolbox.probe(tool, arguments, key="k1") is True
        annotations = cart(cluster)["metadata"]["annotations"]
        assert len(annotations[MARKS].split(",")) == MOST_MARKS
        assert annotations["other"] == "stays"

    @pytest.mark.parametrize("change", [
        {"namespace": "kube-system"}, {"namespace": ""}, {"namespace": "shop/../kube-system"}, {"namespace": "shop\n"}, {"name": "../../x"},
        {"name": "cart/scale"}, {"name": "cart?x=y"}, {"name": "."}, {"name": ".."}, {"name": "Cart"}, {"kind": "secret"},
        {"kind": "configmap"},
    ])  # fmt: skip
    async def test_nothing_outside_of_what_is_allowed_is_asked(
        self, toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any], changed: tuple[str, ...],
        change: dict[str, str],
    ) -> None:
        assert isinstance(await toolbox.run(tool, {**arguments, **change}, key="k1"), Failed)
        assert (await toolbox.preview(tool, {**arguments, **change})).text.startswith("could not be read")
        assert await toolbox.probe(tool, {**arguments, **change}, key="k1") is None
        assert cluster.asked == []


async def test_what_they_declare(toolbox: Toolbox) -> None:
    restart, scale = toolbox.specs()["k_restart"], toolbox.specs()["k_scale"]
    assert (restart.risk, restart.effect, restart.repeat, restart.probe, restart.preview) == (
        Risk.HIGH, Effect.INTERNAL, Repeat.KEYED, True, True,
    )
    assert (scale.risk, scale.effect, scale.repeat) == (Risk.MEDIUM, Effect.INTERNAL, Repeat.KEYED)
    assert [(rule.when.argument, rule.when.equals, rule.risk) for rule in scale.risk_rules] == [("replicas", 0, Risk.HIGH)]


async def test_an_operator_may_say_another_risk(outside: Outside, cluster: KubernetesServer) -> None:
    item = {
        "name": "k", "kubernetes": {"url": outside.url, "token_env": "TOKEN", "namespaces": ["shop"]},
        "settings": {"scale": {"risk": "low", "risk_when": [{"argument": "replicas", "above": 20, "risk": "high"}]}},
    }  # fmt: skip
    async with opened(item, environ={"TOKEN": TOKEN}) as toolbox:
        scale = toolbox.specs()["k_scale"]
        assert (scale.risk, len(scale.risk_rules), scale.risk_rules[0].when.above) == (Risk.LOW, 1, 20)


async def test_scaling_needs_the_replicas_that_were_seen(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    result = await toolbox.run("k_scale", {**SCALE, "present": 4}, key="k1")
    assert result == Failed("shop/cart has 3 replicas now, not 4: somebody changed that. Nothing was done; look again.")
    assert cluster.bodies == []


async def test_a_paused_deployment_is_not_restarted(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cart(cluster)["spec"]["paused"] = True
    result = await toolbox.run("k_restart", WHERE, key="k1")
    assert isinstance(result, Failed)
    assert "is paused" in result.text
    assert cluster.bodies == []


async def test_the_preview_of_scaling_shows_both_numbers_and_the_autoscaler(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.put("horizontalpodautoscalers", {
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "cart"}, "minReplicas": 2, "maxReplicas": 9},
    }, "cart-hpa")
    shown = await toolbox.preview("k_scale", SCALE)
    assert shown.text.splitlines() == [
        "replicas: 3 → 5", "deployment shop/cart: 2 of 3 ready",
        "The autoscaler shop/cart-hpa keeps 2 to 9 replicas and may change it again.",
    ]  # fmt: skip
    cart(cluster)["status"]["readyReplicas"] = 3
    cart(cluster)["metadata"]["resourceVersion"] = "999"
    assert (await toolbox.preview("k_scale", SCALE)).fingerprint == shown.fingerprint
    cart(cluster)["spec"]["replicas"] = 4
    moved = await toolbox.preview("k_scale", SCALE)
    assert moved.fingerprint != shown.fingerprint
    assert "it would fail now" in moved.text


async def test_the_preview_of_a_restart_moves_with_a_deploy_and_not_with_its_pods(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    shown = await toolbox.preview("k_restart", WHERE)
    assert shown.text.splitlines() == ["deployment shop/cart: 2 of 3 ready", "images: cart:7"]
    cart(cluster)["status"]["readyReplicas"] = 0
    cart(cluster)["spec"]["replicas"] = 7
    assert (await toolbox.preview("k_restart", WHERE)).fingerprint == shown.fingerprint
    cart(cluster)["spec"]["template"]["spec"]["containers"][0]["image"] = "cart:8"
    assert (await toolbox.preview("k_restart", WHERE)).fingerprint != shown.fingerprint


async def test_pods_that_only_people_replace_are_told(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.put("daemonsets", {"spec": {"updateStrategy": {"type": "OnDelete"}, "template": {}}, "status": {}}, "agent")
    result = await toolbox.run("k_restart", {**WHERE, "kind": "daemonset", "name": "agent"}, key="k1")
    assert isinstance(result, Done)
    assert "only when somebody deletes them" in result.text


async def test_what_does_not_exist_is_told(toolbox: Toolbox) -> None:
    result = await toolbox.run("k_restart", {**WHERE, "name": "gone"}, key="k1")
    assert result == Failed('Kubernetes answered 404 Not Found: deployments "gone" not found')
    assert await toolbox.probe("k_restart", {**WHERE, "name": "gone"}, key="k1") is None


def found(content: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        content = content[step]
    return content
