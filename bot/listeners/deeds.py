"""What people do with everything or with a whole run, by command, by button or on the Home tab. Who may is asked here, each time."""

from collections.abc import Collection
from datetime import datetime

from agents.core.approval import Refusal, Voter
from agents.core.errors import NotFound
from agents.core.ids import GrantId, RunId
from agents.runs import Runs
from agents.switchboard import Switchboard
from bot.listeners.reading import Reading
from bot.listeners.words import Asked, Mistake, nearest
from bot.views.mrkdwn import escape

EVERYTHING = frozenset({"", "all", "everything"})
"""Words for every agent at once."""


class Deeds:
    """Words to `Switchboard` and `Runs`."""

    def __init__(self, *, runs: Runs, switchboard: Switchboard, reading: Reading, agents: Collection[str]) -> None:
        self._runs = runs
        self._switchboard = switchboard
        self._reading = reading
        self._agents = agents

    async def do(self, asked: Asked, voter: Voter) -> str | Mistake:
        """Do what a command says. One sentence of mrkdwn."""
        match asked.verb:
            case "halt":
                return await self.halt(asked.filters.get("agent", ""), voter, asked.filters.get("because", ""))
            case "resume":
                return await self.resume(asked.filters.get("agent", ""), voter)
        return await self.stop(asked.filters["run"], voter, takes_over="take over" in asked.flags)

    async def halt(self, agent: str, voter: Voter, reason: str = "") -> str | Mistake:
        """Freeze an agent, or everything."""
        try:
            return _told(await self._switchboard.halt(_scope(agent), voter.actor, reason))
        except NotFound:
            return self._no_agent(agent)

    async def resume(self, agent: str, voter: Voter, asked_at: datetime | None = None) -> str | Mistake:
        """End a halt, if it did not begin after this was asked for."""
        try:
            return _told(await self._switchboard.resume(_scope(agent), voter.actor, asked_at=asked_at))
        except NotFound:
            return self._no_agent(agent)

    async def revoke(self, grant_id: str, voter: Voter) -> str | Mistake:
        """Take a grant back."""
        try:
            return _told(await self._switchboard.revoke(GrantId(grant_id), voter.actor))
        except NotFound as error:
            return Mistake(escape(str(error)))

    async def forget(self, name: str, voter: Voter) -> str | Mistake:
        """Have a memory erased that this person may see."""
        found = await self._reading.remembering.find(name, voter)
        if isinstance(found, Mistake):
            return found
        return _told(await self._switchboard.forget(found.number, found.note.agent, voter.actor))

    async def change(self, asked: Asked, voter: Voter) -> str | Mistake:
        """Do what stands in a command that reads otherwise. One thing at a time."""
        if len(asked.changing) > 1:
            return Mistake("One thing at a time, please.")
        [(deed, value)] = asked.changing.items()
        match deed:
            case "revoke":
                return await self.revoke(value, voter)
            case "forget":
                return await self.forget(value, voter)
        return await self.schedule(deed, value, voter)

    async def schedule(self, deed: str, name: str, voter: Voter, asked_at: datetime | None = None) -> str | Mistake:
        """Pause a schedule, resume it, or run it now, if nobody did something to it after this was asked for."""
        try:
            return _told(await self._switchboard.schedule(deed, name, voter.actor, asked_at=asked_at))
        except NotFound as error:
            return Mistake(escape(str(error)))

    async def stop(self, run: str, voter: Voter, *, takes_over: bool) -> str | Mistake:
        """End a run, or take it over. Whoever knows its whole id needs not see it: to end one is always safe."""
        run_id: RunId | Mistake = RunId(run.lower())
        try:
            await self._runs.see(RunId(run.lower()))
        except NotFound:
            run_id = await self._reading.run(run, voter)
        if isinstance(run_id, Mistake):
            return run_id
        done = await self._runs.stop(run_id, voter.actor, takes_over=takes_over)
        if isinstance(done, Refusal):
            return _told(done)
        more = f" `/ops run {escape(run_id)}` has the case with what was found." if takes_over else ""
        return f":octagonal_sign: `{escape(run_id)}`: {escape(done.text)}{more}"

    def _no_agent(self, agent: str) -> Mistake:
        listed = ", ".join(f"`{escape(one)}`" for one in self._agents)
        return Mistake(f"There is no agent `{escape(agent[:60])}`{nearest(agent, self._agents)} There is: {listed}.")


def _scope(agent: str) -> str:
    return "" if agent.lower() in EVERYTHING else agent


def _told(done: str | Refusal) -> str | Mistake:
    return Mistake(f":lock: {escape(done.text)}") if isinstance(done, Refusal) else escape(done)
