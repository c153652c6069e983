"""What people may do beyond a run: halt, resume, take a grant back, forget, trust a tool, pause a schedule, let a program in.

Each is an event of `CONTROL`. What else concerns no single run is written down here as well: breakers that open and close, who was told.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Refusal, Voter
from agents.core.errors import JournalConflict, NotFound
from agents.core.events_of_intake import IntakeEvent
from agents.core.ids import CONTROL, SYSTEM, ActorId, GrantId, RunId, sha256
from agents.core.schedule import UNTOUCHED, Timing
from agents.ledger import Ledger
from agents.ports import Clock, Directory, Journal
from agents.schedules import Calendar
from agents.standing import Standing

BEFORE = "Somebody wanted that just now, or did something else to it since."
"""Why a schedule is not touched a second time."""


class Switchboard:
    """The only door to the stream `CONTROL`."""

    def __init__(
        self, *, journal: Journal, standing: Standing, ledger: Ledger, directory: Directory, wake_all: Callable[[], Awaitable[int]],
        agents: tuple[str, ...], clock: Clock, calendar: Calendar | None = None,
    ) -> None:
        """`wake_all` has every open run driven again; `agents` are the names of those configured, `calendar` has the schedules."""
        self._journal = journal
        self._standing = standing
        self._ledger = ledger
        self._directory = directory
        self._wake_all = wake_all
        self._agents = agents
        self._clock = clock
        self._calendar = calendar

    async def halt(self, scope: str, actor: ActorId, reason: str = "") -> str | Refusal:
        """Freeze an agent, or everything where `scope` is empty; durable on return. One sentence for the person. Raises NotFound."""
        self._known(scope)
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.OPERATOR, "halt", scope):
            return refusal
        event = e.Halted(scope, voter.name, reason)
        if not await self._append(event, voter.actor, unless=lambda: scope in self._standing.switches.halts):
            return Refusal("closed", f"{_what(scope)} is halted already.")
        return f"{_what(scope)} is halted: nothing begins, and nothing can be approved, until somebody resumes it."

    async def resume(self, scope: str, actor: ActorId, *, asked_at: datetime | None = None) -> str | Refusal:
        """End a halt, and go on. Raises NotFound.

        `asked_at` is when it was asked for, where that may be long ago: a halt that began after it goes on.
        """
        self._known(scope)
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.ADMIN, "resume", scope):
            return refusal

        def ended() -> bool:
            halt = self._standing.switches.halts.get(scope)
            return halt is None or (asked_at is not None and halt.at > asked_at)

        if not await self._append(e.Resumed(scope, voter.name), voter.actor, unless=ended):
            again = scope in self._standing.switches.halts
            return Refusal("closed", f"{_what(scope)} {'was halted again after that' if again else 'is not halted'}{self._others()}.")
        await self._wake_all()
        return f"{_what(scope)} goes on{self._others()}."

    async def revoke(self, grant_id: GrantId, actor: ActorId) -> str | Refusal:
        """Take a grant back. Raises NotFound."""
        known = (*await self._ledger.live_grants(self._clock()), *await self._ledger.grants())
        grant = next((one for one in known if one.grant_id == grant_id), None)
        if grant is None:
            raise NotFound(f"There is no grant {grant_id}. /ops grants and `countersign grants` list them.")
        voter = await self._directory.voter(actor)
        if voter.actor != grant.by and (refusal := _below(voter, Level.OPERATOR, "take a grant back")):
            return refusal
        event = e.GrantRevoked(grant_id, grant.tool, voter.name)
        if not await self._append(event, voter.actor, unless=lambda: grant_id in self._standing.switches.revoked):
            return Refusal("closed", "It was taken back before.")
        return f"Taken back: from now on {grant.tool} asks again."

    async def forget(self, number: int, agent: str, actor: ActorId) -> str | Refusal:
        """Have a memory erased; the caller has looked whether there is one, and whether this person may see it."""
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.OPERATOR, "erase what agents remember"):
            return refusal
        await self._append(e.MemoryForgotten(number, agent, voter.name), voter.actor, unless=lambda: False)
        return f"m{number} is erased for good."

    async def schedule(self, deed: str, name: str, actor: ActorId, *, asked_at: datetime | None = None) -> str | Refusal:
        """`pause` a schedule, `resume` it, or `run` it now; durable on return. Raises NotFound.

        `asked_at` is when it was asked for, where that may be long ago: what somebody did to it later counts.
        """
        known = self._calendar.schedules if self._calendar else {}
        if name not in known:
            raise NotFound(f"There is no schedule {name}. There is: {', '.join(known) or 'none in the configuration'}.")
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.OPERATOR, f"{deed} schedules") or (await self._stands_against(deed, name)):
            return refusal
        made = {"pause": e.SchedulePaused, "resume": e.ScheduleResumed, "run": e.ScheduleCalled}[deed](name, voter.name)

        def idle() -> bool:
            timing = self._standing.switches.schedules.get(name, UNTOUCHED)
            return _done_before(deed, timing) or (asked_at is not None and timing.later_than(asked_at))

        if not await self._append(made, voter.actor, unless=idle, agent=known[name].agent):
            return Refusal("closed", _as_it_is(deed, name, self._standing.switches.schedules.get(name, UNTOUCHED)))
        return {
            "pause": f"{name} is paused: its times start nothing until somebody resumes it.",
            "resume": f"{name} goes on with its next time. What it missed while it was paused is not made up.",
            "run": f"{name} runs now, whatever its times are.",
        }[deed]

    async def skipped(self, name: str, agent: str, run_id: RunId) -> None:
        """Write down, once for each run, that a schedule starts nothing while that run is open."""
        event = e.ScheduleSkipped(name, run_id)
        await self._append(
            event, SYSTEM, unless=lambda: self._standing.switches.schedules.get(name, UNTOUCHED).told == run_id, agent=agent
        )

    async def _stands_against(self, deed: str, name: str) -> Refusal | None:
        """Why a schedule cannot run now; None where it can."""
        if deed != "run" or self._calendar is None:
            return None
        schedule = self._calendar.schedules[name]
        await self._standing.follow()
        if halt := self._standing.halt_of(schedule.agent):
            return Refusal("halted", f"{halt.name} has halted {halt.what}: nothing begins before somebody resumes it.")
        if not schedule.overlaps and (run_id := await self._calendar.open_run(name)):
            return Refusal("closed", f"Its last run {run_id} is still open. Answer what it asks, or stop it, first.")
        return None

    async def let_in(self, token: e.TokenMade, actor: ActorId) -> str | Refusal:
        """Let a program in; durable on return. One sentence for the person. Raises NotFound where it names an agent that is none."""
        if unknown := [agent for agent in token.agents if agent not in self._agents]:
            raise NotFound(f"There is no agent {', '.join(unknown)}. There is: {', '.join(self._agents)}.")
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.ADMIN, "make tokens"):
            return refusal
        made = replace(token, name=voter.name)
        if not await self._append(made, voter.actor, unless=lambda: token.token in self._standing.switches.tokens):
            return Refusal("closed", f"There is or was a token {token.token}, and what it did is known by that name. Choose another one.")
        until = f" until {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else ""
        return f"{token.token} is let in as {token.role}{until}."

    async def shut_out(self, name: str, actor: ActorId) -> str | Refusal:
        """Revoke a token; it counts from now on, and for good. Raises NotFound."""
        await self._standing.follow()
        if name not in self._standing.switches.tokens:
            raise NotFound(f"There is no token {name}. `countersign token list` lists them.")
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.ADMIN, "revoke tokens"):
            return refusal
        event = e.TokenRevoked(name, voter.name)
        if not await self._append(event, voter.actor, unless=lambda: self._standing.switches.tokens[name].revoked_at is not None):
            return Refusal("closed", f"{name} was revoked already.")
        return f"{name} is revoked: whoever shows it is turned away from now on."

    async def told(self, scope: str, channel: str, ts: str, *, lifted: bool) -> None:
        """Write down that a channel was told of a halt or of its end."""
        await self._append(e.HaltTold(scope, channel, ts, lifted), SYSTEM, unless=lambda: False)

    async def trust(self, tool: str, definition: str, actor: ActorId) -> str | Refusal:
        """Accept how another program describes a tool: `definition`, canonical JSON, exactly as the person has seen it."""
        voter = await self._directory.voter(actor)
        if refusal := _below(voter, Level.ADMIN, "trust a tool"):
            return refusal
        digest = sha256(definition)

        def holds() -> bool:
            switches = self._standing.switches
            known = switches.trusts.get(tool)
            return known is not None and known.digest == digest and tool not in switches.changes

        if not await self._append(e.ToolTrusted(tool, digest, voter.name, definition), voter.actor, unless=holds):
            return Refusal("closed", f"{tool} is trusted as it is.")
        return f"{tool} is trusted as it is described now. It is off as soon as one character of that changes."

    async def tool_changed(self, tool: str, definition: str, *, most: int = 100_000) -> None:
        """Write down that a trusted tool was seen with this definition; once, until it is trusted again."""
        event = e.ToolChanged(tool, sha256(definition), definition[:most])

        def known() -> bool:
            switches = self._standing.switches
            return tool in switches.changes or tool not in switches.trusts

        await self._append(event, SYSTEM, unless=known)

    async def change_told(self, tool: str, digest: str, user: str, ts: str) -> None:
        """Write down that an admin was told of a tool's change."""
        await self._append(e.ToolChangeTold(tool, digest, user, ts), SYSTEM, unless=lambda: False)

    async def breaker_opened(self, what: str, since: datetime, why: str) -> None:
        """Write down that a tool or a host has stopped answering."""
        event = e.BreakerOpened(what, since, why, _tool(what))
        await self._append(event, SYSTEM, unless=lambda: what in self._standing.switches.open_outages)

    async def breaker_closed(self, what: str, how: Literal["answered", "forgotten", "restarted"]) -> None:
        """Write down that calls go out again."""
        event = e.BreakerClosed(what, how, _tool(what))
        await self._append(event, SYSTEM, unless=lambda: what not in self._standing.switches.open_outages)

    async def breaker_told(self, what: str, channel: str, shows: Literal["nothing", "outage", "end"], ts: str = "") -> None:
        """Write down that a channel is about to be told of it, or what the message there shows."""
        await self._append(e.BreakerTold(what, channel, shows, ts), SYSTEM, unless=lambda: False)

    async def note(self, event: IntakeEvent, actor: ActorId = SYSTEM) -> None:
        """Write down what switches nothing and has to be known all the same."""
        await self._append(event, actor, unless=lambda: False)

    async def _append(self, event: e.Event, actor: ActorId, *, unless: Callable[[], bool], agent: str | None = None) -> bool:
        """Write an event behind what is there; False where it would change nothing."""
        of = getattr(event, "scope", "") if agent is None else agent
        while True:
            await self._standing.follow()
            if unless():
                return False
            fact = e.Fact(event, actor, self._clock())
            try:
                await self._journal.append(CONTROL, [fact], after=self._standing.switches.seq, agent=of)
            except JournalConflict:
                continue
            await self._standing.follow()
            return True

    def _known(self, scope: str) -> None:
        if scope and scope not in self._agents and scope not in self._standing.switches.halts:
            raise NotFound(f"There is no agent {scope}. There is: {', '.join(self._agents)}.")

    def _others(self) -> str:
        """What is still halted, behind a sentence."""
        left = [_what(scope) for scope in self._standing.switches.halts]
        return f"; still halted: {', '.join(left)}" if left else ""


def _tool(what: str) -> str:
    """The tool that a breaker guards; empty where it guards a host."""
    kind, _, name = what.partition(" ")
    return name if kind == "tool" else ""


def _done_before(deed: str, timing: Timing) -> bool:
    """Whether the schedule is as it is wanted."""
    return deed != "run" and (timing.paused is not None) == (deed == "pause")


def _as_it_is(deed: str, name: str, timing: Timing) -> str:
    return f"{name} is {'paused already' if timing.paused else 'not paused'}." if _done_before(deed, timing) else BEFORE


def _what(scope: str) -> str:
    return scope or "Every agent"


def _below(voter: Voter, level: Level, deed: str, scope: str | None = None) -> Refusal | None:
    if scope is not None and not voter.covers(scope):
        return Refusal("role", f"This token has to do with {', '.join(voter.agents)} alone.")
    if voter.is_member and voter.level >= level:
        return None
    who = "admins" if level is Level.ADMIN else "operators"
    return Refusal("role", f"Only {who} may {deed}.")
