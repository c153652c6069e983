"""What a modal remembers: what it is about, and where the click was made, so that its answer can be given there."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from agents.core.ids import AskId, RunId


class Spot(Protocol):
    """Where the click was made."""

    @property
    def channel(self) -> str:
        """Channel id."""

    @property
    def thread_ts(self) -> str | None:
        """Of the thread that the card stands in."""


def about(where: Spot | None, *, ask: AskId | None = None, run: RunId | None = None) -> str:
    """As `private_metadata` of a modal."""
    place = {"channel": where.channel if where else None, "thread_ts": where.thread_ts if where else None}
    return json.dumps(({"ask": ask} if ask else {}) | ({"run": run} if run else {}) | place)


def ask_of(view: Mapping[str, Any]) -> AskId:
    """The question that a modal is about."""
    return AskId(str(json.loads(view["private_metadata"])["ask"]))


def run_of(view: Mapping[str, Any]) -> RunId:
    """The run that a modal is about."""
    return RunId(str(json.loads(view["private_metadata"])["run"]))


def entered(view: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What one input of a submitted modal holds, as Slack has it."""
    held: Mapping[str, Any] = view.get("state", {}).get("values", {}).get(name, {}).get(name, {})
    return held


def text_in(view: Mapping[str, Any], name: str) -> str:
    """The text of one input of a submitted modal; empty where there is none."""
    return str(entered(view, name).get("value") or "").strip()
