"""Where a message stands, as a link."""

from collections.abc import Callable, Iterable

from agents.core.ids import AskId
from agents.core.state import Run
from bot.views.blocks import shorten
from bot.views.clickable import Clickable, fixed
from bot.views.mrkdwn import escape

Link = Callable[[str, str], str]
"""The address of a message by its channel and its timestamp id; empty where there is none."""

FURTHER = 5
"""So many links of an alert are shown."""


def further(links: Iterable[str], allowed: Clickable) -> str:
    """Where more is to be found, as mrkdwn; empty where there is nothing. What may not be a link is shown as what it is."""
    found = list(dict.fromkeys(links))[:FURTHER]
    return " · ".join(f"<{escape(link)}>" if allowed.admits(link) else escape(fixed(shorten(link, 200))) for link in found)


def nowhere(channel: str, ts: str) -> str:
    """No links."""
    return ""


def links(workspace: str) -> Link:
    """Links into a workspace by its address as Slack tells it, such as `https://acme.slack.com/`; none where it tells none."""
    if not workspace.startswith("https://"):
        return nowhere
    return lambda channel, ts: f"{workspace.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"


def card_link(run: Run, ask_id: AskId, link: Link) -> str:
    """The address of the card on which a question stands; empty where that is not known."""
    post, place = run.posts.get(f"card:{run.asks[ask_id].stands_in}"), run.trigger.place
    if post is None or not post.ts or place is None:
        return ""
    address = link(post.channel or place.channel, post.ts)
    return f"{address}?thread_ts={place.thread_ts}&amp;cid={place.channel}" if address else ""
