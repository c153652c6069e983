"""Where a run speaks to people: its messages in a Slack thread, each of which can be found again by its key."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.ids import AskId, CallId
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ports import Posted
from bot.outbound import Outbound, Urgency
from bot.trouble import error_of
from bot.views.answer import answer
from bot.views.facts import Mentions
from bot.views.message import Message
from bot.views.progress import notice, progress
from bot.views.questions import card

log = logging.getLogger(__name__)

EVENT_TYPE = "countersign"
"""The type of our message metadata."""

SKEW = timedelta(days=1)
"""How far our clock may be off Slack's without a message being overlooked."""

URGENCIES = {"card": Urgency.DECISION, "progress": Urgency.SIGN}
"""What is not here is speech."""


class SlackSurface:
    """Implements `ports.Surface`."""

    def __init__(self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, bot_user: str, mentions: Mentions) -> None:
        """`posting` must not retry by itself: a post that may have arrived is looked for before it is sent again."""
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._mentions = mentions

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        """Post it in the run's thread, in as many messages as it takes; the first one's id. Raises SurfaceError."""
        place = _place(run)
        first = ""
        for number, message in enumerate(self._render(run, post), 1):
            key = f"{run.run_id}/{post}" if number == 1 else f"{run.run_id}/{post}/{number}"
            ts = await self._post(run, place, post, key, message, search)
            first = first or ts
        if post.startswith("card:"):
            self.progress(run, "it waits for a decision")
        return Posted(first, "" if search else run.showing(post))  # what was found may show an older state: it is brought up to date next

    async def update(self, run: Run, post: str) -> Posted:
        """Make the message show the run's present state. Raises SurfaceError."""
        place, ts = _place(run), run.posts[post].ts or ""
        message = self._render(run, post)[0]
        urgency = Urgency.DECISION if post.startswith("card:") else Urgency.SPEECH

        async def call() -> AsyncSlackResponse:
            return await self._change(place, ts, message)

        await self._outbound.send(place.channel, call, urgency=urgency, what=f"chat.update of {post}", message=ts)
        return Posted(ts, run.showing(post))

    def progress(self, run: Run, line: str) -> None:
        """Say what happens just now in the progress message, if it stands already and the run has not come to its end."""
        known = run.posts.get("progress")
        if run.trigger.place is None or known is None or not known.ts or run.conclusion is not None:
            return
        place, ts, message = run.trigger.place, known.ts, progress(run, line)

        async def call() -> AsyncSlackResponse:
            return await self._change(place, ts, message)

        self._outbound.hint(place.channel, ts, call)

    async def _post(self, run: Run, place: Place, post: str, key: str, message: Message, search: bool) -> str:
        async def call() -> AsyncSlackResponse:
            return await self._posting.chat_postMessage(
                channel=place.channel, thread_ts=place.thread_ts, text=message.text, blocks=list(message.blocks),
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}}, unfurl_links=False, unfurl_media=False,
            )

        async def standing() -> str | None:
            return (await self._standing(place, run.started_at)).get(key)

        urgency = URGENCIES.get(post.partition(":")[0], Urgency.SPEECH)
        return await self._outbound.send(
            place.channel, call, urgency=urgency, what=f"chat.postMessage of {post}", search=standing, search_first=search
        )

    async def _change(self, place: Place, ts: str, message: Message) -> AsyncSlackResponse:
        return await self._posting.chat_update(channel=place.channel, ts=ts, text=message.text, blocks=list(message.blocks))

    async def _standing(self, place: Place, since: datetime) -> Mapping[str, str]:
        """The messages of ours that stand in the thread: their ids by their keys."""
        found: dict[str, str] = {}
        cursor: str | None = None
        while True:
            try:
                page = await self._reading.conversations_replies(
                    channel=place.channel, ts=place.thread_ts, oldest=f"{(since - SKEW).timestamp():.6f}",
                    include_all_metadata=True, limit=200, cursor=cursor,
                )
            except Exception as error:
                if error_of(error) == "thread_not_found":
                    return found
                raise
            for message in page.get("messages") or ():
                if key := self._key_of(message):
                    found.setdefault(key, str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return found

    def _key_of(self, message: Mapping[str, Any]) -> str | None:
        """The key of a message of ours. What others put into their metadata is not believed."""
        metadata = message.get("metadata") or {}
        if message.get("user") != self._bot_user or metadata.get("event_type") != EVENT_TYPE:
            return None
        return str((metadata.get("event_payload") or {}).get("key") or "") or None

    def _render(self, run: Run, post: str) -> tuple[Message, ...]:
        name, _, about = post.partition(":")
        match name:
            case "progress":
                return (progress(run),)
            case "answer":
                return answer(run)
            case "card":
                return (card(run, run.asks[AskId(about)], self._mentions),)
            case "notice":
                return (notice(run, run.calls[CallId(about)]),)
        raise SurfaceError(f"{run.run_id} has no message called {post}.")


def _place(run: Run) -> Place:
    if run.trigger.place is None:
        raise SurfaceError(f"{run.run_id} has no place in Slack; follow it with `countersign show {run.run_id}`.")
    return run.trigger.place
