"""Thumbs under an answer, and the modal in which somebody says what was wrong."""

from collections.abc import Mapping
from typing import Any

from agents.core.ids import RunId
from bot.views.blocks import Json, actions, button, field, plain, section
from bot.views.message import Message, Modal
from bot.views.spot import Spot, about, text_in

CALLBACK = "feedback"
NOTE = "note"


def thumbs(run_id: RunId) -> Json:
    """Slack's own thumbs, where the workspace has them."""
    element = {
        "type": "feedback_buttons", "action_id": "feedback",
        "positive_button": {"text": plain("Good answer", 75), "value": f"good:{run_id}"},
        "negative_button": {"text": plain("Bad answer", 75), "value": f"bad:{run_id}"},
    }
    return {"type": "context_actions", "elements": [element]}


def plain_thumbs(run_id: RunId) -> tuple[Json, Json]:
    """Two buttons, where it has not."""
    return button("Good answer", "feedback_good", f"good:{run_id}"), button("Bad answer", "feedback_bad", f"bad:{run_id}")


def without_thumbs(message: Message, run_id: RunId) -> Message:
    """The message with plain buttons for Slack's own thumbs; the same message where it has none."""
    if not any(block["type"] == "context_actions" for block in message.blocks):
        return message
    buttons = actions(f"thumbs:{run_id}", *plain_thumbs(run_id))
    return Message(message.text, tuple(buttons if block["type"] == "context_actions" else block for block in message.blocks))


def rated(value: str) -> tuple[bool, RunId]:
    """Whether a thumb goes up, and for which run."""
    thumb, _, run_id = value.partition(":")
    return thumb == "good", RunId(run_id)


def feedback(run_id: RunId, where: Spot | None) -> Modal:
    """The modal that asks what was wrong."""
    element = {"type": "plain_text_input", "multiline": True, "max_length": 2000, "focus_on_load": True}
    hint = "It is kept with the run as a labelled case, so that the agent can be measured against it."
    said = section("What should it have said or done instead?")
    return Modal(
        CALLBACK, "What was wrong?", (said, field(NOTE, "In your words", element, hint, optional=True)), submit="Send",
        private_metadata=about(where, run=run_id),
    )


def note_of(view: Mapping[str, Any]) -> str:
    """What was wrong, as submitted; empty where nothing was said."""
    return text_in(view, NOTE)
