"""How much of each call a card can show, and whether that is all of it: what a card does not show whole cannot be approved from it."""

from collections.abc import Sequence

from agents.core.exact import exact_text
from agents.core.state import Ask, Run
from bot.views.blocks import MESSAGE
from bot.views.facts import asked_arguments

ALONE = 2600
"""Characters of arguments that one call shows at most. With everything else that a card says it stays within one message."""

SHARED = 2000
"""Characters of a card with several calls that belong to none of them."""

ROW = 1000
"""Characters of one call among several beside its arguments."""


def shares(lengths: Sequence[int]) -> tuple[int, ...]:
    """How many characters each of several texts of these lengths gets: short ones all that they need, long ones the rest alike."""
    left = ALONE if len(lengths) == 1 else MESSAGE - SHARED - ROW * len(lengths)
    given = [0] * len(lengths)
    for place, row in enumerate(sorted(range(len(lengths)), key=lambda row: lengths[row])):
        given[row] = min(lengths[row], left // (len(lengths) - place), ALONE)
        left -= given[row]
    return tuple(given)


def room(run: Run, ask: Ask) -> int:
    """Characters of its arguments that the message of this question shows."""
    rows = run.on_card(ask.stands_in)
    return shares([len(text_of(run, row)) for row in rows])[rows.index(ask)]


def fits(run: Run, ask: Ask) -> bool:
    """Whether the message of this question shows its arguments whole, so that it can be approved from there."""
    return len(text_of(run, ask)) <= room(run, ask)


def text_of(run: Run, ask: Ask) -> str:
    """The exact arguments that a question is about."""
    return exact_text(asked_arguments(run, ask))
