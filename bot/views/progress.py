"""The sign of life that is edited while a run works, and the notice of a call that ran without asking."""

from agents.core.calls import Call
from agents.core.events import Outcome
from agents.core.exact import exact_text
from agents.core.state import Run
from bot import duration
from bot.views.answer import prose
from bot.views.approval import done_so_far
from bot.views.blocks import Json, actions, bullets, context, exact, section, text_size
from bot.views.clickable import NOTHING, Clickable
from bot.views.facts import MARKS, one_line
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline
from bot.views.rows import stop, take_over
from bot.views.undo import undo

LISTED = 10
"""How many calls the finished progress message lists."""

WORDS = 6000
"""Characters of the model's own words in it, after escaping; of more the newest."""

ENDED = {
    Outcome.ANSWERED: "Done", Outcome.STOPPED: "Stopped", Outcome.HANDED_OVER: "Handed over", Outcome.FAILED: "Ended without an answer",
}


def progress(run: Run, line: str = "", words: str = "", allowed: Clickable = NOTHING) -> Message:
    """What the run does just now (`line`, and the `words` that the model is writing), or what it did once it has come to its conclusion."""
    if run.conclusion is not None:
        outcome, _ = run.conclusion
        said = f"*{ENDED[outcome]}* {took(run)}"
        calls = list(run.calls.values())
        listed: tuple[Json, ...] = (bullets([one_line(call, ended=True) for call in calls[-LISTED:]]),) if calls else ()
        return Message(said, (context(said), *listed, *_spoken(run, "", allowed)))
    doing = line or ("it waits for a decision" if run.waiting else "thinking")
    said = f"*{escape(run.agent)}* is on it: {inline(doing, 200)}"
    ends = actions(f"run:{run.run_id}", stop(run.run_id), take_over(run.run_id))
    return Message(said, (section(f":hourglass_flowing_sand: {said}"), *done_so_far(run), *_spoken(run, words, allowed), ends))


def took(run: Run) -> str:
    """In how many steps and how long it came to its conclusion."""
    return f"after {run.steps} {'step' if run.steps == 1 else 'steps'} and {duration.show(run.moved_at - run.started_at)}"


def notice(run: Run, call: Call) -> Message:
    """A call that policy let run and that people are told of."""
    said = f"*{escape(run.agent)}* ran `{escape(call.tool)}` without asking: {MARKS.get(call.state, call.state)}"
    reason = f": {inline(call.reason, 300)}" if call.reason else ""
    why = f"{call.risk} risk, {call.effect} effect · {inline('; '.join(call.rules), 300)}{reason} · {escape(run.run_id)}"
    return Message(said, (section(said), exact(exact_text(call.arguments), 1500), context(why), *undo(run, call)))


def _spoken(run: Run, words: str, allowed: Clickable) -> tuple[Json, ...]:
    """What the model has said on the way, which is no part of its answer."""
    texts = [turn.text or "" for turn in run.turns if turn.calls or run.conclusion is None]
    blocks = [block for text in (*texts, words) if text.strip() for block in prose(text, allowed)]
    left = 0
    while blocks and (sum(map(text_size, blocks)) > WORDS or len(blocks) > LISTED):
        left += text_size(blocks.pop(0))
    return (context(f"_{left:,} characters before this are in the record of the run._"), *blocks) if left else tuple(blocks)
