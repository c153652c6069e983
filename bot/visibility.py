"""Who may read of a run: what it was asked, what it does, and what people decided about it."""

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.ids import ActorId
from agents.core.state import Run
from agents.core.trigger import Place, Source
from agents.ledger import RunSummary
from bot.rooms import Kind, Rooms

UNATTENDED = frozenset({Source.API, Source.WEBHOOK, Source.SCHEDULE, Source.FINDING})
"""What starts runs without anybody asking in person."""


class Visibility:
    """The rules, asked anew for each run. What cannot be learnt of a channel hides what was said there."""

    def __init__(self, rooms: Rooms, *, fresh: float = 30.0) -> None:
        """`fresh` is how many seconds ago somebody may have been in a channel to read of what was said there."""
        self._rooms = rooms
        self._fresh = fresh

    async def may_see(self, voter: Voter, run: Run | RunSummary) -> bool:
        """Whether this person may read of this run.

        Admins read everything, and everybody what they asked for themselves. Beyond that viewers read what was asked in public
        channels, members what was asked in their private channels, those who talk in a direct conversation what was asked there,
        operators what was asked at the terminal, and viewers what nobody asked in person, if it has no channel.
        """
        actor, place, source = _cause(run)
        if not voter.covers(run.agent):
            return False
        if place is None and source in UNATTENDED and voter.is_member:
            return voter.level >= Level.VIEWER
        return await self.may_read(voter, actor, place.channel if place else "")

    async def may_read(self, voter: Voter, actor: ActorId, channel: str) -> bool:
        """The same for what somebody caused in a channel; it is empty for the terminal."""
        if not (voter.is_member or voter.is_local):
            return False
        if voter.level >= Level.ADMIN or voter.actor == actor:
            return True
        if not channel:
            return voter.level >= Level.OPERATOR
        return voter.level >= Level.VIEWER and await self._is_open_to(voter, channel)

    async def _is_open_to(self, voter: Voter, channel: str) -> bool:
        match await self._rooms.kind(channel, self._fresh):
            case Kind.PUBLIC:
                return True
            case Kind.PRIVATE | Kind.DIRECT:
                return voter.user in await self._rooms.members(channel, self._fresh)
        return False


def _cause(run: Run | RunSummary) -> tuple[ActorId, Place | None, Source]:
    if isinstance(run, Run):
        return run.trigger.actor, run.trigger.place, run.trigger.source
    return run.actor, run.place, run.source
