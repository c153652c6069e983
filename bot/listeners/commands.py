"""`/ops`: questions that people ask of the journal. The answers are for the asker alone."""

import html
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from agents.core.ids import RunId, person
from agents.ledger import AuditQuery, Ledger
from agents.ports import Clock
from bot.listeners.payloads import Where, team_of
from bot.listeners.whisper import Whisper
from bot.listeners.words import Asked, Mistake, moment, parse
from bot.people import People
from bot.views import audit as audit_view
from bot.views import lists
from bot.views.blocks import section
from bot.views.message import Message
from bot.views.mrkdwn import escape, user_id

log = logging.getLogger(__name__)

PAGE = 25
"""Events of one page."""


class Commands:
    """Words to query to message."""

    def __init__(
        self, *, ledger: Ledger, people: People, whisper: Whisper, session: aiohttp.ClientSession, proxy: str | None, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._whisper = whisper
        self._session = session
        self._proxy = proxy
        self._clock = clock

    async def handle(self, body: Mapping[str, Any]) -> None:
        """Answer one command, where it was given."""
        text = str(body.get("text") or "")
        try:
            message = await self.answer(text, team_of(body), str(body["user_id"]))
        except Exception:  # a task's outermost edge: one question that breaks must not end the others
            log.exception("/ops %s could not be answered", text)
            message = _wrong(Mistake("This could not be answered just now. What went wrong was logged."))
        await self._reply(body, message)

    async def answer(self, text: str, team: str, user: str) -> Message:
        """What this person reads on these words."""
        asked = parse(html.unescape(text))
        if isinstance(asked, Mistake):
            return _wrong(asked)
        if asked.verb == "help":
            return lists.help_text()
        voter = await self._people.voter(person(team, user))
        if not voter.is_member:
            return _wrong(Mistake("Only full members of this workspace can read what agents do. `/ops help` is for everybody."))
        match asked.verb:
            case "runs":
                return lists.runs(await self._ledger.runs(open_only="open" in asked.flags))
            case "approvals":
                return lists.asks(await self._ledger.asks(open_only="all" not in asked.flags))
        query = await self._query(asked, user)
        return _wrong(query) if isinstance(query, Mistake) else audit_view.audit(await self._ledger.audit(query), _words(asked))

    async def _query(self, asked: Asked, me: str) -> AuditQuery | Mistake:
        """The filters as a query, or what is wrong with them."""
        given = asked.filters
        run = await self._run(given["run"]) if "run" in given else None
        user = _user(given["user"], me) if "user" in given else None
        since = moment(given["since"], self._clock()) if "since" in given else None
        if isinstance(run, Mistake):
            return run
        if isinstance(user, Mistake):
            return user
        if "since" in given and since is None:
            return Mistake(f"`since {escape(given['since'][:60])}` is no time. Write `since 2h`, `since 3d` or `since 2026-11-20`.")
        if "before" in given and not given["before"].isdecimal():
            return Mistake("`before` takes the number that the page before it told.")
        before = int(given["before"]) if "before" in given else None
        return AuditQuery(run, given.get("agent"), given.get("tool"), user, since, PAGE, before)

    async def _run(self, prefix: str) -> RunId | Mistake:
        prefix = prefix.lower() if prefix.lower().startswith("run-") else f"run-{prefix.lower()}"
        found = await self._ledger.find_runs(prefix)
        if len(found) == 1:
            return found[0]
        if not found:
            return Mistake(f"There is no run `{escape(prefix[:60])}`. `/ops runs` lists the newest.")
        listed = ", ".join(f"`{escape(one)}`" for one in found)
        return Mistake(f"`{escape(prefix[:60])}` could be {listed}. Write a little more of it.")

    async def _reply(self, body: Mapping[str, Any], message: Message) -> None:
        answer = {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks), "unfurl_links": False}
        try:
            async with self._session.post(str(body["response_url"]), json=answer, proxy=self._proxy) as response:
                if response.status < 300:
                    return
                why = f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError, KeyError) as error:
            why = f"{type(error).__name__} {error}"
        log.warning("The answer to /ops %s could not be given at its address: %s", body.get("text"), why)
        await self._whisper(Where(str(body["user_id"]), str(body["channel_id"])), message.text)


def _user(text: str, me: str) -> str | Mistake:
    if text.lower() == "me":
        return me
    if text.startswith("local/"):
        return text
    return user_id(text) or Mistake(f"Who is `{escape(text[:60])}`? Pick the person from Slack's list behind @, or give the member id.")


def _words(asked: Asked) -> str:
    """The command again, without its cursor."""
    return " ".join((asked.verb, *(f"{name} {value}" for name, value in asked.filters.items() if name != "before")))


def _wrong(mistake: Mistake) -> Message:
    return Message(mistake.text, (section(f":grey_question: {mistake.text}"),))
