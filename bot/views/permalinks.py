"""Links to where a run speaks."""

from agents.core.state import Ask, Run
from agents.core.trigger import Place
from bot.views.mrkdwn import escape


def thread_link(workspace: str, place: Place | None, words: str, ts: str = "") -> str:
    """A link to a thread, or to the message `ts` in it, as mrkdwn; the words alone where there is none.

    `workspace` is its address, with a slash at its end.
    """
    if place is None or not workspace:
        return escape(words)
    within = f"?thread_ts={place.thread_ts}&cid={place.channel}" if ts else ""
    address = f"{workspace}archives/{place.channel}/p{(ts or place.thread_ts).replace('.', '')}{within}"
    return f"<{escape(address)}|{escape(words)}>"


def card_link(workspace: str, run: Run, ask: Ask, words: str) -> str:
    """A link to the message that asks this, or to its thread while it is not posted."""
    card = run.posts.get(f"card:{ask.stands_in}")
    return thread_link(workspace, run.trigger.place, words, card.ts or "" if card else "")
