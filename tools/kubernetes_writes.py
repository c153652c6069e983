"""What is changed in a cluster: each call at most once, however often it is sent.

A call leaves its mark on the object that it changes, in the same write. Each write is bound to the version that was read just before, so it
is carried out only if no mark of the call was there. An earlier attempt that arrives late is bound to an older version, and refused.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from agents.core.ids import canonical, fingerprint
from agents.ports import Done, Failed, Preview, Unknown
from tools.http_content import ARROW
from tools.kubernetes_api import Cluster, Object
from tools.kubernetes_objects import bad_conditions, images, named
from tools.net import Response
from tools.operation import Arguments, Use
from tools.toolbox import unread

MARKS = "countersign/calls"
"""Annotation of an object: the marks of the calls that changed it, the newest first."""

RESTART = "countersign/restart"
"""Annotation of a pod template: a new value makes the pods anew, as `kubectl rollout restart` does."""

MOST_MARKS = 64
"""Marks that an object keeps."""

ATTEMPTS = 4
"""Times that a write is made anew because somebody else changed the object between reading and writing."""

PATCH = "application/merge-patch+json"


async def restart(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Make the pods anew, a few at a time as the workload's strategy says."""

    def change(one: Object) -> Mapping[str, Any] | Failed:
        if (one.get("spec") or {}).get("paused"):
            return Failed(f"{named(one)} is paused, so nothing would be restarted. Its rollout has to be resumed first.")
        return {"template": {"metadata": {"annotations": {RESTART: mark_of(use.key)}}}}

    return await _write(cluster, arguments, use.key, change, _restarted)


async def scale(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Set the number of replicas, if it is still the one that was looked at."""
    present, wanted = arguments["present"], arguments["replicas"]

    def change(one: Object) -> Mapping[str, Any] | Failed:
        found = replicas(one)
        if found != present:
            return Failed(f"{named(one)} has {found} replicas now, not {present}: somebody changed that. Nothing was done; look again.")
        return {"replicas": wanted}

    return await _write(cluster, arguments, use.key, change, lambda one: f"{named(one)} is set from {present} to {wanted} replicas.")


async def preview_restart(cluster: Cluster, arguments: Arguments) -> Preview:
    """What would be restarted; its fingerprint is that of the pod template, so a deploy in between voids an approval."""
    one = await _object(cluster, arguments)
    if isinstance(one, Failed):
        return unread(one.text)
    spec = one.get("spec") or {}
    lines = [*_standing(arguments["kind"], one), f"images: {', '.join(images(one))}"]
    lines += ["paused: nothing would be restarted"] * bool(spec.get("paused")) + _on_delete(one)
    state = fingerprint("restart", _uid(one), canonical(spec.get("template") or {}), str(bool(spec.get("paused"))))
    return Preview("\n".join(lines), state)


async def preview_scale(cluster: Cluster, arguments: Arguments) -> Preview:
    """The replicas as they are and as they would be, and who else sets them."""
    one = await _object(cluster, arguments)
    if isinstance(one, Failed):
        return unread(one.text)
    found = replicas(one)
    lines = [f"replicas: {found} {ARROW} {arguments['replicas']}", *_standing(arguments["kind"], one)]
    if found != arguments["present"]:
        lines.append(f"It was asked for while there were {arguments['present']}; it would fail now.")
    lines += await _autoscalers(cluster, arguments)
    return Preview("\n".join(lines), fingerprint("scale", _uid(one), str(found)))


async def happened(cluster: Cluster, arguments: Arguments, key: str) -> bool | None:
    """Whether the object has the call's mark. Where it has so many marks that some were dropped, only its presence says something."""
    one = await _object(cluster, arguments)
    if isinstance(one, Failed):
        return None
    marks = _marks(one)
    return True if mark_of(key) in marks else None if len(marks) >= MOST_MARKS else False


def mark_of(key: str) -> str:
    """The mark of the call with this key."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def replicas(one: Object) -> int:
    """How many there should be; the API's default is one."""
    number = (one.get("spec") or {}).get("replicas")
    return 1 if number is None else int(number)


async def _write(
    cluster: Cluster, arguments: Arguments, key: str, change: Callable[[Object], Mapping[str, Any] | Failed], told: Callable[[Object], str]
) -> Done | Failed | Unknown:
    """Read, check, mark and change; again where somebody else was faster."""
    path = cluster.path(arguments["kind"], arguments["namespace"], arguments["name"])
    for _ in range(ATTEMPTS):
        one = await _object(cluster, arguments)
        if isinstance(one, Failed):
            return one
        marks = _marks(one)
        if mark_of(key) in marks:
            return Done(f"{told(one)} An earlier attempt of this call had done it.")
        spec = change(one)
        if isinstance(spec, Failed):
            return spec
        kept = ",".join([mark_of(key), *marks][:MOST_MARKS])
        bound = {"uid": _uid(one), "resourceVersion": (one.get("metadata") or {}).get("resourceVersion")}
        answer = await cluster.api.write("PATCH", path, {"metadata": {**bound, "annotations": {MARKS: kept}}, "spec": spec}, PATCH)
        if not isinstance(answer, Response) or answer.status != 409:
            return _outcome(cluster, answer, told(one))
    return Failed(f"{arguments['namespace']}/{arguments['name']} is being changed by others all the time; nothing was done. Try later.")


def _outcome(cluster: Cluster, answer: Response | Failed | Unknown, told: str) -> Done | Failed | Unknown:
    """What a status says of a write: a 5xx or a 408 may have had its effect."""
    if not isinstance(answer, Response):
        return answer
    if 200 <= answer.status < 300:
        return Done(told)
    refused = cluster.refused(answer)
    return refused if answer.status in (307, 308) or (400 <= answer.status < 500 and answer.status != 408) else Unknown(refused.text)


async def _object(cluster: Cluster, arguments: Arguments) -> Object | Failed:
    return await cluster.one(arguments["kind"], arguments["namespace"], arguments["name"])


async def _autoscalers(cluster: Cluster, arguments: Arguments) -> list[str]:
    found = await cluster.every("horizontalpodautoscaler", arguments["namespace"])
    lines = []
    for one in found.objects if not isinstance(found, Failed) else ():
        spec = one.get("spec") or {}
        target = spec.get("scaleTargetRef") or {}
        if (str(target.get("kind")).lower(), target.get("name")) == (arguments["kind"], arguments["name"]):
            bounds = f"{spec.get('minReplicas', 1)} to {spec.get('maxReplicas')}"
            lines.append(f"The autoscaler {named(one)} keeps {bounds} replicas and may change it again.")
    return lines


def _standing(kind: str, one: Object) -> list[str]:
    status = one.get("status") or {}
    ready = status.get("numberReady" if kind == "daemonset" else "readyReplicas") or 0
    wanted = status.get("desiredNumberScheduled", 0) if kind == "daemonset" else replicas(one)
    return [f"{kind} {named(one)}: {ready} of {wanted} ready", *bad_conditions(one)]


def _restarted(one: Object) -> str:
    told = f"{named(one)} restarts: its pods are made anew by its strategy. Read rollout to see how far it is."
    return "\n".join([told, *_on_delete(one)])


def _on_delete(one: Object) -> list[str]:
    strategy = ((one.get("spec") or {}).get("updateStrategy") or {}).get("type")
    return ["Its update strategy is OnDelete: pods are made anew only when somebody deletes them."] if strategy == "OnDelete" else []


def _marks(one: Object) -> list[str]:
    annotations = (one.get("metadata") or {}).get("annotations") or {}
    return [mark for mark in str(annotations.get(MARKS) or "").split(",") if mark]


def _uid(one: Object) -> str:
    return str((one.get("metadata") or {}).get("uid") or "")
