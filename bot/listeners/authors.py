"""Who wrote a message, and what it says in plain words."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from agents.core.ids import ActorId
from bot.listeners.payloads import Body, author_of
from bot.listeners.texts import spoken
from bot.people import People
from bot.views.mrkdwn import mentioned, plain

NAMED = 10
"""How many of the people that a message mentions are looked up; the others are left as their ids."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    actor: ActorId
    name: str
    is_outsider: bool
    """Whether they are no full member of the workspace, or an app."""


class Authors:
    """Looks authors up, and the names in what they wrote."""

    def __init__(self, people: People, bot_user: str) -> None:
        self._people = people
        self._mention = re.compile(rf"<@{bot_user}(\|[^<>]*)?>")

    async def author(self, message: Body, team: str) -> Author:
        """The author of a message. Of an app, what it calls itself is believed for its name and for nothing else."""
        actor = author_of(message, team)
        if message.get("bot_id") or not message.get("user"):
            name = message.get("username") or (message.get("bot_profile") or {}).get("name") or actor.partition("/")[2]
            return Author(actor, str(name), True)
        person = await self._people.author(actor)
        return Author(person.actor, person.name, not person.is_member)

    async def text(self, message: Body, team: str) -> str:
        """What was said, without the mention of the bot and with people by their names."""
        text = self._mention.sub(" ", spoken(message))
        users = sorted(mentioned(text))[:NAMED]
        names: Mapping[str, str] = dict(zip(users, await asyncio.gather(*(self._name(user, team) for user in users)), strict=True))
        return re.sub(r"[ \t]+", " ", plain(text, names)).strip()

    async def _name(self, user: str, team: str) -> str:
        """How somebody is called that a message mentions. What outsiders call themselves is theirs, so of them there is the id alone."""
        person = await self._people.author(ActorId(f"{team}/{user}"))
        outsider = person.is_guest or person.is_foreign or person.is_bot or person.is_unknown
        return user if outsider else person.name
