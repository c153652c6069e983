"""A cluster that answers as the documentation of Kubernetes' API says: objects, merge patches bound to versions, paging, `Status` errors.

https://kubernetes.io/docs/reference/using-api/api-concepts/ and https://kubernetes.io/docs/reference/kubernetes-api/
"""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.tools.outside import hang_up

TOKEN = "t0ken"
LISTED = {"limit", "continue", "labelSelector", "fieldSelector"}
LOGGED = {"tailLines", "timestamps", "limitBytes", "container", "previous", "sinceSeconds"}
GROUPS = {
    "/api/v1": {"pods": "Pod", "services": "Service", "events": "Event", "persistentvolumeclaims": "PersistentVolumeClaim"},
    "/apis/apps/v1": {
        "deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet", "replicasets": "ReplicaSet",
        "controllerrevisions": "ControllerRevision",
    },
    "/apis/batch/v1": {"jobs": "Job", "cronjobs": "CronJob"},
    "/apis/networking.k8s.io/v1": {"ingresses": "Ingress"},
    "/apis/autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
}
PATH = re.compile(r"(/api/v1|/apis/[a-z0-9.]+/v\d)/namespaces/([^/]+)/([a-z]+)(?:/([^/]+))?(/log)?")


class KubernetesServer:
    """Objects by (namespace, plural, name)."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        """By a pod's name."""
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """Method, path, parameters."""
        self.bodies: list[dict[str, Any]] = []
        """Of patches."""
        self.fails: list[str] = []
        """What becomes of the next patches: `lost` (done, no answer), `unheard` (not done, no answer), `raced` (somebody else writes
        just before), or a status."""
        self.version = 100
        self.page = 1_000

    def put(self, plural: str, content: Mapping[str, Any], name: str = "cart", namespace: str = "shop") -> dict[str, Any]:
        """Have an object."""
        self.version += 1
        one = copy.deepcopy(dict(content))
        one["metadata"] = {
            "name": name, "namespace": namespace, "uid": f"uid-{namespace}-{plural}-{name}", "resourceVersion": str(self.version),
            "generation": 1, "creationTimestamp": "2026-11-25T09:30:00Z", **one.get("metadata", {}),
        }  # fmt: skip
        self.objects[namespace, plural, name] = one
        return one

    async def answer(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        found = PATH.fullmatch(request.path)
        assert found, request.path
        group, namespace, plural, name, log = found.groups()
        query = dict(request.query)
        self.asked.append((request.method, request.path, query))
        assert plural in GROUPS[group], request.path
        if log:
            assert query.keys() <= LOGGED
            return web.Response(text=self.logs[name]) if name in self.logs else _status(404, "NotFound", f'pods "{name}" not found')
        if request.method == "PATCH":
            return await self._patch(request, namespace, plural, name)
        assert request.method == "GET"
        if name:
            assert not query
            one = self.objects.get((namespace, plural, name))
            return web.json_response(one) if one else _status(404, "NotFound", f'{plural} "{name}" not found')
        assert query.keys() <= LISTED
        return self._list(namespace, plural, query)

    def _list(self, namespace: str, plural: str, query: Mapping[str, str]) -> web.Response:
        every = [one for (where, kind, _), one in self.objects.items() if (where, kind) == (namespace, plural) and _selected(one, query)]
        begin, size = int(query.get("continue", "0")), min(int(query["limit"]), self.page)
        going_on = str(begin + size) if begin + size < len(every) else ""
        kind = next(kinds[plural] for kinds in GROUPS.values() if plural in kinds)
        metadata = {"resourceVersion": str(self.version), "continue": going_on}
        return web.json_response({"kind": f"{kind}List", "metadata": metadata, "items": every[begin : begin + size]})

    async def _patch(self, request: web.Request, namespace: str, plural: str, name: str) -> web.StreamResponse:
        assert request.content_type == "application/merge-patch+json"
        body = json.loads(await request.read())
        self.bodies.append(body)
        what = self.fails.pop(0) if self.fails else ""
        one = self.objects[namespace, plural, name]
        if what.isdigit():
            return _status(int(what), "Refused", "it was refused")
        if what == "unheard":
            return await hang_up(request)
        if what == "raced":
            self.version += 1
            one["metadata"]["resourceVersion"] = str(self.version)
        bound = body["metadata"]
        if (bound["resourceVersion"], bound["uid"]) != (one["metadata"]["resourceVersion"], one["metadata"]["uid"]):
            return _status(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again")
        before = copy.deepcopy(one["spec"])
        _merge(one, body)
        self.version += 1
        one["metadata"]["resourceVersion"] = str(self.version)
        one["metadata"]["generation"] += one["spec"] != before
        return await hang_up(request) if what == "lost" else web.json_response(one)


def _merge(one: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """RFC 7396."""
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(one.setdefault(key, {}), value)
        elif value is None:
            one.pop(key, None)
        else:
            one[key] = value


def _selected(one: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    labels = one["metadata"].get("labels", {})
    wanted = [pair.partition("=") for pair in query.get("labelSelector", "").split(",") if pair]
    fields = [pair.partition("=") for pair in query.get("fieldSelector", "").split(",") if pair]
    return all(labels.get(name) == value for name, _, value in wanted) and all(_field(one, name) == value for name, _, value in fields)


def _field(one: Any, path: str) -> Any:
    assert path in ("type", "involvedObject.uid", "involvedObject.name")
    for step in path.split("."):
        one = one.get(step)
    return one


def _status(code: int, reason: str, message: str) -> web.Response:
    content = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}
    return web.json_response(content, status=code)
