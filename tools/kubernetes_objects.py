"""Objects of a cluster in few words. Values of variables, commands and annotations are never among them: secrets are written there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from tools.cutting import fitting, shorter
from tools.kubernetes_api import Object
from tools.times import iso, long

MAX_DESCRIPTION = 9_000
"""Characters of a described object."""

MAX_MESSAGE = 300
"""Characters of one message."""

_BAD = {("Available", "False"), ("Progressing", "False"), ("ReplicaFailure", "True"), ("Ready", "False"), ("PodScheduled", "False")}
_DROPPED = frozenset({
    "managedFields", "annotations", "command", "args", "uid", "resourceVersion", "generation", "selfLink", "httpHeaders",
    "apiVersion", "creationTimestamp", "dnsPolicy", "terminationMessagePath", "terminationMessagePolicy", "schedulerName", "tolerations",
    "containerID", "imageID", "securityContext", "podIPs", "hostIPs", "clusterIPs", "data", "stringData", "binaryData", "volumeMounts",
})  # fmt: skip
"""Fields that are left out of a description: they say little, or could hold secrets."""


def workload(kind: str, one: Object) -> str:
    """One line on a deployment, a stateful set or a daemon set, and one for each condition that is not as it should be."""
    status, spec = one.get("status") or {}, one.get("spec") or {}
    wanted = status.get("desiredNumberScheduled", 0) if kind == "daemonset" else spec.get("replicas", 1)
    ready = status.get("numberReady" if kind == "daemonset" else "readyReplicas") or 0
    updated = status.get("updatedNumberScheduled" if kind == "daemonset" else "updatedReplicas") or 0
    notes = [f"{ready} of {wanted} ready", *([f"{updated} updated"] if updated != wanted else [])]
    notes += ["paused"] * bool(spec.get("paused"))
    if (status.get("observedGeneration") or 0) < ((one.get("metadata") or {}).get("generation") or 0):
        notes.append("its newest change is not taken up yet")
    notes.append(f"images {', '.join(images(one))}")
    return "\n".join([f"{kind} {named(one)}: {'; '.join(notes)}", *(f"    {line}" for line in bad_conditions(one))])


def pod(one: Object, now: datetime) -> tuple[bool, str]:
    """Whether something is wrong with a pod, and one line on it."""
    status, spec = one.get("status") or {}, one.get("spec") or {}
    states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    usual = status.get("containerStatuses") or ()
    ready, restarts = sum(bool(state.get("ready")) for state in usual), sum(state.get("restartCount") or 0 for state in states)
    phase = _phase(one, states)
    notes = [phase, f"{ready} of {len(spec.get('containers') or usual)} ready", f"{restarts} restarts"]
    notes += [_ended(state, now) for state in states if (state.get("lastState") or {}).get("terminated")]
    notes += [f"on {spec['nodeName']}"] if spec.get("nodeName") else []
    notes.append(f"age {age(one, now)}")
    wrong = phase not in ("Running", "Succeeded", "Completed") or (phase == "Running" and ready < len(usual))
    lines = [f"pod {named(one)}: {', '.join(notes)}"]
    lines += [f"    {line}" for line in bad_conditions(one)] if phase == "Pending" else []
    return wrong, "\n".join(lines)


def event(one: Object, now: datetime) -> str:
    """One line."""
    about = one.get("involvedObject") or {}
    count = (one.get("series") or {}).get("count") or one.get("count") or 1
    when = happened_at(one)
    ago = f"{iso(when)} ({long((now - when).total_seconds())} ago)" if when else "at an unknown time"
    who = f"{str(about.get('kind', '')).lower()} {about.get('namespace', '')}/{about.get('name', '')}"
    return f"{ago} {one.get('type')} {one.get('reason')} {who}{f' ({count} times)' if count > 1 else ''}: {_short(one.get('message'))}"


def happened_at(one: Object) -> datetime | None:
    """When an event happened last."""
    times = ((one.get("series") or {}).get("lastObservedTime"), one.get("lastTimestamp"), one.get("eventTime"), one.get("firstTimestamp"))
    return next((time for text in times if (time := _time(text))), None)


def described(kind: str, one: Object, now: datetime) -> str:
    """What an object is and how it stands, condensed."""
    kept = {key: _condensed(value) for key, value in one.items() if key in ("spec", "status")}
    labels = (one.get("metadata") or {}).get("labels") or {}
    owners = [f"{owner.get('kind')} {owner.get('name')}" for owner in (one.get("metadata") or {}).get("ownerReferences") or ()]
    head = [f"{kind} {named(one)}, age {age(one, now)}{', being deleted' if _deleted(one) else ''}"]
    head += [f"labels: {', '.join(f'{name}={value}' for name, value in sorted(labels.items()))}"] if labels else []
    head += [f"owned by {', '.join(owners)}"] if owners else []
    text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=200)
    whole = text if len(text) <= MAX_DESCRIPTION else f"{fitting(text, MAX_DESCRIPTION)}\n… the rest is left out"
    return "\n".join([*head, whole]).rstrip()


def images(one: Object) -> list[str]:
    """The images of a workload's containers, by its pod template."""
    template = ((one.get("spec") or {}).get("template") or {}).get("spec") or {}
    return [str(container.get("image")) for container in template.get("containers") or ()]


def bad_conditions(one: Object) -> list[str]:
    """The conditions that are not as they should be."""
    return [
        f"{condition.get('type')} is {condition.get('status')}: {condition.get('reason', '')} {_short(condition.get('message'))}".rstrip()
        for condition in (one.get("status") or {}).get("conditions") or ()
        if (condition.get("type"), condition.get("status")) in _BAD
    ]


def named(one: Object) -> str:
    """`namespace/name`."""
    metadata = one.get("metadata") or {}
    return f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"


def age(one: Object, now: datetime) -> str:
    """How long ago it was created."""
    created = _time((one.get("metadata") or {}).get("creationTimestamp"))
    return long((now - created).total_seconds()) if created else "unknown"


def _phase(one: Object, states: Sequence[Mapping[str, Any]]) -> str:
    """As `kubectl get pods` has it: the reason why a container waits or ended says more than the phase."""
    status = one.get("status") or {}
    if _deleted(one):
        return "Terminating"
    for state in states:
        now = state.get("state") or {}
        waiting, ended = now.get("waiting") or {}, now.get("terminated") or {}
        if waiting.get("reason") and waiting["reason"] not in ("PodInitializing", "ContainerCreating"):
            return str(waiting["reason"])
        if ended and ended.get("exitCode"):
            return str(ended.get("reason") or f"ended with exit code {ended['exitCode']}")
    return str(status.get("reason") or status.get("phase") or "Unknown")


def _ended(state: Mapping[str, Any], now: datetime) -> str:
    last = state["lastState"]["terminated"]
    when = _time(last.get("finishedAt"))
    ago = f" {long((now - when).total_seconds())} ago" if when else ""
    return f"{state.get('name')} ended{ago}: {last.get('reason', 'no reason')}, exit code {last.get('exitCode')}"


def _condensed(value: Any) -> Any:
    """Without what says little or could hold a secret; of variables, only where they come from."""
    if isinstance(value, Mapping):
        kept = {key: _variables(one) if key == "env" else _condensed(one) for key, one in value.items() if key not in _DROPPED}
        if "exitCode" in kept:
            kept.pop("message", None)  # what the container wrote last
        return {key: one for key, one in kept.items() if one not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_condensed(one) for one in value]
    return value


def _variables(env: Any) -> list[str]:
    variables = [one for one in env or () if isinstance(one, Mapping)]
    return [f"{one.get('name')}{' (from elsewhere)' if one.get('valueFrom') else ''}" for one in variables]


def _deleted(one: Object) -> bool:
    return bool((one.get("metadata") or {}).get("deletionTimestamp"))


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _short(text: Any) -> str:
    words = " ".join(str(text or "").split())
    return shorter(words, MAX_MESSAGE)
