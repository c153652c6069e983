"""The evidence for a suspect, in sentences that people and models can check."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agents.detection.situation import View

NAMED = 5
"""So many nodes are named in a sentence; of the rest there is a count."""

FAR = 100
"""Beyond this a multiple says nothing more."""

TEXT = 500
"""Characters of an event's or an anomaly's text."""


def evidence(view: View, node: str, path: Sequence[str]) -> tuple[str, ...]:
    """What speaks for a suspect, and what against it."""
    return (*_own(view, node), *_around(view, node), *_chain(view, node, path))


def _own(view: View, node: str) -> Iterator[str]:
    name = _name(view, node)
    if node in view.wrong:
        found = view.wrong[node]
        size = f", {_times(abs(found.size))} times what is ordinary" if found.size else ""
        when = "" if node == view.target else f", {_beside(found.onset, view.onset)}"
        yield f"{name} is unusual since {_time(found.onset)}{when}{size}{_said(found.text)}"
    else:
        yield f"{name} is monitored and nothing unusual was found there." if node in view.known else f"{name} is not monitored."
    for event in view.events.get(node, ()):
        yield f"{name}: {event.kind} at {_time(event.at)}, {_beside(event.at, view.onset)}{_said(event.text)}"


def _around(view: View, node: str) -> Iterator[str]:
    wrong, healthy = view.explained(node)
    if wrong:
        yield f"It would explain {len(wrong)} that {'is' if len(wrong) == 1 else 'are'} unusual below it: {_names(view, wrong)}."
    if healthy:
        yield f"Made from it and healthy: {_names(view, healthy)}."
    if above := view.above(node):
        yield f"Above it, {_names(view, above)} {'is' if len(above) == 1 else 'are'} unusual too."
    elif node in view.wrong:
        yield "Nothing that it is made from is known to be wrong."


def _chain(view: View, node: str, path: Sequence[str]) -> Iterator[str]:
    if view.late(node) and node in view.unbroken:
        yield "It went wrong clearly later than what is made from it."
    if healthy := [one for one in path[1:] if one in view.healthy]:
        yield f"On the way to {_name(view, view.target)}, {_names(view, healthy)} {'is' if len(healthy) == 1 else 'are'} healthy."


def _names(view: View, nodes: Sequence[str]) -> str:
    more = f" and {len(nodes) - NAMED} more" if len(nodes) > NAMED else ""
    return ", ".join(_name(view, node) for node in nodes[:NAMED]) + more


def _name(view: View, node: str) -> str:
    return view.lineage.nodes[node].name if node in view.lineage.nodes else node


def _said(text: str) -> str:
    words = " ".join(text.split())
    return f": {words[:TEXT]}{'…' if len(words) > TEXT else ''}" if words else "."


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _beside(at: float, onset: float) -> str:
    minutes = round((onset - at) / 60)
    hours, rest = divmod(abs(minutes), 60)
    span = f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
    return f"{span} {'before' if minutes > 0 else 'after'} the target" if minutes else "at the same time as the target"


def _times(size: float) -> str:
    return f"{size:.3g}" if size <= FAR else f"more than {FAR:g}"
