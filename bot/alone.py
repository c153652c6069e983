"""Behind the ports of a process without Slack: a surface where nobody listens, and a directory that knows the local user alone."""

from collections.abc import Sequence
from datetime import datetime

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.errors import SurfaceError
from agents.core.ids import ActorId
from agents.core.state import Run
from agents.figures import Work
from agents.ports import Posted


class NoSurface:
    """Where nobody listens: runs from the terminal are followed in the journal, and those from Slack wait for the bot to speak."""

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        raise SurfaceError("Only a running bot speaks in Slack.")

    async def update(self, run: Run, post: str) -> Posted:
        raise SurfaceError("Only a running bot speaks in Slack.")

    def progress(self, run: Run, line: str) -> None:
        """Nobody looks."""

    def say(self, run: Run, piece: str) -> None:
        """Nobody listens."""

    def moved(self, run: Run) -> None:
        """Nobody looks."""


class Terminal:
    """The directory of a machine without Slack: only the local user is known."""

    async def voter(self, actor: ActorId) -> Voter:
        place, _, name = actor.partition("/")
        local = place == "local"
        return Voter(actor, name, name, place, level=Level.ADMIN if local else Level.NOBODY, is_local=local, is_unknown=not local)


class NoWork:
    """What runs did where there is no database yet."""

    async def work(self, since: datetime) -> Sequence[Work]:
        """Nothing."""
        return ()
