"""The card shows the exact arguments, or the call cannot be approved from it: over thousands of strings made to break that."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from agents.core import events as e
from agents.core.calls import CallState
from agents.core.exact import LONGEST, exact_text
from agents.core.ids import CallId
from agents.core.policy import Rules, judge
from agents.core.tool import ToolSpec
from bot.views.blocks import Json
from bot.views.details import review
from bot.views.message import Message
from bot.views.questions import card
from tests.bot.views.made import ASK, HOSTILE, buttons, check, check_modal, literal, run_of, several, started, turn, waiting
from tests.world import NOON

PIECES = (
    "*bold*", "_it_", "~gone~", "`code`", "```", "```\n", "> quote", "&lt;", "&amp;", "<!channel>", "<!here>", "<@U01ALICE>",
    "<!subteam^S01OPS|ops>", "<https://evil.example|Approve>", "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad",
    "\u2060", "\u3164", "\u034f", "\ufe0f", "\u2800", "\x00", "\x07", "\x1b[31m", "\x7f", "\r\n", "\n", "\t", "\u2028", "\u0085",
    "\\u202e", "\\n", "\\",
    '"', "'", "{", "}", "🏴‍☠️", "עברית", "عربي", "e\u0301", "\ud800", " ", "  ", "checkout", "a", "1", "⟨U+202E⟩", "… (9 more characters)",
)
KINDS = 5000


def texts() -> Iterator[str]:
    """Thousands of strings: each piece alone and many times, mixtures of all lengths, and some that are very long."""
    yield from HOSTILE
    for piece in PIECES:
        for times in (1, 2, 70, 700, 6000):
            yield piece * times
    draw = random.Random(20261121)  # noqa: S311  # the same strings every time
    while True:
        length = draw.choice((3, 3, 3, 3, 12, 12, 12, 40, 40, 40, 150, 400, 400, 900))
        made = "".join(draw.choice(PIECES) for _ in range(length))
        yield made * (50_000 // max(len(made), 1)) if draw.random() < 0.01 else made


def hostile() -> Iterator[tuple[str, dict[str, Any]]]:
    """As a value, as a name, and inside a list."""
    for number, text in zip(range(KINDS), texts(), strict=False):
        yield text, ({"note": text}, {text: "value", "note": 1}, {"many": [text, {"x": text[:40]}]})[number % 3]


def shown_in(blocks: tuple[Json, ...]) -> list[str]:
    """The texts in boxes of fixed width; those in a row are one text over several blocks."""
    found: list[str] = []
    was = False
    for block in blocks:
        box = block["type"] == "rich_text" and block["elements"][0]["type"] == "rich_text_preformatted"
        if box:
            found = [*found[:-1], found[-1] + literal(block)] if was else [*found, literal(block)]
        was = box
    return found


def test_five_thousand_hostile_arguments_are_shown_exactly_or_cannot_be_approved() -> None:
    seen = {"card": 0, "dialog": 0, "rejected": 0}
    for number, (text, arguments) in enumerate(hostile()):
        if rejected(arguments):
            seen["rejected"] += 1
            continue
        run = run_of(*waiting("x", arguments))
        ask, exact = run.asks[ASK], exact_text(arguments)
        message = card(run, ask, {})
        if number % 10 == 0:
            check(message)
        names = {name for name, _ in buttons(message.blocks)}
        if "approve" in names:
            assert exact in shown_in(message.blocks), text[:100]
            seen["card"] += 1
        else:
            assert names & {"approve", "grant", "approve_all"} == set()
            assert "review" in names
            modal = review(run, ask, None, {})
            if number % 10 == 0:
                check_modal(modal)
            assert exact in shown_in(modal.blocks), text[:100]
            seen["dialog"] += 1
    assert sum(seen.values()) == KINDS
    assert min(seen.values()) > 50, seen


def rejected(arguments: dict[str, Any]) -> bool:
    """Whether policy never lets anybody be asked about this."""
    run = run_of(started("x"), *turn("", ("restart_service", arguments)))
    spec = ToolSpec("restart_service", "Restarts.", {"type": "object"}, "d")
    verdict = judge(run, run.calls[CallId("c1")], Rules({"restart_service": spec}, lambda tool, given: None), NOON)
    assert isinstance(verdict, e.CallRejected) == (len(exact_text(arguments)) > LONGEST)
    return isinstance(verdict, e.CallRejected)


def test_nothing_in_the_exact_text_is_unseen_and_no_two_arguments_share_one() -> None:
    seen: dict[str, str] = {}
    for piece in PIECES:
        text = exact_text({"x": piece})
        assert all(c.isprintable() or c == "\n" for c in text)
        assert not any(c in "\u3164\u034f\ufe0f\u2800\u200d" for c in text)
        assert seen.setdefault(text, piece) == piece


@pytest.mark.parametrize("text", HOSTILE)
def test_several_hostile_calls_are_each_exact_or_reviewed(text: str) -> None:
    calls: list[dict[str, Any]] = [{"note": text, "n": n} for n in range(3)]
    run = run_of(*several(*calls))
    message: Message = check(card(run, run.asks[ASK], {}))
    for ask in run.asks.values():
        assert run.calls[ask.call_id or CallId("")].state is CallState.ASKED
        names = {name for name, value in buttons(message.blocks) if value == ask.ask_id}
        whole = exact_text(calls[int(ask.ask_id[-1]) - 1]) in shown_in(message.blocks)
        assert ("approve" in names) == whole
        assert ("review" in names) != whole
