"""Messages: a mention, a direct message, a reply in the thread of a run, and in watched channels what is looked out for."""

import asyncio
import logging
from weakref import WeakValueDictionary

from agents.core.ids import RunId
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Delivery
from agents.runs import Runs
from agents.standing import Standing
from bot.listeners.authors import Authors
from bot.listeners.payloads import Body, Where, is_reply, team_of, where_of
from bot.listeners.routes import Routes
from bot.listeners.texts import borrowed, spoken
from bot.listeners.whisper import Whisper
from bot.views.halts import waits

log = logging.getLogger(__name__)

EMPTY = "Say what you need behind the mention, for example: _checkout is slow, what happened?_ `/ops help` tells more."


class Mentions:
    """Payload to Trigger, and nothing more."""

    def __init__(self, *, runs: Runs, standing: Standing, authors: Authors, routes: Routes, whisper: Whisper, bot_user: str) -> None:
        self._runs = runs
        self._standing = standing
        self._authors = authors
        self._routes = routes
        self._whisper = whisper
        self._bot_user = bot_user
        self._threads: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        """One message of a thread at a time, in the order in which they came: a reply must find the run that its mention starts."""

    async def handle(self, delivery: Delivery) -> None:
        """Let the runs hear a message. Both deliveries of one mention make the same trigger."""
        event = delivery.body["event"]
        thread = (str(event["channel"]), str(event.get("thread_ts") or event["ts"]))
        async with self._threads.setdefault(thread, asyncio.Lock()):
            await self._hear(delivery, event)

    async def watched(self, delivery: Delivery) -> None:
        """Start a run on a message that is looked out for in its channel."""
        event = delivery.body["event"]
        agent = await self._routes.watcher(event["channel"], spoken(event))
        if agent is None:
            return
        text = await self._authors.text(event, team_of(delivery.body))
        run_id = await self._runs.start(await self._trigger(delivery.body, Source.WATCHED), text, agent)
        if told := where_of(delivery):
            await self._tell_of_halt(told, run_id)

    async def _hear(self, delivery: Delivery, event: Body) -> None:
        mention = f"<@{self._bot_user}" in (event.get("text") or "")
        direct = event.get("channel_type") == "im"
        told = where_of(delivery) if event["type"] == "app_mention" or direct or not mention else None  # of two deliveries the first
        text = await self._authors.text(event, team_of(delivery.body))
        if not text:
            if mention and told:
                await self._whisper(told, EMPTY)
            return
        source = Source.DIRECT_MESSAGE if direct else Source.THREAD_REPLY if is_reply(event) else Source.MENTION
        agent = await self._routes.agent(event["channel"], direct=direct) if mention or direct else None
        run_id = await self._runs.hear(await self._trigger(delivery.body, source), text, agent)
        if told and run_id is not None:
            await self._tell_of_halt(told, run_id)
        elif told and (mention or direct):
            await self._whisper(told, await self._routes.advice(event["channel"]))

    async def _trigger(self, body: Body, source: Source) -> Trigger:
        event = body["event"]
        team, channel, ts = team_of(body), str(event["channel"]), str(event["ts"])
        author = await self._authors.author(event, team)
        return Trigger(
            source, f"{team}:{channel}:{ts}", author.actor, author.name, Place(team, channel, str(event.get("thread_ts") or ts)),
            tainted=author.is_outsider or borrowed(event) or await self._routes.taints(channel), channel=await self._routes.called(channel),
        )

    async def _tell_of_halt(self, where: Where, run_id: RunId) -> None:
        """Whoever asks an agent that is halted is told why nothing happens."""
        if not self._standing.switches.halts:
            return
        run = await self._runs.see(run_id)
        if not run.over and (halt := self._standing.halt_of(run.agent)):
            await self._whisper(where, waits(halt, run.agent))
