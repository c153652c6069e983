"""What a run has to say in Slack: the messages that it should have, and those that show what is no longer so."""

from collections.abc import Iterator

from agents.core import events as e
from agents.core.actions import Action, PostMessage, UpdateMessage
from agents.core.calls import CallState
from agents.core.state import Ask, AskKind, Run

OPENING = "opening"
"""The message that opens the thread of a run that nobody's message started."""

ADVICE = "advice"
"""The message that proposes a lower sensitivity, in the thread of a false alarm that was one too many."""


def posts(run: Run) -> Iterator[Action]:
    """Messages that are missing, or that show what is no longer so."""
    if run.trigger.place is None:
        return
    if not run.trigger.place.thread_ts:
        yield PostMessage(OPENING, OPENING in run.posts, f"post:{OPENING}")  # everything else stands in the thread that it opens
        return
    for post in _wanted(run):
        known = run.posts.get(post)
        if known is None or known.ts is None:
            yield PostMessage(post, known is not None, f"post:{post}")
    for post, known in run.posts.items():
        if known.ts and known.shows != run.showing(post) and not (post == "progress" and _untold(run)):
            yield UpdateMessage(post, f"post:{post}")


def posts_of_alerts(run: Run) -> Iterator[Action]:
    """What a run that is over still has to show: how the alerts of its incident stand, and what follows from what people said of them."""
    known = run.posts.get(OPENING)
    if run.signals and run.trigger.place and known and known.ts and known.shows != run.showing(OPENING):
        yield UpdateMessage(OPENING, f"post:{OPENING}")
    if run.trigger.place and run.trigger.place.thread_ts:
        for post in _advice(run):
            if (begun := run.posts.get(post)) is None or begun.ts is None:
                yield PostMessage(post, begun is not None, f"post:{post}")


def _advice(run: Run) -> Iterator[str]:
    if any(marked.advice for marked in run.marks):
        yield ADVICE


def _untold(run: Run) -> bool:
    """Whether an answer is still to be posted; it may come to stand in the progress message, which must not be written over then."""
    known = run.posts.get(f"answer:{run.steps}")
    return run.conclusion is not None and (known is None or known.ts is None)


def _wanted(run: Run) -> Iterator[str]:
    yield from _advice(run)
    if run.quiet:
        return
    if not run.by_hand:
        yield "progress"
    for ask in run.asks.values():
        yield from _about(run, ask)
    for call in run.calls.values():
        if call.decision is e.Decision.NOTIFY and call.over and not run.by_hand:
            yield f"notice:{call.call_id}"
    if run.conclusion is not None:
        yield f"answer:{run.steps}"  # somebody may speak while it is posted: then there is a second one


def _about(run: Run, ask: Ask) -> Iterator[str]:
    """The messages about a question. One that nobody has to answer any more is not begun."""
    card = f"card:{ask.ask_id}"
    shown = run.on_card(ask.ask_id)
    if shown and (card in run.posts or (any(one.open for one in shown) and _complete(run, ask))):
        yield card
    for post, wanted in ((f"reminder:{ask.ask_id}", ask.reminded), (f"escalation:{ask.ask_id}", ask.escalated)):
        if wanted and (ask.open or post in run.posts):
            yield post


def _complete(run: Run, ask: Ask) -> bool:
    """Whether every call that will be asked about in the same message has been, so that people see them together."""
    together = ask.kind is AskKind.APPROVAL and not ask.supersedes
    turn = run.turn_of(ask.call_id) if together and ask.call_id else None
    return turn is None or not any(run.calls[i].state in (CallState.PROPOSED, CallState.TO_ASK) for i in turn.calls)
