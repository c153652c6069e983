"""What each message of a run looks like in this workspace."""

import logging

from agents.core.errors import SurfaceError
from agents.core.ids import AskId, CallId
from agents.core.state import Run
from bot.charts import Charts
from bot.views.answer import answer, behind
from bot.views.approval import escalation
from bot.views.blocks import Json
from bot.views.clickable import NOTHING, Clickable
from bot.views.facts import Mentions
from bot.views.feedback import without_thumbs
from bot.views.links import Link, card_link, nowhere
from bot.views.message import Message
from bot.views.opening import opening
from bot.views.progress import notice, progress
from bot.views.questions import card
from bot.views.reminder import reminder
from bot.views.report import proposal

log = logging.getLogger(__name__)


class Rendering:
    """From a run and the name of a post to messages. What the workspace was found to lack is left out."""

    def __init__(self, mentions: Mentions, charts: Charts, link: Link = nowhere, allowed: Clickable = NOTHING) -> None:
        """`link` says where a message of ours stands, `allowed` which links may be clicked."""
        self.charts = charts
        self.allowed = allowed
        self._mentions = mentions
        self._link = link
        self._thumbs = True

    def messages(self, run: Run, post: str) -> tuple[Message, ...]:
        """The messages of this post as they should look now; only an answer may be several. Raises SurfaceError for an unknown name."""
        name, _, about = post.partition(":")
        match name:
            case "opening":
                return (opening(run, self.allowed, self.charts.blocks(run)),)
            case "advice":
                return (proposal(run),)
            case "progress":
                return (progress(run, allowed=self.allowed),)
            case "answer":
                return answer(run, link=self._link, has_thumbs=self._thumbs, allowed=self.allowed)
            case "card":
                return (card(run, run.asks[AskId(about)], self._mentions),)
            case "reminder":
                return (reminder(run, run.asks[AskId(about)], self._mentions),)
            case "escalation":
                return (escalation(run, run.asks[AskId(about)], self._mentions, card_link(run, AskId(about), self._link)),)
            case "notice":
                return (notice(run, run.calls[CallId(about)]),)
        raise SurfaceError(f"{run.run_id} has no message called {post}.")

    def behind(self, run: Run) -> tuple[Json, ...]:
        """What stands behind the text of an answer."""
        return behind(run, link=self._link, has_thumbs=self._thumbs)

    def plainer(self, run: Run, message: Message) -> Message | None:
        """The message without what a workspace may not know, and none of it from now on; None where it holds nothing of that kind."""
        if (without := self.charts.plainer(run, message)) is not None:
            return without
        plain = without_thumbs(message, run.run_id)
        if plain is message:
            return None
        if self._thumbs:
            log.warning("This workspace does not take the thumbs under answers: plain buttons are shown instead.")
        self._thumbs = False
        return plain
