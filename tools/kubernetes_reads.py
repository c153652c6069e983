"""What is read of a cluster."""

from collections.abc import Sequence
from datetime import datetime

from agents.ports import Done, Failed
from tools.kubernetes_api import Cluster, Object
from tools.kubernetes_objects import age, described, event, happened_at, images, named, pod, workload
from tools.log_lines import Digest, Line, cut
from tools.log_times import written_at
from tools.moments import moment
from tools.operation import Arguments, Use

MOST = 80
"""Objects that are listed."""

MOST_EVENTS = 50
"""Events that are listed; 15 of one object."""

MAX_LOG = 1_000_000
"""Bytes of a log."""

WORKLOADS = ("deployment", "statefulset", "daemonset")


async def list_workloads(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """Deployments, stateful sets and daemon sets."""
    lines: list[str] = []
    for namespace in cluster.asked(arguments["namespace"]):
        for kind in WORKLOADS:
            found = await cluster.every(kind, namespace, _selected(arguments))
            if isinstance(found, Failed):
                return found
            lines += [workload(kind, one) for one in found.objects]
            lines += [f"(there are more {kind}s in {namespace})"] * found.more
    return Done(_told(lines, "workloads", "a selector or a namespace"))


async def list_pods(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """Pods, those with trouble first."""
    found: list[tuple[bool, str]] = []
    remarks: list[str] = []
    for namespace in cluster.asked(arguments["namespace"]):
        listed = await cluster.every("pod", namespace, _selected(arguments))
        if isinstance(listed, Failed):
            return listed
        found += [pod(one, cluster.clock()) for one in listed.objects]
        remarks += [f"(there are more pods in {namespace})"] * listed.more
    wrong = [line for is_wrong, line in found if is_wrong]
    others = [] if arguments["trouble_only"] else [line for is_wrong, line in found if not is_wrong]
    head = f"{len(found)} pods, {len(wrong)} with trouble{':' if wrong or others else '.'}"
    return Done("\n".join([head, *remarks, _told([*wrong, *others], "pods", "a selector or trouble_only")] if wrong or others else [head]))


async def list_events(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """Events, the newest first."""
    now = cluster.clock()
    try:
        begin = moment(arguments["since"], now)
    except ValueError as error:
        return Failed(str(error))
    query = [("fieldSelector", f"type={arguments['type']}")] if arguments["type"] != "all" else []
    found: list[Object] = []
    for namespace in cluster.asked(arguments["namespace"]):
        listed = await cluster.every("event", namespace, query)
        if isinstance(listed, Failed):
            return listed
        found += listed.objects
    recent = [(when, one) for one in found if (when := happened_at(one)) and when >= begin]
    recent.sort(key=lambda pair: pair[0], reverse=True)
    lines = [event(one, now) for _, one in recent]
    return Done(_told(lines, f"events since {arguments['since']}", "a namespace or a shorter time", MOST_EVENTS))


async def describe(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """One object with its events."""
    one = await cluster.one(arguments["kind"], arguments["namespace"], arguments["name"])
    if isinstance(one, Failed):
        return one
    now = cluster.clock()
    uid = str((one.get("metadata") or {}).get("uid") or "")
    query = [("fieldSelector", f"involvedObject.uid={uid}" if uid else f"involvedObject.name={arguments['name']}")]
    events = await cluster.every("event", arguments["namespace"], query)
    if isinstance(events, Failed):
        told = [f"events could not be read: {events.text}"]
    else:
        ordered = sorted(events.objects, key=lambda one: happened_at(one) or datetime.min.replace(tzinfo=now.tzinfo), reverse=True)
        told = [event(one, now) for one in ordered[:15]]
    return Done("\n".join([described(arguments["kind"], one, now), "events:", *(f"  {line}" for line in told or ["none"])]))


async def read_logs(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """The last lines of a container's log."""
    now = cluster.clock()
    query = [("tailLines", str(arguments["tail"])), ("timestamps", "true"), ("limitBytes", str(MAX_LOG))]
    query += [("container", arguments["container"])] if arguments["container"] else []
    query += [("previous", "true")] if arguments["previous"] else []
    if arguments["since"]:
        try:
            seconds = int((now - moment(arguments["since"], now)).total_seconds())
        except ValueError as error:
            return Failed(str(error))
        query.append(("sinceSeconds", str(max(1, seconds))))
    text = await cluster.text(f"{cluster.path('pod', arguments['namespace'], arguments['pod'])}/log", query)
    if isinstance(text, Failed):
        return text
    words = arguments["words"].lower().split()
    digest, kept = Digest(), list[str]()
    for line in text.splitlines():
        if all(word in line.lower() for word in words):
            time, _, said = line.partition(" ")
            when = written_at(time, now, now.tzinfo) if now.tzinfo else None
            digest.add(Line(said if when else line, when))
            kept.append(line)
    if not kept:
        return Done("There are no such lines.")
    most = arguments["lines"]
    head = "The lines:" if len(kept) <= most else f"The last {most} of them:"
    return Done("\n".join([*digest.told(), head, *(cut(line) for line in kept[-most:])]))


async def rollout(cluster: Cluster, arguments: Arguments, use: Use) -> Done | Failed:
    """How far the newest change is, and the revisions before it."""
    kind, namespace = arguments["kind"], arguments["namespace"]
    one = await cluster.one(kind, namespace, arguments["name"])
    if isinstance(one, Failed):
        return one
    held = "replicaset" if kind == "deployment" else "controllerrevision"
    labels = ((one.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    listed = await cluster.every(held, namespace, [("labelSelector", selector)] if selector else [])
    if isinstance(listed, Failed):
        return listed
    uid = (one.get("metadata") or {}).get("uid")
    own = [item for item in listed.objects if any(owner.get("uid") == uid for owner in _owners(item))]
    own.sort(key=_revision, reverse=True)
    lines = [_told_revision(item, cluster.clock()) for item in own[:20]]
    return Done("\n".join([workload(kind, one), f"{len(own)} revisions, the newest first:", *lines]))


def _owners(one: Object) -> Sequence[Object]:
    return (one.get("metadata") or {}).get("ownerReferences") or ()


def _revision(one: Object) -> int:
    annotations = (one.get("metadata") or {}).get("annotations") or {}
    number = one.get("revision") or annotations.get("deployment.kubernetes.io/revision") or 0
    return int(number) if str(number).isdigit() else 0


def _told_revision(one: Object, now: datetime) -> str:
    """A replica set, or a controller revision, whose `data` is a part of the object that it belongs to."""
    annotations = (one.get("metadata") or {}).get("annotations") or {}
    cause = annotations.get("kubernetes.io/change-cause")
    running = (one.get("status") or {}).get("replicas")
    parts = [f"  {_revision(one)}: created {age(one, now)} ago", f"images {', '.join(images(one.get('data') or one))}"]
    parts += [f"{running} pods now"] if running else []
    parts += [f"cause: {str(cause)[:200]}"] if cause else []
    return f"{'; '.join(parts)} ({named(one).rpartition('/')[2]})"


def _selected(arguments: Arguments) -> list[tuple[str, str]]:
    return [("labelSelector", arguments["selector"])] if arguments["selector"] else []


def _told(lines: Sequence[str], what: str, advice: str, most: int = MOST) -> str:
    if not lines:
        return f"There are no {what}."
    left_out = [f"{len(lines) - most} more are left out; narrow it with {advice}."] if len(lines) > most else []
    return "\n".join([*lines[:most], *left_out])
