"""Messages that people write: a mention, a direct message, a reply in the thread of a run."""

import asyncio
import logging
import re
from collections.abc import Mapping
from weakref import WeakValueDictionary

from agents.core.ids import person
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Delivery
from agents.runs import Runs
from bot.listeners.payloads import Body, is_reply, team_of, where_of
from bot.listeners.routes import Routes
from bot.listeners.whisper import Whisper
from bot.people import People
from bot.views.mrkdwn import mentioned, plain

log = logging.getLogger(__name__)

EMPTY = "Say what you need behind the mention, for example: _checkout is slow, what happened?_ `/ops help` tells more."


NAMED = 10
"""How many of the people that a message mentions are looked up; the others are left as their ids."""


class Mentions:
    """Payload to Trigger, and nothing more."""

    def __init__(self, *, runs: Runs, people: People, routes: Routes, whisper: Whisper, bot_user: str) -> None:
        self._runs = runs
        self._people = people
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

    async def _hear(self, delivery: Delivery, event: Body) -> None:
        mention = f"<@{self._bot_user}" in (event.get("text") or "")
        direct = event.get("channel_type") == "im"
        trigger = await self._trigger(delivery.body, direct)
        text = await self._text(event)
        if not text:
            if mention:
                await self._whisper(where_of(delivery), EMPTY)
            return
        agent = await self._routes.agent(event["channel"], direct=direct) if mention or direct else None
        if await self._runs.hear(trigger, text, agent) is None and (mention or direct):
            await self._whisper(where_of(delivery), await self._routes.advice(event["channel"]))

    async def _trigger(self, body: Body, direct: bool) -> Trigger:
        event = body["event"]
        team, channel, ts = team_of(body), str(event["channel"]), str(event["ts"])
        actor = person(str(event.get("user_team") or event.get("source_team") or event.get("team") or team), str(event["user"]))
        author = await self._people.author(actor)
        source = Source.DIRECT_MESSAGE if direct else Source.THREAD_REPLY if is_reply(event) else Source.MENTION
        return Trigger(
            source, f"{team}:{channel}:{ts}", actor, author.name, Place(team, channel, str(event.get("thread_ts") or ts)),
            tainted=author.is_guest or author.is_foreign or author.is_bot or author.is_unknown,
        )

    async def _text(self, event: Body) -> str:
        """What was said, without the mention of the bot and with people by their names."""
        text = re.sub(rf"<@{self._bot_user}(\|[^<>]*)?>", " ", event.get("text") or "")
        users = sorted(mentioned(text))[:NAMED]
        names: Mapping[str, str] = dict(zip(users, await asyncio.gather(*map(self._people.name, users)), strict=True))
        return re.sub(r"[ \t]+", " ", plain(text, names)).strip()
