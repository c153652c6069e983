"""The modal that takes the answer to a question in words."""

from collections.abc import Mapping
from typing import Any

from agents.core.state import Ask
from bot.views.blocks import field, quote
from bot.views.message import Modal
from bot.views.spot import Spot, about, text_in

CALLBACK = "reply"
WORDS = "words"
"""Block id and action id of the answer."""


def reply(ask: Ask, where: Spot | None) -> Modal:
    """The modal for this question."""
    element = {"type": "plain_text_input", "multiline": True, "max_length": 3000, "focus_on_load": True}
    hint = "The agent reads it as a message of yours. It is kept in the journal."
    blocks = (quote(ask.detail, 2000), field(WORDS, "Your answer", element, hint))
    return Modal(CALLBACK, "Answer the agent", blocks, submit="Answer", private_metadata=about(where, ask=ask.ask_id))


def words_of(view: Mapping[str, Any]) -> str:
    """The answer in a submitted modal."""
    return text_in(view, WORDS)
