"""What is read of a cluster, with objects as Kubernetes' documentation has them."""

import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from agents.core.errors import ConfigError
from agents.ports import Done, Failed
from tests.tools.kubernetes_server import TOKEN, KubernetesServer
from tests.tools.outside import Outside
from tests.tools.sources import opened
from tools.kubernetes import DESCRIBED
from tools.net import Net
from tools.toolbox import Toolbox

TEMPLATE = {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "c", "image": "registry/cart:7"}]}}
POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"labels": {"app": "cart"}, "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-5", "uid": "u"}]},
    "spec": {
        "nodeName": "node-1",
        "containers": [{
            "name": "c", "image": "registry/cart:7", "command": ["serve", "--password=hunter2"],
            "env": [
                {"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}},
            ],
        }],
    },
    "status": {
        "phase": "Running",
        "containerStatuses": [{
            "name": "c", "ready": False, "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {
                "reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-28T09:25:00Z", "message": "the customer wrote this",
            }},
        }],
    },
}  # fmt: skip
FINE: dict[str, Any] = {
    "kind": "Pod", "spec": {"containers": [{"name": "c"}]},
    "status": {"phase": "Running", "containerStatuses": [{"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}]},
}


@pytest.fixture
def cluster(outside: Outside) -> KubernetesServer:
    server = KubernetesServer()
    outside.answer = server.answer
    return server


@pytest.fixture
async def toolbox(outside: Outside, cluster: KubernetesServer) -> AsyncIterator[Toolbox]:
    item = {"name": "k", "kubernetes": {"url": outside.url, "token_env": "TOKEN", "namespaces": ["shop", "web"]}}
    async with opened(item, environ={"TOKEN": TOKEN}) as toolbox:
        yield toolbox


async def told(toolbox: Toolbox, tool: str, *, taints: bool = False, **arguments: object) -> str:
    result = await toolbox.run(f"k_{tool}", arguments, key="k")
    assert isinstance(result, Done), result
    assert result.taints is taints
    return result.text


async def test_workloads(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.put("deployments", {
        "spec": {"replicas": 3, "template": TEMPLATE},
        "status": {
            "observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 2, "conditions": [
                {"type": "Available", "status": "True", "reason": "Minimum"},
                {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "it\nhas timed out"},
            ],
        },
    })  # fmt: skip
    cluster.put("statefulsets", {
        "metadata": {"generation": 2}, "spec": {"replicas": 1, "template": TEMPLATE}, "status": {"readyReplicas": 1, "updatedReplicas": 1},
    }, "db")  # fmt: skip
    cluster.put("daemonsets", {
        "spec": {"template": TEMPLATE},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": 2, "numberReady": 2, "updatedNumberScheduled": 2},
    }, "agent", "web")  # fmt: skip
    assert (await told(toolbox, "workloads")).splitlines() == [
        "deployment shop/cart: 1 of 3 ready; 2 updated; images registry/cart:7",
        "    Progressing is False: ProgressDeadlineExceeded it has timed out",
        "statefulset shop/db: 1 of 1 ready; its newest change is not taken up yet; images registry/cart:7",
        "daemonset web/agent: 2 of 2 ready; images registry/cart:7",
    ]
    assert {path.split("/")[-2] for _, path, _ in cluster.asked} == {"shop", "web"}


async def test_pods_with_trouble_come_first(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.put("pods", FINE, "cart-a")
    cluster.put("pods", POD, "cart-b")
    waits = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no cpu"}
    cluster.put("pods", {"spec": {"containers": [{}]}, "status": {"phase": "Pending", "conditions": [waits]}}, "cart-c", "web")
    cluster.put("pods", {**FINE, "metadata": {"deletionTimestamp": "2026-11-28T09:29:00Z"}}, "cart-d", "web")
    cluster.page = 1
    assert (await told(toolbox, "pods")).splitlines() == [
        "4 pods, 3 with trouble:",
        "pod shop/cart-b: CrashLoopBackOff, 0 of 1 ready, 4 restarts, c ended 5m ago: OOMKilled, exit code 137, on node-1, age 3d",
        "pod web/cart-c: Pending, 0 of 1 ready, 0 restarts, age 3d",
        "    PodScheduled is False: Unschedulable no cpu",
        "pod web/cart-d: Terminating, 1 of 1 ready, 0 restarts, age 3d",
        "pod shop/cart-a: Running, 1 of 1 ready, 0 restarts, age 3d",
    ]
    assert "cart-a" not in await told(toolbox, "pods", trouble_only=True)
    assert await told(toolbox, "pods", namespace="shop", selector="app=none") == "0 pods, 0 with trouble."


async def test_pages_end(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    for number in range(6):
        cluster.put("pods", FINE, f"p{number}")
    cluster.page = 1
    assert (await told(toolbox, "pods", namespace="shop")).splitlines()[:2] == ["4 pods, 0 with trouble:", "(there are more pods in shop)"]


async def test_events(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    about = {"kind": "Pod", "namespace": "shop", "name": "cart-b", "uid": "uid-shop-pods-cart-b"}
    back_off = {
        "involvedObject": about, "reason": "BackOff", "message": "Back-off restarting", "count": 7, "lastTimestamp": "2026-11-28T09:20:00Z",
    }  # fmt: skip
    cluster.put("events", {**back_off, "type": "Warning"}, "e1")
    cluster.put("events", {**back_off, "type": "Warning", "lastTimestamp": "2026-11-28T01:00:00Z"}, "e2")
    cluster.put("events", {**back_off, "type": "Normal", "count": None, "lastTimestamp": None, "eventTime": "2026-11-28T09:29:30.5Z"}, "e3")
    assert await told(toolbox, "events") == (
        "2026-11-28T09:20:00Z (10m ago) Warning BackOff pod shop/cart-b (7 times): Back-off restarting"
    )
    assert (await told(toolbox, "events", type="all")).splitlines()[0].startswith("2026-11-28T09:29:30.500Z (29s ago) Normal")
    assert "e2" not in await told(toolbox, "events", namespace="web")


async def test_a_description_holds_no_values_that_could_be_secret(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    last = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}
    cluster.put("pods", {**POD, "metadata": {**POD["metadata"], "annotations": last, "managedFields": [{"f": "hunter2"}]}}, "cart-b")
    cluster.put("events", {
        "type": "Warning", "reason": "BackOff", "message": "again", "lastTimestamp": "2026-11-28T09:20:00Z",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "cart-b", "uid": "uid-shop-pods-cart-b"},
    }, "e1")  # fmt: skip
    text = await told(toolbox, "describe", kind="pod", namespace="shop", name="cart-b")
    assert "hunter2" not in text
    assert "the customer wrote this" not in text
    for part in ("pod shop/cart-b, age 3d", "labels: app=cart", "owned by ReplicaSet cart-5", "DB_PASSWORD", "KEY (from elsewhere)",
                 "OOMKilled", "nodeName: node-1", "Warning BackOff"):  # fmt: skip
        assert part in text, part


def test_secrets_and_config_maps_cannot_be_described() -> None:
    assert not {"secret", "configmap"} & set(DESCRIBED)


async def test_logs(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.logs["cart-b"] = "".join(f"2026-11-28T09:{n:02d}:00.000000001Z ERROR order {n} failed\n" for n in range(20)) + (
        "2026-11-28T09:20:00.5Z INFO ready\n"
    )
    text = await told(
        toolbox, "logs", taints=True, namespace="shop", pod="cart-b", container="c", previous=True, since="30m", words="ERROR", lines=1,
        tail=100,
    )  # fmt: skip
    assert text.splitlines() == [
        "20 lines from 2026-11-28T09:00:00Z to 2026-11-28T09:19:00Z; error 20",
        "Patterns (1, the most frequent first):",
        "  20x ERROR order <…> failed from 2026-11-28T09:00:00Z to 2026-11-28T09:19:00Z",
        "The last 1 of them:",
        "2026-11-28T09:19:00.000000001Z ERROR order 19 failed",
    ]
    assert cluster.asked[-1] == ("GET", "/api/v1/namespaces/shop/pods/cart-b/log", {
        "tailLines": "100", "timestamps": "true", "limitBytes": "1000000", "container": "c", "previous": "true", "sinceSeconds": "1800",
    })
    gone = await toolbox.run("k_logs", {"namespace": "shop", "pod": "gone"}, key="k")
    assert gone == Failed('Kubernetes answered 404 Not Found: pods "gone" not found', taints=True)


async def test_rollout_of_a_deployment(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "cart"}}, "template": TEMPLATE}
    cluster.put("deployments", {"spec": spec, "status": {"observedGeneration": 1, "readyReplicas": 1, "updatedReplicas": 1}})
    owner = [{"kind": "Deployment", "name": "cart", "uid": "uid-shop-deployments-cart"}]
    for number, pods in ((9, 0), (10, 1)):
        template = {"spec": {"containers": [{"image": f"registry/cart:{number}"}]}}
        notes = {"deployment.kubernetes.io/revision": str(number), "kubernetes.io/change-cause": "a fix"}
        metadata = {"labels": {"app": "cart"}, "annotations": notes, "ownerReferences": owner}
        cluster.put("replicasets", {"metadata": metadata, "spec": {"template": template}, "status": {"replicas": pods}}, f"cart-{number}")
    cluster.put("replicasets", {"metadata": {"labels": {"app": "cart"}, "ownerReferences": [{"uid": "another"}]}}, "other")
    assert (await told(toolbox, "rollout", kind="deployment", namespace="shop", name="cart")).splitlines() == [
        "deployment shop/cart: 1 of 1 ready; images registry/cart:7",
        "2 revisions, the newest first:",
        "  10: created 3d ago; images registry/cart:10; 1 pods now; cause: a fix (cart-10)",
        "  9: created 3d ago; images registry/cart:9; cause: a fix (cart-9)",
    ]


async def test_rollout_of_a_stateful_set(toolbox: Toolbox, cluster: KubernetesServer) -> None:
    cluster.put("statefulsets", {"spec": {"template": TEMPLATE}, "status": {"observedGeneration": 1}}, "db")
    cluster.put("controllerrevisions", {
        "metadata": {"ownerReferences": [{"uid": "uid-shop-statefulsets-db"}]}, "revision": 3, "data": {"spec": {"template": TEMPLATE}},
    }, "db-1")  # fmt: skip
    text = await told(toolbox, "rollout", kind="statefulset", namespace="shop", name="db")
    assert "  3: created 3d ago; images registry/cart:7 (db-1)" in text


@pytest.mark.parametrize(("tool", "arguments"), [
    ("pods", {"namespace": "kube-system"}), ("events", {"namespace": "../../x"}), ("workloads", {"namespace": "shop/pods"}),
    ("describe", {"kind": "secret", "namespace": "shop", "name": "x"}), ("describe", {"kind": "pod", "namespace": "", "name": "x"}),
    ("describe", {"kind": "pod", "namespace": "shop", "name": "../secrets/x"}), ("logs", {"namespace": "other", "pod": "x"}),
    ("logs", {"namespace": "shop", "pod": "x/exec"}), ("logs", {"namespace": "shop", "pod": "x", "container": "a b"}),
    ("pods", {"namespace": "shop", "selector": "app=\ncart"}), ("events", {"since": "soon"}),
    ("logs", {"namespace": "shop", "pod": "x", "since": "soon"}),
])  # fmt: skip
async def test_nothing_outside_of_what_is_allowed_is_asked(
    toolbox: Toolbox, cluster: KubernetesServer, tool: str, arguments: dict[str, Any]
) -> None:
    assert isinstance(await toolbox.run(f"k_{tool}", arguments, key="k"), Failed)
    assert cluster.asked == []


async def test_what_the_cluster_refuses_is_told(outside: Outside, toolbox: Toolbox) -> None:
    message = 'pods is forbidden: User "system:serviceaccount:ops:bot" cannot list resource "pods" in API group "" in the namespace "shop"'
    outside.says(web.json_response({"kind": "Status", "status": "Failure", "message": message, "code": 403}, status=403))
    result = await toolbox.run("k_pods", {"namespace": "shop"}, key="k")
    assert isinstance(result, Failed)
    assert message in result.text


async def test_the_token_is_read_from_its_file_for_each_request(outside: Outside, cluster: KubernetesServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    item = {"name": "k", "kubernetes": {"url": outside.url, "token_file": "token", "namespaces": ["shop"]}}
    async with opened(item, folder=tmp_path) as toolbox:
        await told(toolbox, "pods")
        (tmp_path / "token").unlink()
        for tool, arguments in (("pods", {}), ("restart", {"kind": "deployment", "namespace": "shop", "name": "cart"})):
            result = await toolbox.run(f"k_{tool}", arguments, key="k")
            assert isinstance(result, Failed)
            assert "credentials for Kubernetes cannot be read" in result.text


@pytest.mark.parametrize("config", [
    {"namespaces": []}, {}, {"namespaces": ["*"]}, {"namespaces": ["a/b"]}, {"namespaces": ["shop"], "token_env": "A", "token_file": "b"},
])
async def test_a_configuration_that_allows_too_much_or_nothing(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        async with opened({"name": "k", "kubernetes": {"url": "https://127.0.0.1:6443", **config}}):
            raise AssertionError


@pytest.fixture
def secured(tmp_path: Path) -> ssl.SSLContext:
    """What a server at 127.0.0.1 needs; its certificate, signed by itself, is in `ca.pem`."""
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=a",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "ca.pem"),
    ], check=True, capture_output=True)  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    return context


async def test_a_cluster_is_known_by_its_own_authorities(cluster: KubernetesServer, secured: ssl.SSLContext, tmp_path: Path) -> None:
    """A cluster signs its certificates itself: the system's authorities do not know it."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", cluster.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=secured)
    await site.start()
    try:
        config = {"url": f"https://127.0.0.1:{runner.addresses[0][1]}", "token_env": "TOKEN", "namespaces": ["shop"]}
        known = {"name": "k", "kubernetes": {**config, "ca_file": "ca.pem"}}
        async with opened(known, environ={"TOKEN": TOKEN}, folder=tmp_path) as toolbox:
            await told(toolbox, "pods")
        async with opened({"name": "k", "kubernetes": config}, environ={"TOKEN": TOKEN}) as toolbox:
            result = await toolbox.run("k_pods", {}, key="k")
            assert isinstance(result, Failed)
            assert "certificate" in result.text.lower()
        with pytest.raises(ConfigError, match="cannot be read as certificates"):
            async with opened({"name": "k", "kubernetes": {**config, "ca_file": "key.pem"}}, folder=tmp_path):
                raise AssertionError
    finally:
        await runner.cleanup()


async def test_one_server_has_one_file_of_authorities(net: Net, secured: ssl.SSLContext, tmp_path: Path) -> None:
    net.trust("https://cluster:6443", tmp_path / "ca.pem")
    net.trust("https://cluster:6443/api", tmp_path / "ca.pem")
    with pytest.raises(ConfigError, match="two ca_files"):
        net.trust("https://cluster:6443", tmp_path / "key.pem")
