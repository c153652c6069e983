"""The API of a Kubernetes cluster, as far as tools may use it: kinds that hold no secrets, in namespaces that are allowed.

https://kubernetes.io/docs/reference/kubernetes-api/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agents.ports import Clock, Failed
from tools.access import Api, Query, parsed
from tools.net import Response

Object = Mapping[str, Any]
"""An object of the cluster, as its API gives it."""

RESOURCES: Mapping[str, str] = {
    "pod": "/api/v1/{}/pods",
    "service": "/api/v1/{}/services",
    "event": "/api/v1/{}/events",
    "persistentvolumeclaim": "/api/v1/{}/persistentvolumeclaims",
    "deployment": "/apis/apps/v1/{}/deployments",
    "statefulset": "/apis/apps/v1/{}/statefulsets",
    "daemonset": "/apis/apps/v1/{}/daemonsets",
    "replicaset": "/apis/apps/v1/{}/replicasets",
    "controllerrevision": "/apis/apps/v1/{}/controllerrevisions",
    "job": "/apis/batch/v1/{}/jobs",
    "cronjob": "/apis/batch/v1/{}/cronjobs",
    "ingress": "/apis/networking.k8s.io/v1/{}/ingresses",
    "horizontalpodautoscaler": "/apis/autoscaling/v2/{}/horizontalpodautoscalers",
}
"""Where objects of each kind are. Secrets and config maps are not among them, and nothing else makes a path."""

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
"""Names of objects (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)."""

PAGE = 250
"""Objects in one answer."""

PAGES = 4
"""Answers that are asked for, one after the other."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Objects of one kind in one namespace."""

    objects: tuple[Object, ...]
    more: bool = False
    """Whether there are others."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, within the namespaces that the configuration allows."""

    api: Api
    namespaces: tuple[str, ...]
    clock: Clock

    def asked(self, namespace: str) -> tuple[str, ...]:
        """The namespaces that are meant: this one, or all that are allowed."""
        return (namespace,) if namespace else self.namespaces

    def refuses(self, namespace: str) -> str | None:
        """Why this namespace is out of bounds, in one sentence."""
        if namespace in self.namespaces:
            return None
        return f"namespace must be one of {', '.join(self.namespaces)}; the configuration allows no other."

    def path(self, kind: str, namespace: str, name: str = "") -> str:
        """Where an object is, or all of its kind. Raises ValueError for what no argument that was checked can be."""
        if wrong := self.refuses(namespace):
            raise ValueError(wrong)
        if name and not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of an object")
        whole = RESOURCES[kind].format(f"namespaces/{quote(namespace, safe='')}")
        return f"{whole}/{quote(name, safe='')}" if name else whole

    async def one(self, kind: str, namespace: str, name: str) -> Object | Failed:
        """One object."""
        return await self._content(self.path(kind, namespace, name), ())

    async def every(self, kind: str, namespace: str, query: Query = ()) -> Listed | Failed:
        """All objects of a kind, or the first of them where there are very many."""
        objects: list[Object] = []
        going_on = ""
        for _ in range(PAGES):
            page = [*query, ("limit", str(PAGE)), *([("continue", going_on)] if going_on else [])]
            content = await self._content(self.path(kind, namespace), page)
            if isinstance(content, Failed):
                return content if not objects else Listed(tuple(objects), True)
            objects += [one for one in content.get("items") or () if isinstance(one, dict)]
            going_on = str((content.get("metadata") or {}).get("continue") or "")
            if not going_on:
                break
        return Listed(tuple(objects), bool(going_on))

    async def text(self, path: str, query: Query) -> str | Failed:
        """A text, such as a log."""
        answer = await self.api.read(path, query)
        if isinstance(answer, Failed):
            return answer
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else self.refused(answer)

    def refused(self, answer: Response) -> Failed:
        """In words: what the API's `Status` says."""
        content = parsed(answer)
        return self.api.refused(answer, str(content.get("message") or "") if isinstance(content, dict) else "")

    async def _content(self, path: str, query: Query) -> Object | Failed:
        answer = await self.api.read(path, query)
        if isinstance(answer, Failed):
            return answer
        content = parsed(answer)
        if answer.status != 200:
            return self.refused(answer)
        if not isinstance(content, dict) or "metadata" not in content:
            return Failed(f"What {self.api.url} answered is not Kubernetes' API; the operator should check the url.")
        return content
