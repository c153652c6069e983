"""`/ops`, and the buttons under its answers. All of it is for the asker alone."""

import html
import logging
from collections.abc import Mapping
from typing import Any

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.ids import ActorId, person
from agents.ports import Delivery
from bot.listeners.deeds import Deeds
from bot.listeners.mail import Mail
from bot.listeners.payloads import Where, actor_of, team_of, where_of
from bot.listeners.reading import Reading
from bot.listeners.replies import Replies
from bot.listeners.words import READING, VERBS, Asked, Mistake, parse
from bot.people import People
from bot.views.blocks import section
from bot.views.message import Message

log = logging.getLogger(__name__)

READERS = (
    "Only full members of this workspace may read what agents do, and where its configuration names viewers, only those. "
    "`/ops help` is for everybody."
)

OPERATORS = "Only operators may do this. `/ops help` is for everybody."


class Commands:
    """Words to an answer."""

    def __init__(self, *, people: People, reading: Reading, deeds: Deeds, mail: Mail, replies: Replies) -> None:
        self._people = people
        self._reading = reading
        self._deeds = deeds
        self._mail = mail
        self._replies = replies

    async def handle(self, body: Mapping[str, Any]) -> None:
        """Answer one command, where it was given."""
        text = str(body.get("text") or "")
        try:
            message = await self.answer(html.unescape(text), person(team_of(body), str(body["user_id"])))
        except Exception:  # a task's outermost edge: one question that breaks must not end the others
            log.exception("/ops %s could not be answered", text)
            message = wrong(Mistake("This could not be answered just now. What went wrong was logged."))
        await self._replies(body, message, Where(str(body["user_id"]), str(body["channel_id"])))

    async def turn_page(self, delivery: Delivery) -> None:
        """A button under a list was clicked: its value is the command for another page, which comes in the list's place."""
        body = delivery.body
        asked = parse(str(body["actions"][0].get("value") or ""))
        if isinstance(asked, Asked) and asked.verb in READING and not asked.changing:
            message = await self._carried_out(asked, await self._people.voter(actor_of(body)))
        else:
            message = wrong(Mistake("This button is of another version of the bot. Please give the command again."))
        await self._replies(body, message, where_of(delivery), replace=True)

    async def revoke(self, delivery: Delivery) -> None:
        """The button beside a grant was clicked: the list comes anew, with what became of it."""
        body, listing = delivery.body, Asked("grants")
        voter = await self._people.voter(actor_of(body))
        done = await self._deeds.revoke(str(body["actions"][0].get("value") or ""), voter)
        said = done.text if isinstance(done, Mistake) else done
        message = _refused("grants", voter) or await self._reading.grants(listing, voter, said)
        await self._replies(body, wrong(message) if isinstance(message, Mistake) else message, where_of(delivery), replace=True)

    async def schedule(self, delivery: Delivery) -> None:
        """A button below a schedule was clicked: the list comes anew, with what became of it."""
        body, action = delivery.body, delivery.body["actions"][0]
        voter = await self._people.voter(actor_of(body))
        deed, name = str(action.get("action_id")).removeprefix("schedule_"), str(action.get("value") or "")
        done = await self._deeds.schedule(deed, name, voter, delivery.received_at)  # it may have been left over by a crash
        said = done.text if isinstance(done, Mistake) else done
        message = _refused("schedules", voter) or await self._reading.schedules(voter, said)
        await self._replies(body, wrong(message) if isinstance(message, Mistake) else message, where_of(delivery), replace=True)

    async def deal(self, delivery: Delivery) -> None:
        """The button beside a delivery that waits was clicked: its value is the command, and the list comes anew with what became of it."""
        body = delivery.body
        asked, voter = parse(str(body["actions"][0].get("value") or "")), await self._people.voter(actor_of(body))
        message: Message | Mistake = Mistake("This button is of another version of the bot. Please give the command again.")
        if isinstance(asked, Asked) and asked.verb == "inbox":
            message = _refused("inbox", voter) or await self._mail.dealt(asked, voter)
        await self._replies(body, wrong(message) if isinstance(message, Mistake) else message, where_of(delivery), replace=True)

    async def answer(self, text: str, actor: ActorId) -> Message:
        """What this person reads on these words."""
        asked = parse(text)
        return wrong(asked) if isinstance(asked, Mistake) else await self._carried_out(asked, await self._people.voter(actor))

    async def _carried_out(self, asked: Asked, voter: Voter) -> Message:
        done: Message | str | Mistake
        if refused := _refused(asked.verb, voter):
            done = refused
        elif asked.verb == "inbox":
            done = await self._mail.dealt(asked, voter)
        elif asked.verb not in READING:
            done = await self._deeds.do(asked, voter)
        elif asked.changing:
            done = await self._deeds.change(asked, voter)
        else:
            done = await self._reading.answer(asked, voter)
        if isinstance(done, Message):
            return done
        return wrong(done) if isinstance(done, Mistake) else Message(done, (section(done),))


def _refused(verb: str, voter: Voter) -> Mistake | None:
    """Why this person may not give the command at all; None where they may, or where what it does asks for itself."""
    level = VERBS[verb].level
    if level is None or voter.level >= level:
        return None
    if voter.is_unknown:
        return Mistake("Who you are could not be looked up just now. Try again.")
    return Mistake(READERS if level is Level.VIEWER else OPERATORS)


def wrong(mistake: Mistake) -> Message:
    """What is not understood, or not allowed."""
    return Message(mistake.text, (section(f":grey_question: {mistake.text}"),))
