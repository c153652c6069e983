"""Where a run speaks to people: its messages in a Slack thread, each of which can be found again by its key."""

from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.ids import AskId, CallId
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ports import Posted
from bot.found import marked, standing
from bot.outbound import Outbound, Urgency
from bot.stream_telling import Telling, answers
from bot.views.answer import answer
from bot.views.facts import Mentions
from bot.views.message import Message
from bot.views.progress import notice, progress
from bot.views.questions import card

URGENCIES = {"card": Urgency.DECISION, "progress": Urgency.SIGN}
"""What is not here is speech."""


class SlackSurface:
    """Implements `ports.Surface`."""

    def __init__(
        self, *, posting: AsyncWebClient, reading: AsyncWebClient, outbound: Outbound, bot_user: str, mentions: Mentions,
        redact: Callable[[str], str] = str,
    ) -> None:
        """`posting` must not retry by itself: a post that may have arrived is looked for before it is sent again.

        `redact` is what the journal does to text: words that it would change are not shown while they are written.
        """
        self._posting = posting
        self._reading = reading
        self._outbound = outbound
        self._bot_user = bot_user
        self._mentions = mentions
        self._telling = Telling(posting, outbound, redact)

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        """Post it in the run's thread, in as many messages as it takes; the first one's id. Raises SurfaceError.

        Where the workspace has streams, the progress message is one, and the answer may be the end of it.
        """
        place = _place(run)
        first, *further = self._render(run, post)
        stream = self._telling.message(run)
        ts = await self._post(run, place, post, f"{run.run_id}/{post}", first, search)
        if ts != stream:  # else the whole answer stands in the stream
            for number, message in enumerate(further, 2):
                await self._post(run, place, post, f"{run.run_id}/{post}/{number}", message, search)
        if post == "progress":
            self._telling.stands(run, ts)
        elif post.startswith("card:"):
            self._telling.rest(run)
        return Posted(ts, "" if search else run.showing(post))  # what was found may show an older state: it is brought up to date next

    async def update(self, run: Run, post: str) -> Posted:
        """Make the message show the run's present state. An answer that stands in the progress message stays. Raises SurfaceError."""
        place, ts = _place(run), run.posts[post].ts or ""
        if post == "progress":
            if ts in answers(run) or (run.conclusion is None and self._telling.streams(run)):
                return Posted(ts, run.showing(post))
            await self._telling.settle(run)
        urgency = Urgency.DECISION if post.startswith("card:") else Urgency.SPEECH

        async def call() -> AsyncSlackResponse:
            return await self._telling.change(run, ts, lambda: self._render(run, post)[0], f"{run.run_id}/{post}")

        await self._outbound.send(place.channel, call, urgency=urgency, what=f"chat.update of {post}", message=ts)
        return Posted(ts, run.showing(post))

    def progress(self, run: Run, line: str) -> None:
        """Say what happens just now, if the run has not come to its end."""
        self._telling.progress(run, line)

    def say(self, run: Run, piece: str) -> None:
        """Show what the model is writing."""
        self._telling.say(run, piece)

    def moved(self, run: Run) -> None:
        """Show the steps that began or ended."""
        self._telling.moved(run)

    async def _post(self, run: Run, place: Place, post: str, key: str, message: Message, search: bool) -> str:
        async def plain() -> AsyncSlackResponse:
            return await self._posting.chat_postMessage(
                channel=place.channel, thread_ts=place.thread_ts, text=message.text, blocks=list(message.blocks),
                metadata=marked(key), unfurl_links=False, unfurl_media=False,
            )

        live = self._telling.holding(run) if key == f"{run.run_id}/answer:{run.steps}" and run.answer is not None else None

        async def call() -> AsyncSlackResponse:
            if post == "progress":
                return await self._telling.start(run, place) or await plain()
            return (live and await self._telling.stop(run, live, key)) or await plain()

        async def stands() -> str | None:
            return (await standing(self._reading, place, run.started_at, self._bot_user)).get(key)

        urgency = URGENCIES.get(post.partition(":")[0], Urgency.SPEECH)
        return await self._outbound.send(
            place.channel, call, urgency=urgency, what=f"chat.postMessage of {post}", search=stands, search_first=search
        )

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
