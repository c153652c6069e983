"""The modals that take a denial and its reason, which the agent reads."""

from collections.abc import Mapping
from typing import Any

from agents.core.ids import AskId
from bot.views.blocks import Json, field, section
from bot.views.message import Modal
from bot.views.mrkdwn import inline
from bot.views.spot import Spot, about, text_in

CALLBACK = "deny"
ALL = "deny_all"
REASON = "reason"
"""Block id and action id of the reason."""


def deny(ask_id: AskId, where: Spot | None, call: str = "") -> Modal:
    """The modal for this question about a call, which is named where it is known."""
    said = section(f"{f'`{inline(call, 500)}`' if call else 'The call'} does not run. One denial is enough.")
    return Modal(CALLBACK, "Deny this call", (said, _reason()), submit="Deny", private_metadata=about(where, ask=ask_id))


def deny_all(ask_id: AskId, where: Spot | None, calls: int) -> Modal:
    """The modal for every open question of the message that begins with this one; the reason is the same for all."""
    said = section(f"{calls} calls are waiting here. None of them runs; each denial is recorded by itself.")
    return Modal(ALL, "Deny all of them", (said, _reason()), submit="Deny all", private_metadata=about(where, ask=ask_id))


def reason_of(view: Mapping[str, Any]) -> str:
    """The reason in a submitted modal; empty where none was given."""
    return text_in(view, REASON)


def _reason() -> Json:
    element = {"type": "plain_text_input", "multiline": True, "max_length": 2000, "focus_on_load": True}
    return field(REASON, "Reason", element, "The agent reads it and can act on it. It is kept in the journal.", optional=True)
