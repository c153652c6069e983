"""The modal that takes a denial and its reason, which the agent reads."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from agents.core.ids import AskId
from bot.views.blocks import Json, plain, section
from bot.views.message import Modal
from bot.views.mrkdwn import inline

CALLBACK = "deny"
REASON = "reason"
"""Block id and action id of the reason."""


class Spot(Protocol):
    """Where the click was made, so that its answer can be given there."""

    @property
    def channel(self) -> str:
        """Channel id."""

    @property
    def thread_ts(self) -> str | None:
        """Of the thread that the card stands in."""


def deny(ask_id: AskId, where: Spot | None, call: str = "") -> Modal:
    """The modal for this question about a call, which is named where it is known."""
    about = {"ask": ask_id, "channel": where.channel if where else None, "thread_ts": where.thread_ts if where else None}
    field: Json = {
        "type": "input", "block_id": REASON, "optional": True, "label": plain("Reason", 100),
        "hint": plain("The agent reads it and can act on it. It is kept in the journal.", 150),
        "element": {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": 2000, "focus_on_load": True},
    }
    said = section(f"{f'`{inline(call, 500)}`' if call else 'The call'} does not run. One denial is enough.")
    return Modal(CALLBACK, "Deny this call", (said, field), submit="Deny", private_metadata=json.dumps(about))


def reason_of(view: Mapping[str, Any]) -> str:
    """The reason in a submitted modal; empty where none was given."""
    field = view.get("state", {}).get("values", {}).get(REASON, {}).get(REASON, {})
    return str(field.get("value") or "").strip()


def ask_of(view: Mapping[str, Any]) -> AskId:
    """The question that a submitted modal is about."""
    return AskId(str(json.loads(view["private_metadata"])["ask"]))
