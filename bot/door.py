"""What the terminal may do: the door to runs and switches, here or in the running bot."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.events import TokenMade
from agents.core.grants import Terms
from agents.core.ids import ActorId, AskId, CallId, GrantId, RunId
from agents.core.trigger import Source, Trigger
from agents.runs import Answered


class Acting(Protocol):
    """What is needed of `Runs`."""

    async def start(self, trigger: Trigger, text: str, agent: str) -> RunId:
        """See `Runs.start`."""

    async def answer(
        self, ask_id: AskId, choice: str, actor: ActorId, reason: str = "",
        *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None,
    ) -> Answered | Refusal:
        """See `Runs.answer`."""

    async def stop(self, run_id: RunId, actor: ActorId, *, takes_over: bool = False) -> Answered | Refusal:
        """See `Runs.stop`."""

    async def undo(self, run_id: RunId, call_id: CallId, actor: ActorId) -> Answered | Refusal:
        """See `Runs.undo`."""


class Switching(Protocol):
    """What is needed of `Switchboard`."""

    async def halt(self, scope: str, actor: ActorId, reason: str = "") -> str | Refusal:
        """See `Switchboard.halt`."""

    async def resume(self, scope: str, actor: ActorId) -> str | Refusal:
        """See `Switchboard.resume`."""

    async def revoke(self, grant_id: GrantId, actor: ActorId) -> str | Refusal:
        """See `Switchboard.revoke`."""

    async def forget(self, number: int, agent: str, actor: ActorId) -> str | Refusal:
        """See `Switchboard.forget`."""

    async def trust(self, tool: str, definition: str, actor: ActorId) -> str | Refusal:
        """See `Switchboard.trust`."""

    async def schedule(self, deed: str, name: str, actor: ActorId) -> str | Refusal:
        """See `Switchboard.schedule`."""

    async def let_in(self, token: TokenMade, actor: ActorId) -> str | Refusal:
        """See `Switchboard.let_in`."""

    async def shut_out(self, name: str, actor: ActorId) -> str | Refusal:
        """See `Switchboard.shut_out`."""


class Sorting(Protocol):
    """What is needed of `Mailroom`."""

    async def replay(self, number: int, actor: ActorId) -> str | Refusal:
        """See `Mailroom.replay`."""

    async def drop(self, number: int, actor: ActorId) -> str | Refusal:
        """See `Mailroom.drop`."""


class Door(Protocol):
    """What one person at the terminal may do, here or in the running bot. All of it raises NotFound."""

    async def ask(self, text: str, agent: str | None, key: str) -> RunId:
        """Start a run; the same key starts it once."""

    async def answer(
        self, ask_id: AskId, choice: str, reason: str = "", *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None
    ) -> Answered | Refusal:
        """Decide a question; `arguments` are all those of an edited call, `terms` those of a grant."""

    async def stop(self, run_id: RunId, *, takes_over: bool = False) -> Answered | Refusal:
        """End a run, or take it over."""

    async def undo(self, run_id: RunId, call_id: CallId) -> Answered | Refusal:
        """Take back what a call did, in a run of its own."""

    async def halt(self, scope: str, reason: str = "") -> str | Refusal:
        """Freeze an agent, or everything where `scope` is empty."""

    async def resume(self, scope: str) -> str | Refusal:
        """End a halt."""

    async def revoke(self, grant_id: GrantId) -> str | Refusal:
        """Take a grant back."""

    async def forget(self, number: int, agent: str) -> str | Refusal:
        """Have a memory of this agent erased."""

    async def trust(self, tool: str, definition: str) -> str | Refusal:
        """Accept how an MCP server describes a tool, exactly so."""

    async def schedule(self, deed: str, name: str) -> str | Refusal:
        """`pause` a schedule, `resume` it, or `run` it now."""

    async def replay(self, number: int) -> str | Refusal:
        """Have a delivery tried again."""

    async def drop(self, number: int) -> str | Refusal:
        """Give a delivery up for good."""

    async def let_in(self, token: TokenMade) -> str | Refusal:
        """Let a program in that uses the API."""

    async def shut_out(self, name: str) -> str | Refusal:
        """Revoke a program's token."""


class OwnDoor:
    """The door in the process that holds the runs, for one person. `agents` are the names of those configured."""

    def __init__(
        self, runs: Acting, switchboard: Switching, agents: Iterable[str], actor: ActorId, usual: str | None = None, *, mailroom: Sorting
    ) -> None:
        """`usual` is the agent of whoever names none; None for the only one that there is."""
        self._runs = runs
        self._switchboard = switchboard
        self._mailroom = mailroom
        self._agents = tuple(agents)
        self._actor = actor
        self._usual = usual or (self._agents[0] if len(self._agents) == 1 else None)

    async def ask(self, text: str, agent: str | None, key: str) -> RunId:
        """Start a run of this agent, or of the usual one."""
        known = ", ".join(self._agents)
        chosen = agent or self._usual
        if chosen is None:
            raise NotFound(f"Say which agent, with --agent: {known}.")
        if chosen not in self._agents:
            raise NotFound(f"There is no agent {chosen}. There is: {known}.")
        name = self._actor.partition("/")[2]
        return await self._runs.start(Trigger(Source.TERMINAL, f"{self._actor}/{key}", self._actor, name), text, chosen)

    async def answer(
        self, ask_id: AskId, choice: str, reason: str = "", *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None
    ) -> Answered | Refusal:
        """Decide a question as this person."""
        return await self._runs.answer(ask_id, choice, self._actor, reason, arguments=arguments, terms=terms)

    async def stop(self, run_id: RunId, *, takes_over: bool = False) -> Answered | Refusal:
        """End a run, or take it over, as this person."""
        return await self._runs.stop(run_id, self._actor, takes_over=takes_over)

    async def undo(self, run_id: RunId, call_id: CallId) -> Answered | Refusal:
        """Take back what a call did, as this person."""
        return await self._runs.undo(run_id, call_id, self._actor)

    async def halt(self, scope: str, reason: str = "") -> str | Refusal:
        """Freeze an agent, or everything, as this person."""
        return await self._switchboard.halt(scope, self._actor, reason)

    async def resume(self, scope: str) -> str | Refusal:
        """End a halt as this person."""
        return await self._switchboard.resume(scope, self._actor)

    async def revoke(self, grant_id: GrantId) -> str | Refusal:
        """Take a grant back as this person."""
        return await self._switchboard.revoke(grant_id, self._actor)

    async def forget(self, number: int, agent: str) -> str | Refusal:
        """Have a memory erased as this person."""
        return await self._switchboard.forget(number, agent, self._actor)

    async def trust(self, tool: str, definition: str) -> str | Refusal:
        """Accept how an MCP server describes a tool, as this person."""
        return await self._switchboard.trust(tool, definition, self._actor)

    async def schedule(self, deed: str, name: str) -> str | Refusal:
        """Pause a schedule, resume it, or run it now, as this person."""
        return await self._switchboard.schedule(deed, name, self._actor)

    async def replay(self, number: int) -> str | Refusal:
        """Have a delivery tried again, as this person."""
        return await self._mailroom.replay(number, self._actor)

    async def drop(self, number: int) -> str | Refusal:
        """Give a delivery up, as this person."""
        return await self._mailroom.drop(number, self._actor)

    async def let_in(self, token: TokenMade) -> str | Refusal:
        """Let a program in, as this person."""
        return await self._switchboard.let_in(token, self._actor)

    async def shut_out(self, name: str) -> str | Refusal:
        """Revoke a token as this person."""
        return await self._switchboard.shut_out(name, self._actor)
