"""What runs do just now, as it happens: in a stream where the workspace has them, else in one message that is edited.

A run has one message for that, its `progress`. It begins as a stream. It ends as the run's answer if each character of that is surely in
it; in every other case it goes on as a message that is edited, and the answer is posted by itself. What is held here can be thrown away.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.ids import RunId
from agents.core.state import Run
from agents.core.trigger import Place
from bot.found import marked
from bot.live import Live, whole_words
from bot.outbound import Outbound, Urgency
from bot.stream_session import Sessions
from bot.stream_support import Feature
from bot.trouble import error_of, refused
from bot.views.blocks import Json
from bot.views.clickable import NOTHING, Clickable
from bot.views.message import UNLINKED, Message
from bot.views.mrkdwn import user_id
from bot.views.progress import progress
from bot.views.stream import key_of, opening

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Told:
    """What people are shown of a run that works."""

    run: Run
    ts: str = ""
    """The message; empty until it stands."""
    line: str = ""
    words: list[str] = field(default_factory=list)
    """What the model has written in the turn that goes on."""
    live: Live | None = None
    seen: tuple[object, ...] = (0, "")
    """Which steps an edited message was last told of."""


class Telling:
    """Nothing here delays a run; what must not be lost goes through `outbound` like every message."""

    def __init__(
        self, client: AsyncWebClient, outbound: Outbound, redact: Callable[[str], str], behind: Callable[[Run], tuple[Json, ...]],
        allowed: Clickable = NOTHING,
    ) -> None:
        """`behind` makes what stands behind the text of an answer; `allowed` are the links that may be clicked."""
        self._allowed = allowed
        self._client = client
        self._outbound = outbound
        self._redact = redact
        self._behind = behind
        self._streams = Feature("streams", "one message is edited instead")
        self._sessions = Sessions(client, outbound)
        self._told: dict[RunId, Told] = {}
        self._answering: set[RunId] = set()
        """Runs whose answer goes into their stream, or is there."""
        self._edits: dict[RunId, asyncio.Task[None]] = {}
        """Edits that turn streams into messages like any other."""

    def progress(self, run: Run, line: str) -> None:
        """The run does this just now."""
        if run.conclusion is None and (told := self._of(run)):
            told.line = line
            self._show(told)

    def say(self, run: Run, piece: str) -> None:
        """The model writes this; an empty piece voids what it has written in this turn."""
        told = self._of(run)
        if told is None:
            return
        if piece:
            told.words.append(piece)
        else:
            told.words.clear()
        if told.live is not None:
            told.live.say(piece)
        else:
            self._show(told)

    def moved(self, run: Run) -> None:
        """Something of the run was written down."""
        self._sessions.show(run)
        if run.over:
            self._forget(run.run_id)
        elif run.run_id in self._told and (told := self._of(run)):
            seen = (run.steps, run.model_error, *(call.state for call in run.calls.values()))
            news = seen != told.seen
            if seen[:2] != told.seen[:2]:
                told.words.clear()
            told.seen = seen
            if told.live is not None:
                told.live.moved(run)
            elif news and run.conclusion is None:
                self._show(told)
            self.rest(run)

    def rest(self, run: Run) -> None:
        """Bring the stream of a run that waits for people to its end; the message goes on as one that is edited."""
        told = self._of(run)
        if told is None or not told.run.waiting or told.run.conclusion is not None:
            return
        del self._told[run.run_id]
        told.line = "it waits for a decision"
        if told.live is not None:
            told.live.end()
            told.live = None
            self._edit(told)
        else:
            self._show(told)

    def message(self, run: Run) -> str | None:
        """The message in which the run is followed, if it stands."""
        told = self._told.get(run.run_id)
        known = run.posts.get("progress")
        return (told and told.ts) or (known and known.ts) or None

    def streams(self, run: Run) -> bool:
        """Whether the message shows by itself what the run does."""
        told = self._told.get(run.run_id)
        return told is not None and told.live is not None and told.live.running

    async def start(self, run: Run, place: Place) -> AsyncSlackResponse | None:
        """Begin the run's stream; None where there is none to be had. Raises what Slack's client raises."""
        team, _, name = run.trigger.actor.rpartition("/")
        told, user = self._of(run), user_id(name)
        if told is None or user is None or told.run.conclusion is not None or not self._streams.there:
            return None
        try:
            response = await self._client.chat_startStream(
                channel=place.channel, thread_ts=place.thread_ts, recipient_team_id=team, recipient_user_id=user,
                chunks=opening(run, told.line or "Thinking"), task_display_mode="plan",
            )
        except SlackApiError as error:
            if not self._streams.refused(error):
                raise
            return None
        told = self._of(run) or told
        ts = str(response.get("ts") or "")
        live = told.live = Live(
            place, ts, self._client, redact=self._redact, interval=self._outbound.interval, allowed=self._allowed
        )
        live.moved(told.run)
        if told.words:
            live.say("".join(told.words))
        self._outbound.aside(live.keep(partial(self._ended, told, live)), f"stream of {run.run_id}")
        return response

    def stands(self, run: Run, ts: str) -> None:
        """The run's message stands."""
        if (told := self._told.get(run.run_id)) is not None:
            told.ts = ts
            self._show(told)

    def holding(self, run: Run) -> Live | None:
        """The stream that holds the run's whole answer, from now on for good; None where no stream does."""
        told = self._told.get(run.run_id)
        if told is None or told.live is None:
            return None
        if not told.live.holds(run.answer or ""):
            told.live.end()
            return None
        del self._told[run.run_id]
        self._answering.add(run.run_id)
        return told.live

    async def stop(self, run: Run, live: Live, key: str) -> AsyncSlackResponse | None:
        """End the stream as the run's answer; None where that certainly did not happen. Raises what Slack's client raises."""
        response = None
        try:
            response = await live.stop(run, self._behind(run), marked(key), self._sessions.status(run.run_id))
        except SlackApiError as error:
            if not refused(error):
                raise
            log.info("The answer of %s is posted by itself: its stream could not be ended (%s)", run.run_id, error_of(error))
        live.end()
        if response is None:
            self._answering.discard(run.run_id)
        return response

    async def settle(self, run: Run) -> None:
        """Nothing older may overtake what the message is about to show."""
        if edit := self._edits.get(run.run_id):
            edit.cancel()
            await asyncio.wait([edit])
        told = self._told.get(run.run_id)
        if told is not None and told.live is not None:
            told.live.end()
            told.live = None

    async def change(self, run: Run, channel: str, ts: str, render: Callable[[], Message], key: str) -> AsyncSlackResponse:
        """Edit a message; a stream is ended first. Raises what Slack's client raises."""

        async def update() -> AsyncSlackResponse:
            message = render()
            return await self._client.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=list(message.blocks), metadata=marked(key), **UNLINKED
            )

        try:
            return await update()
        except SlackApiError as error:
            if error_of(error) != "streaming_state_conflict":
                raise
        try:
            await self._client.chat_stopStream(channel=channel, ts=ts, session_status=self._sessions.status(run.run_id))
        except SlackApiError as error:
            if error_of(error) != "message_not_in_streaming_state":
                raise
        return await update()

    def _of(self, run: Run) -> Told | None:
        """What people are shown of the run; None where that is over, or where nobody looks."""
        known = run.posts.get("progress")
        ts = (known and known.ts) or ""
        if run.trigger.place is None or run.run_id in self._answering or (ts and ts in answers(run)):
            return None
        told = self._told.setdefault(run.run_id, Told(run))
        told.run = max(told.run, run, key=lambda one: one.seq)
        told.ts = told.ts or ts
        return told

    def _show(self, told: Told) -> None:
        """Let the message show the newest, when there is room."""
        place = told.run.trigger.place
        if told.live is not None:
            told.live.doing(told.run, told.line)
        elif told.ts and place is not None:
            self._outbound.hint(place.channel, told.ts, partial(self._edited, told))

    def _ended(self, told: Told, live: Live) -> None:
        """A stream has ended by itself."""
        if told.live is live:
            told.live = None
            if self._told.get(told.run.run_id) is told and told.run.conclusion is None:
                self._edit(told)

    def _edit(self, told: Told) -> None:
        """Turn what was a stream into a message like any other; this is tried until it stands."""
        run_id, place = told.run.run_id, told.run.trigger.place
        if place is None:
            return

        async def edit() -> None:
            with suppress(SurfaceError):  # somebody deleted it: there is nothing to be seen any more
                await self._outbound.send(
                    place.channel, partial(self._edited, told), urgency=Urgency.SIGN, what="chat.update of progress", message=told.ts
                )

        task = self._edits[run_id] = self._outbound.aside(edit(), f"progress of {run_id}")
        task.add_done_callback(lambda done: self._edits.pop(run_id) if self._edits.get(run_id) is done else None)

    async def _edited(self, told: Told) -> AsyncSlackResponse:
        def newest() -> Message:
            now = self._told.get(told.run.run_id, told)  # it may go on already after it has waited
            return progress(now.run, now.line, self._redact(whole_words("".join(now.words))), self._allowed)

        channel = told.run.trigger.place.channel if told.run.trigger.place else ""
        return await self.change(told.run, channel, told.ts, newest, key_of(told.run))

    def _forget(self, run_id: RunId) -> None:
        self._answering.discard(run_id)
        told = self._told.pop(run_id, None)
        if told is not None and told.live is not None:
            told.live.end()


def answers(run: Run) -> frozenset[str]:
    """The messages in which answers of the run stand."""
    return frozenset(known.ts for post, known in run.posts.items() if post.startswith("answer:") and known.ts)
