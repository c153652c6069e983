"""A run's stream: its plan and the cards of its steps. The words on them are literal, in whatever way Slack reads them."""

from collections.abc import Iterator, Mapping

from agents.core.calls import Call, CallState
from agents.core.events import Outcome
from agents.core.ids import CallId
from agents.core.state import Run
from bot.views.blocks import Json, shorten
from bot.views.facts import MARKS, one_line
from bot.views.mrkdwn import visible
from bot.views.progress import ENDED, took

S = CallState

STATUSES: Mapping[CallState, str] = {
    **dict.fromkeys((S.ASKED, S.APPROVED, S.DOUBTED), "pending"),
    **dict.fromkeys((S.STARTED, S.INTERRUPTED), "in_progress"),
    **dict.fromkeys((S.FINISHED, S.CONFIRMED, S.SIMULATED), "complete"),
    **dict.fromkeys((S.FAILED, S.REJECTED, S.DENIED, S.REFUSED, S.EXPIRED, S.ABANDONED), "error"),
}
"""How a card shows a call; what is not here has not begun and has no card."""


def key_of(run: Run) -> str:
    """Id of a stream's first card, by which the message is found again."""
    return f"{run.run_id}/progress"


def opening(run: Run, line: str) -> list[Json]:
    """How a stream begins."""
    return [plan(f"{run.agent} is on it"), doing(run, line)]


def doing(run: Run, line: str) -> Json:
    """What the run does just now: the first card."""
    return _card(key_of(run), line, "in_progress")


def closing(run: Run) -> list[Json]:
    """What becomes of the plan and of the first card in the end."""
    outcome, _ = run.conclusion or (Outcome.FAILED, "")
    return [plan(f"{ENDED[outcome]} {took(run)}"), _card(key_of(run), f"{run.agent} was on it", "complete")]


def steps(run: Run, shown: Mapping[CallId, CallState]) -> Iterator[Json]:
    """Cards of the calls that are not `shown` in their present state."""
    for call in run.calls.values():
        if call.state in STATUSES and shown.get(call.call_id) is not call.state:
            yield _step(run, call)


def plan(title: str) -> Json:
    """The title over the cards."""
    return {"type": "plan_update", "title": literal(title, 200)}


def text(markdown: str) -> Json:
    """A piece of the model's text, which is tamed."""
    return {"type": "markdown_text", "text": markdown}


def literal(words: str, limit: int) -> str:
    """Text that is not ours on one line, in which nothing is a mention or a link, whoever reads it."""
    plain = shorten(visible(" ".join(words.split())), limit)
    return plain.replace("<", "‹").replace(">", "›").replace("](", "] (").replace("://", "[:]//")


def _step(run: Run, call: Call) -> Json:
    made = _card(f"{run.run_id}/{call.call_id}", one_line(call).rpartition(":")[0], STATUSES[call.state])
    return {**made, "output": MARKS[call.state]} if call.over or call.state in (S.ASKED, S.DOUBTED) else made


def _card(card_id: str, title: str, status: str) -> Json:
    return {"type": "task_update", "id": card_id, "title": literal(title, 160), "status": status}
