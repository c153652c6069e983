"""What a run has to say in the end, in as many messages as it takes."""

from collections.abc import Iterator

from agents.core.events import Outcome
from agents.core.state import Run
from bot import duration
from bot.views.blocks import BLOCKS, MESSAGE, SECTION, Json, actions, button, context, exact, pieces, quote, section, text_size
from bot.views.clickable import NOTHING, Clickable
from bot.views.evidence import decisions, evidence
from bot.views.feedback import plain_thumbs, thumbs
from bot.views.handover import handover
from bot.views.links import Link, nowhere
from bot.views.markup import parts
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline, split, visible


def answer(run: Run, *, link: Link = nowhere, has_thumbs: bool = True, allowed: Clickable = NOTHING) -> tuple[Message, ...]:
    """The answer, or why there is none. No character of it is lost: what does not fit goes on in further messages.

    `link` says where cards stand. Without `has_thumbs` two plain buttons stand for Slack's own, which not every workspace has.
    `allowed` are the links that may be clicked.
    """
    outcome, reason = run.conclusion or (Outcome.FAILED, "It has not come to its end.")
    match outcome:
        case Outcome.ANSWERED:
            blocks = _answered(run.answer or "", allowed)
        case Outcome.HANDED_OVER:
            blocks = list(handover(run))
        case _:
            blocks = list(_unanswered(run, outcome, reason))
    pages = _pages(blocks, behind(run, link=link, has_thumbs=has_thumbs))
    brief = inline(run.answer or reason, 300) or "Done."
    return tuple(
        Message(brief if number == 1 else f"{escape(run.agent)}, continued ({number} of {len(pages)})", tuple(page))
        for number, page in enumerate(pages, 1)
    )


def behind(run: Run, *, link: Link = nowhere, has_thumbs: bool = True) -> tuple[Json, ...]:
    """What stands behind the text of an answer, wherever the text itself went: evidence, decisions, small print, and what can be done."""
    end = actions(f"run:{run.run_id}", button("Timeline", "timeline", run.run_id), *(() if has_thumbs else plain_thumbs(run.run_id)))
    told = run.conclusion is not None and run.conclusion[0] is Outcome.HANDED_OVER  # the case itself lists each call
    rests_on = (*(() if told else evidence(run, link)), *decisions(run, link))
    return (*rests_on, context(small_print(run)), end, *((thumbs(run.run_id),) if has_thumbs else ()))


def small_print(run: Run) -> str:
    """Steps, cost, time and where to read on."""
    steps = f"{run.steps} {'step' if run.steps == 1 else 'steps'}"
    worked = duration.show(run.moved_at - run.started_at - run.waited)
    return f"{escape(run.agent)} · {steps} · ${run.cost:.4f} · {worked} · `/ops audit run {escape(run.run_id)}`"


def prose(text: str, allowed: Clickable = NOTHING) -> Iterator[Json]:
    """The model's Markdown as blocks, whole; nothing where there is nothing to see in it."""
    for part in parts(text, allowed):
        shown = visible(part.text) if part.code else part.text
        for piece in pieces(shown) if part.code else split(shown, SECTION):
            if piece.strip():
                yield exact(piece, SECTION) if part.code else section(piece, expand=True)


def _answered(text: str, allowed: Clickable) -> list[Json]:
    return list(prose(text, allowed)) or [section("_The agent ended without a word._")]


def _unanswered(run: Run, outcome: Outcome, reason: str) -> Iterator[Json]:
    mark = ":octagonal_sign:" if outcome is Outcome.STOPPED else ":warning:"
    yield section(f"{mark} *No answer.* {inline(reason, 1000)}")
    if run.newest and run.newest.text and run.newest.text.strip():
        yield section("The last that the agent wrote:")
        yield quote(run.newest.text, SECTION)


def _pages(blocks: list[Json], end: tuple[Json, ...]) -> list[list[Json]]:
    """The blocks in messages that Slack takes. What stands behind them stays together."""
    pages: list[list[Json]] = [[]]
    size = 0
    for group in (*((block,) for block in blocks), end):
        weight = text_size(group)
        if pages[-1] and (size + weight > MESSAGE or len(pages[-1]) + len(group) > BLOCKS):
            pages.append([])
            size = 0
        pages[-1].extend(group)
        size += weight
    return pages
