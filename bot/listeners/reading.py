"""What people read of the journal: each answer holds what this person may see, and a page is full before it ends."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from agents.core.approval import Voter
from agents.core.budget import Day, day_of
from agents.core.ids import RunId, run_of
from agents.ledger import AuditQuery, Ledger, RunSummary
from agents.ports import Clock
from agents.runs import Runs
from agents.schedules import Calendar
from agents.spec import AgentSpec
from agents.standing import Standing
from bot.listeners.monitoring import Monitoring, page_of
from bot.listeners.remembering import Remembering
from bot.listeners.waiting import LOOKED_THROUGH, Waiting
from bot.listeners.words import Asked, Mistake, moment, nearest
from bot.seen import Seen
from bot.views import audit as audit_view
from bot.views import lists, overview
from bot.views import schedules as schedules_view
from bot.views.glance import glance
from bot.views.help import USES, help_text
from bot.views.lists import Pages
from bot.views.message import Message
from bot.views.mrkdwn import escape, user_id
from bot.visibility import Visibility

RUNS, ASKS, GRANTS, EVENTS = 10, 12, 10, 20
"""What one page holds."""

DAY = timedelta(days=1)

Listed = TypeVar("Listed")


class Reading:
    """Words to query to message. It checks no level, but in each answer what the person may see."""

    def __init__(
        self, *, runs: Runs, ledger: Ledger, standing: Standing, waiting: Waiting, visibility: Visibility, agents: Mapping[str, AgentSpec],
        remembering: Remembering, workspace: str, clock: Clock, calendar: Calendar, monitoring: Monitoring,
    ) -> None:
        """`workspace` is its address, for links."""
        self._runs = runs
        self._ledger = ledger
        self._standing = standing
        self._waiting = waiting
        self._visibility = visibility
        self._seen = Seen(ledger, visibility)
        self._agents = agents
        self.remembering = remembering
        """What this person may see of what agents remember."""
        self._workspace = workspace
        self._clock = clock
        self._calendar = calendar
        self._elsewhere: Mapping[str, Callable[[Asked, Voter], Awaitable[Message | Mistake]]] = {
            "memory": remembering.answer, "monitors": monitoring.standings, "report": monitoring.report,
        }

    async def answer(self, asked: Asked, voter: Voter) -> Message | Mistake:
        """What this person reads on a command that changes nothing."""
        if elsewhere := self._elsewhere.get(asked.verb):
            return await elsewhere(asked, voter)
        match asked.verb:
            case "runs":
                return await self._list_runs(asked, voter)
            case "run":
                found = await self.run(asked.filters["run"], voter)
                return found if isinstance(found, Mistake) else glance(await self._runs.see(found), voter, self._workspace)
            case "approvals":
                return await self._list_asks(asked, voter)
            case "audit":
                return await self._audit(asked, voter)
            case "agents":
                return overview.agents(self._agents, self._standing.switches.halts)
            case "grants":
                return await self.grants(asked, voter)
            case "schedules":
                return await self.schedules(voter)
            case "spend":
                since = _since(asked, self._clock())
                return since if isinstance(since, Mistake) else overview.spend(await self._ledger.spend(since), since, self.days())
        return _help(asked.filters.get("word", ""))

    def days(self) -> Mapping[str, Day]:
        """What agents with a limit for the day have spent of it."""
        found = {name: day_of(agent.limits, self._standing.meter.used(name)) for name, agent in self._agents.items()}
        return {name: day for name, day in found.items() if day is not None}

    async def run(self, prefix: str, voter: Voter) -> RunId | Mistake:
        """The one run that this person may see whose id begins so. Others are as if they did not exist."""
        prefix = prefix.lower() if prefix.lower().startswith("run-") else f"run-{prefix.lower()}"
        found = await self._ledger.find_runs(prefix)
        places = await self._ledger.places(found)
        seen = [run_id for run_id in found if run_id in places and await self._visibility.may_see(voter, places[run_id])]
        if len(seen) == 1:
            return seen[0]
        if not seen:
            return Mistake(f"There is no run `{escape(prefix[:60])}` that you may see. `/ops runs` lists the newest.")
        listed = ", ".join(f"`{escape(one)}`" for one in seen)
        return Mistake(f"`{escape(prefix[:60])}` could be {listed}. Write a little more of it.")

    async def grants(self, asked: Asked, voter: Voter, notice: str = "") -> Message | Mistake:
        """The grants that hold, or all of them."""
        number = page_of(asked)
        if isinstance(number, Mistake):
            return number
        now = self._clock()
        found = [one for one in await self._ledger.grants(limit=LOOKED_THROUGH) if "all" in asked.flags or one.live(now)]
        places = await self._ledger.places({run_of(one.grant_id) for one in found})
        may = {run_id: await self._visibility.may_see(voter, run) for run_id, run in places.items()}
        seen = [one for one in found if may.get(run_of(one.grant_id))]
        part, pages = _page(seen, number, GRANTS, asked)
        return overview.grants(part, voter, now, pages, notice)

    async def schedules(self, voter: Voter, notice: str = "") -> Message:
        """Every schedule, and how it stands."""
        return schedules_view.schedules(await self._calendar.entries(), voter, notice)

    async def _list_runs(self, asked: Asked, voter: Voter) -> Message | Mistake:
        before = asked.filters.get("before")
        if before is not None and not before.isdecimal():
            return _NO_CURSOR
        found, following = await self.runs_seen(voter, RUNS, open_only="open" in asked.flags, before=int(before) if before else None)
        words = asked.words("before")
        return lists.runs(found, Pages(f"{words} before {following}" if following else None, words if before else None), self._workspace)

    async def runs_seen(
        self, voter: Voter, most: int, *, open_only: bool, before: int | None = None
    ) -> tuple[list[RunSummary], int | None]:
        """See `Seen.runs`."""
        return await self._seen.runs(voter, most, open_only=open_only, before=before)

    async def _list_asks(self, asked: Asked, voter: Voter) -> Message | Mistake:
        number = page_of(asked)
        if isinstance(number, Mistake):
            return number
        seen = await self._waiting.seen(voter, open_only="all" not in asked.flags)
        if "mine" in asked.flags:
            most = number * ASKS + 1
            own = {ask.ask_id for _, ask in await self._waiting.mine(voter, seen, self._clock(), most)}
            seen = [one for one in seen if one.ask_id in own]
        part, pages = _page(seen, number, ASKS, asked)
        return lists.asks(part, pages, "those that wait for you" if "mine" in asked.flags else "")

    async def _audit(self, asked: Asked, voter: Voter) -> Message | Mistake:
        query = await self._query(asked, voter)
        if isinstance(query, Mistake):
            return query
        return audit_view.audit(await self._seen.events(query, voter), asked.words("before"), first=query.before is None)

    async def _query(self, asked: Asked, voter: Voter) -> AuditQuery | Mistake:
        """The filters as a query, or what is wrong with them."""
        given = asked.filters
        run = await self.run(given["run"], voter) if "run" in given else None
        user = _user(given["user"], voter.user) if "user" in given else None
        since = _since(asked, self._clock()) if "since" in given else None
        for wrong in (run, user, since):
            if isinstance(wrong, Mistake):
                return wrong
        if "before" in given and not given["before"].isdecimal():
            return _NO_CURSOR
        before = int(given["before"]) if "before" in given else None
        return AuditQuery(run, given.get("agent"), given.get("tool"), user, since, EVENTS, before)  # type: ignore[arg-type]  # see the loop


_NO_CURSOR = Mistake("`before` takes the number that the page before it told.")


def _page(found: list[Listed], number: int, size: int, asked: Asked) -> tuple[list[Listed], Pages]:
    """One page of a list, and the commands for those around it."""
    part, words = found[(number - 1) * size : number * size], asked.words("page")
    return part, Pages(f"{words} page {number + 1}" if len(found) > number * size else None, words if number > 1 else None)


def _since(asked: Asked, now: datetime) -> datetime | Mistake:
    given = asked.filters.get("since")
    if given is None:
        return now - DAY
    found = moment(given, now)
    return found or Mistake(f"`since {escape(given[:60])}` is no time. Write `since 2h`, `since 3d` or `since 2026-11-20`.")


def _user(text: str, me: str) -> str | Mistake:
    if text.lower() == "me":
        return me
    if text.startswith("local/"):
        return text
    return user_id(text) or Mistake(f"Who is `{escape(text[:60])}`? Pick the person from Slack's list behind @, or give the member id.")


def _help(word: str) -> Message | Mistake:
    word = word.lower().removeprefix("/ops")
    if word and word not in USES:
        return Mistake(f"There is no `/ops {escape(word[:60])}`{nearest(word, USES)} `/ops help` lists what there is.")
    return help_text(word)
