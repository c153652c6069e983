"""One running stream of a run: what waits to be sent, what was surely sent, and whether it can still become the answer."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.calls import CallState
from agents.core.errors import SurfaceError
from agents.core.events import Stop
from agents.core.ids import CallId
from agents.core.state import Run
from agents.core.trigger import Place
from bot.trouble import EXPECTED, trouble_of
from bot.views.blocks import Json
from bot.views.clickable import NOTHING, Clickable
from bot.views.stream import closing, doing, steps, text
from bot.views.tamed import Tamer

log = logging.getLogger(__name__)

LIFETIME = 240.0
"""Seconds after which we end a stream ourselves: Slack seals it at about 300, in the middle of whatever it holds."""

TEXT = 9000
"""Characters of text in one stream; an answer that needs more is posted as ordinary messages."""

WORD = 400
"""Characters of a word that is not shown before it is whole."""

_LAST = re.compile(r"(?<!\S)\S*\Z")

PAUSE = 2.0
"""Seconds until what surely did not arrive is sent again."""


def whole_words(text: str, held: int = WORD) -> str:
    """The text without a last word of up to `held` characters that may go on."""
    last = _LAST.search(text)
    return text[: last.start()] if last and len(last[0]) <= held else text


class Live:
    """The stream at `ts`. What is told to it is sent by `keep`, at most once an `interval`; nobody waits for that."""

    def __init__(
        self, place: Place, ts: str, client: AsyncWebClient, *, redact: Callable[[str], str] = str, interval: float = 1.0,
        lifetime: float = LIFETIME, allowed: Clickable = NOTHING,
    ) -> None:
        """`allowed` are the links that may be clicked."""
        self._allowed = allowed
        self.place = place
        self.ts = ts
        self.running = True
        """Whether each character that was told is in the stream or waits for it. Once it is False, nothing more goes into the stream."""
        self._client = client
        self._redact = redact
        self._interval = interval
        self._ends_at = time.monotonic() + lifetime
        self._not_before = time.monotonic() + interval
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._chunks: list[Json] = []
        """What is to be sent, in order."""
        self._shown: dict[CallId, CallState] = {}
        self._line = ""
        self._turns = 0
        """How many turns of the model are settled."""
        self._size = 0
        self._closed = False
        """Whether the answer is whole, and nothing more belongs into it."""
        self._tamer = Tamer(allowed)
        self._written: list[str] = []
        self._taken = ""
        """What was taken over into the stream of the turn that goes on, and of the turns that it goes on with."""
        self._before = ""
        """What of that is of earlier turns."""

    def say(self, piece: str) -> None:
        """The model has written this; an empty piece voids what it wrote in this turn."""
        if piece and not self._closed:
            self._written.append(piece)
            self._news.set()
        elif not self._closed:
            self._void()

    def doing(self, run: Run, line: str) -> None:
        """What happens just now."""
        if line != self._line and not self._closed:
            self._line = line
            self._put([doing(run, line)])

    def moved(self, run: Run) -> None:
        """Show the steps that began or ended, and settle what the model has said."""
        if self._closed:
            return
        if run.model_error:
            self._void()
        for turn in [turn for turn in run.turns if turn.text is not None][self._turns:]:
            self._turns += 1
            self._settle(self._before + (turn.text or ""))
            if turn.stop is Stop.LENGTH and not turn.calls:
                self._before = self._taken  # the next turn goes on with it
            elif turn is not run.newest or run.conclusion is None:
                self._add(self._tamer.close() + ("\n\n" if self._size else ""))
                self._begin()
        self._put(list(steps(run, self._shown)))
        self._shown.update({call.call_id: call.state for call in run.calls.values()})

    def holds(self, answer: str) -> bool:
        """Whether the stream shows exactly this answer once it is stopped. What of it was not told yet is added."""
        self._settle(answer)
        self._add(self._tamer.close())
        self._closed = True
        return self.running and bool(answer.strip())

    async def stop(self, run: Run, blocks: Sequence[Json], metadata: Json, status: str | None) -> AsyncSlackResponse | None:
        """Send the rest and end the stream with these blocks; None where it broke before. Raises what Slack's client raises."""
        async with self._sending:
            if not self.running:
                return None
            return await self._client.chat_stopStream(
                channel=self.place.channel, ts=self.ts, chunks=[*self._chunks, *closing(run)], blocks=list(blocks), metadata=metadata,
                session_status=status,
            )

    def end(self) -> None:
        """Nothing more goes into it: it cannot hold all that is to be said, or it is not needed any more."""
        self.running = False
        self._news.set()

    async def keep(self, ended: Callable[[], None]) -> None:
        """Send what is told, until the stream ends; then call `ended`."""
        try:
            while self.running:
                try:
                    async with asyncio.timeout(max(0.0, self._ends_at - time.monotonic())):
                        await self._news.wait()
                        await asyncio.sleep(self._not_before - time.monotonic())
                except TimeoutError:
                    break
                self._news.clear()
                await self._send()
        except Exception:  # a task's outermost edge: a defect here ends a stream, never the bot
            log.exception("The stream of %s broke", self.ts)
        self.running = False
        ended()

    async def _send(self) -> None:
        async with self._sending:
            self._take()
            chunks, self._chunks = self._chunks, []
            if not (self.running and chunks):
                return
            self._not_before = time.monotonic() + self._interval
            try:
                await self._client.chat_appendStream(channel=self.place.channel, ts=self.ts, chunks=chunks)
            except EXPECTED as error:
                self._missed(error, chunks)

    def _missed(self, error: Exception, chunks: list[Json]) -> None:
        """Keep what surely did not arrive; where nobody knows, or the stream is over, nothing more goes into it."""
        try:
            trouble = trouble_of(error, "chat.appendStream")
        except SurfaceError as refused:
            log.info("The stream is over, the message is edited from now on: %s", refused)
            self.running = False
            return
        if trouble.may_have_arrived or (isinstance(error, SlackApiError) and trouble.retry_after is None):
            log.info("Nobody knows what of the stream arrived, so the message is edited from now on: %s", trouble.text)
            self.running = False
            return
        self._chunks = chunks + self._chunks
        self._not_before = time.monotonic() + (PAUSE if trouble.retry_after is None else trouble.retry_after)
        self._news.set()

    def _begin(self) -> None:
        """A turn of the model begins."""
        self._tamer, self._taken, self._before = Tamer(self._allowed), "", ""

    def _void(self) -> None:
        self._written.clear()
        if self._taken != self._before:
            self.end()

    def _settle(self, whole: str) -> None:
        """The text of the turn is known to be this."""
        self._take()
        if whole.startswith(self._taken):
            self._written = [whole[len(self._taken):]]
            self._take(held=0)
        else:
            self.end()

    def _take(self, held: int = WORD) -> None:
        """Bring what was written into the form in which it is sent, but for a last word of `held` characters: it may become a secret."""
        written = "".join(self._written)
        if not written or not self.running:
            return
        if self._redact(whole := self._taken + written) != whole:
            self.end()  # it holds a secret: the answer is posted as the journal has it
            return
        piece = whole_words(written, held)
        self._written = [written[len(piece) :]]
        self._taken += piece
        self._add(self._tamer.feed(piece))

    def _add(self, markdown: str) -> None:
        self._size += len(markdown)
        if self._tamer.lost or self._size > TEXT:
            self.end()
        elif self._chunks and self._chunks[-1]["type"] == "markdown_text":
            self._chunks[-1] = text(self._chunks[-1]["text"] + markdown)
        elif markdown:
            self._chunks.append(text(markdown))

    def _put(self, cards: Sequence[dict[str, Any]]) -> None:
        """Show cards behind what was written before them."""
        if cards:
            self._take()
            self._chunks.extend(cards)
            self._news.set()
