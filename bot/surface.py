"""Where a run speaks to people: its messages in a Slack thread, each of which can be found again by its key."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.ids import AskId
from agents.core.posts import OPENING
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ports import Posted
from bot.found import found, marked
from bot.outbound import Outbound, Urgency
from bot.pictures import not_ready
from bot.places import Places
from bot.rendering import Rendering
from bot.stream_telling import Telling, answers
from bot.trouble import EXPECTED, error_of, trouble_of
from bot.views.message import UNLINKED, Message

AGAIN = 2.0
"""Seconds until Slack is asked again where a channel is, after trouble that passes."""

SETTLES = (0.5, 1.0, 2.0)
"""Seconds after which a message is sent again that was refused because Slack was not done with its picture."""

REFUSED = ("invalid_blocks", "invalid_blocks_format")
"""What Slack says of a message in which it does not know something."""


class SlackSurface:
    """Implements `ports.Surface`."""

    def __init__(
        self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, places: Places, bot_user: str,
        rendering: Rendering, redact: Callable[[str], str] = str,
    ) -> None:
        """`posting` must not retry by itself: a post that may have arrived is looked for before it is sent again.

        `redact` is what the journal does to text: words that it would change are not shown while they are written.
        """
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._rendering = rendering
        self._places = places
        self._telling = Telling(posting, outbound, redact, rendering.behind, rendering.allowed)

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        """Post it where it belongs, in as many messages as it takes; the first one's id. Raises SurfaceError.

        Where the workspace has streams, the progress message is one, and the answer may be the end of it.
        """
        place = await self._place_of(run, post)
        first, *further = self._rendering.messages(run, post)
        stream = self._telling.message(run)
        ts = await self._post(run, place, post, f"{run.run_id}/{post}", first, search)
        if ts != stream:  # else the whole answer stands in the stream
            for number, message in enumerate(further, 2):
                await self._post(run, place, post, f"{run.run_id}/{post}/{number}", message, search)
        if post == "progress":
            self._telling.stands(run, ts)
        elif post.startswith("card:"):
            self._telling.rest(run)
        shows = "" if search else self._shows(run, post)  # what was found may show an older state: it is brought up to date next
        return Posted(ts, shows, "" if place == run.trigger.place else place.channel)

    async def update(self, run: Run, post: str) -> Posted:
        """Make the message show the run's present state. An answer that stands in the progress message stays. Raises SurfaceError."""
        if post == OPENING and self._rendering.charts.wanted(run):
            return await self._with_picture(run)
        return await self._edit(run, post)

    async def _with_picture(self, run: Run) -> Posted:
        """Tell what is new at once, and leave the picture for the next time; or put the picture in once there is nothing else to tell."""
        if run.posts[OPENING].shows:
            return await self._edit(run, OPENING)
        made = await self._rendering.charts.picture(run)
        return await self._edit(made if isinstance(made, Run) else pictured(run, *made), OPENING)

    async def _edit(self, run: Run, post: str) -> Posted:
        known = run.posts[post]
        channel, ts = known.channel or _place(run).channel, known.ts or ""
        if post == "progress":
            if ts in answers(run) or (run.conclusion is None and self._telling.streams(run)):
                return Posted(ts, run.showing(post))
            await self._telling.settle(run)

        async def call() -> AsyncSlackResponse:
            message = self._rendering.messages(run, post)[0]

            async def send(shown: Message) -> AsyncSlackResponse:
                return await self._telling.change(run, channel, ts, lambda: shown, f"{run.run_id}/{post}")

            return await self._as_taken(run, message, send)

        await self._outbound.send(channel, call, urgency=_urgency(post, Urgency.SPEECH), what=f"chat.update of {post}", message=ts)
        return Posted(ts, self._shows(run, post), known.channel, known.picture, known.drawn)

    def _shows(self, run: Run, post: str) -> str:
        """The state that it shows; a report without the picture that it is to have is brought up to date next."""
        return "" if post == OPENING and self._rendering.charts.wanted(run) else run.showing(post)

    def progress(self, run: Run, line: str) -> None:
        """Say what happens just now, if the run has not come to its end."""
        self._telling.progress(run, line)

    def say(self, run: Run, piece: str) -> None:
        """Show what the model is writing."""
        self._telling.say(run, piece)

    def moved(self, run: Run) -> None:
        """Show the steps that began or ended."""
        self._telling.moved(run)
        self._rendering.charts.moved(run)

    async def _post(self, run: Run, place: Place, post: str, key: str, message: Message, search: bool) -> str:
        live = self._telling.holding(run) if key == f"{run.run_id}/answer:{run.steps}" and run.answer is not None else None

        async def call() -> AsyncSlackResponse:
            if post == "progress" and (started := await self._telling.start(run, place)):
                return started
            if live and (stopped := await self._telling.stop(run, live, key)):
                return stopped
            return await self._plain(run, place, message, key)

        async def stands() -> str | None:
            return await found(self._reading, place, key, run.started_at, self._bot_user)

        urgency = _urgency(post, Urgency.SIGN if post == "progress" else Urgency.SPEECH)
        return await self._outbound.send(
            place.channel, call, urgency=urgency, what=f"chat.postMessage of {post}", search=stands, search_first=search
        )

    async def _plain(self, run: Run, place: Place, message: Message, key: str) -> AsyncSlackResponse:
        """An ordinary message."""
        async def send(shown: Message) -> AsyncSlackResponse:
            return await self._posting.chat_postMessage(
                channel=place.channel, thread_ts=place.thread_ts or None, text=shown.text, blocks=list(shown.blocks),
                metadata=marked(key), **UNLINKED,
            )

        return await self._as_taken(run, message, send)

    async def _as_taken(self, run: Run, message: Message, send: Callable[[Message], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
        """Send it; again without what the workspace does not know, where it is refused for that."""
        pauses = iter(SETTLES)
        while True:
            try:
                return await send(message)
            except SlackApiError as error:
                pause = next(pauses, None) if not_ready(error) else None
                plainer = self._rendering.plainer(run, message) if pause is None and error_of(error) in REFUSED else None
                if pause is None and plainer is None:
                    raise
            message = plainer or message
            await asyncio.sleep(pause or 0.0)

    async def _place_of(self, run: Run, post: str) -> Place:
        """Where a post belongs: in the run's thread, or in the second channel itself. Raises SurfaceError, and waits out what passes."""
        place, (name, _, about) = _place(run), post.partition(":")
        if name != "escalation":
            return place
        while True:
            try:
                return await self._places.of(run.asks[AskId(about)].escalate_to)
            except EXPECTED as error:
                trouble = trouble_of(error, f"to say where {run.asks[AskId(about)].escalate_to} is")
                await asyncio.sleep(AGAIN if trouble.retry_after is None else trouble.retry_after)


def _urgency(post: str, other: Urgency) -> Urgency:
    """Decisions go first."""
    return Urgency.DECISION if post.partition(":")[0] in ("card", "reminder", "escalation") else other


def pictured(run: Run, file: str, drawn: str) -> Run:
    """The run as if its report showed this picture already."""
    return replace(run, posts={**run.posts, OPENING: replace(run.posts[OPENING], picture=file, drawn=drawn)})


def _place(run: Run) -> Place:
    if run.trigger.place is None:
        raise SurfaceError(f"{run.run_id} has no place in Slack; follow it with `countersign show {run.run_id}`.")
    return run.trigger.place
