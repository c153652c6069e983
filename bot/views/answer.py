"""What a run has to say in the end, in as many messages as it takes."""

from collections.abc import Iterator

from agents.core.events import Outcome
from agents.core.state import Run
from bot import duration
from bot.views.blocks import BLOCKS, MESSAGE, SECTION, Json, context, exact, quote, section
from bot.views.markup import parts
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline, split, visible


def answer(run: Run) -> tuple[Message, ...]:
    """The answer, or why there is none. No character of it is lost: what does not fit goes on in further messages."""
    outcome, reason = run.conclusion or (Outcome.FAILED, "It has not come to its end.")
    blocks = _answered(run.answer or "") if outcome is Outcome.ANSWERED else list(_unanswered(run, outcome, reason))
    pages = _pages(blocks)
    pages[-1].extend(behind(run))
    brief = inline(run.answer or reason, 300) or "Done."
    return tuple(
        Message(brief if number == 1 else f"{escape(run.agent)}, continued ({number} of {len(pages)})", tuple(page))
        for number, page in enumerate(pages, 1)
    )


def behind(run: Run) -> tuple[Json, ...]:
    """What stands behind the text of an answer, wherever the text itself went."""
    return (context(small_print(run)),)


def small_print(run: Run) -> str:
    """Steps, cost, time and where to read on."""
    steps = f"{run.steps} {'step' if run.steps == 1 else 'steps'}"
    worked = duration.show(run.moved_at - run.started_at - run.waited)
    return f"{escape(run.agent)} · {steps} · ${run.cost:.4f} · {worked} · `/ops audit run {escape(run.run_id)}`"


def prose(text: str) -> Iterator[Json]:
    """The model's Markdown as blocks, whole; nothing where there is nothing to see in it."""
    for part in parts(text):
        shown = visible(part.text) if part.code else part.text
        for piece in split_literal(shown) if part.code else split(shown, SECTION):
            if piece.strip():
                yield exact(piece, SECTION) if part.code else section(piece, expand=True)


def _answered(text: str) -> list[Json]:
    return list(prose(text)) or [section("_The agent ended without a word._")]


def _unanswered(run: Run, outcome: Outcome, reason: str) -> Iterator[Json]:
    mark = ":octagonal_sign:" if outcome is Outcome.STOPPED else ":warning:"
    yield section(f"{mark} *No answer.* {inline(reason, 1000)}")
    if run.newest and run.newest.text and run.newest.text.strip():
        yield section("The last that the agent wrote:")
        yield quote(run.newest.text, SECTION)


def split_literal(text: str, limit: int = SECTION) -> tuple[str, ...]:
    """Literal text in pieces of at most `limit` characters that together are the text; cut at line ends where there are any."""
    pieces = []
    start = 0
    while len(text) - start > limit:
        line = text.rfind("\n", start + limit // 2, start + limit)
        end = line + 1 if line >= 0 else start + limit
        pieces.append(text[start:end])
        start = end
    return (*pieces, text[start:])


def _pages(blocks: list[Json]) -> list[list[Json]]:
    """The blocks in messages that Slack takes."""
    pages: list[list[Json]] = [[]]
    size = 0
    for block in blocks:
        weight = text_size(block)
        if pages[-1] and (size + weight > MESSAGE - 500 or len(pages[-1]) >= BLOCKS - 5):
            pages.append([])
            size = 0
        pages[-1].append(block)
        size += weight
    return pages


def text_size(block: object) -> int:
    """Characters of all text in a block, however deep."""
    if isinstance(block, dict):
        return sum(len(value) if key == "text" and isinstance(value, str) else text_size(value) for key, value in block.items())
    return sum(text_size(item) for item in block) if isinstance(block, list) else 0
