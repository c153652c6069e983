"""What waits for whom: the open questions that a person may see, and those that they may decide."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from agents.core.approval import CHOICES, Voter, admit, may_decide
from agents.core.errors import NotFound
from agents.core.ids import AskId, run_of
from agents.core.state import Ask, AskKind, Run
from agents.ledger import AskSummary, Ledger
from agents.runs import Runs
from bot.visibility import Visibility

LOOKED_THROUGH = 1000
"""Questions that are looked through for one answer."""

REMEMBERED = 20_000
"""Questions whose approvers are remembered: they never change, and to look them up takes reading their run."""


class Waiting:
    """Asks the ledger, and of each question the rules of this moment."""

    def __init__(self, *, runs: Runs, ledger: Ledger, visibility: Visibility) -> None:
        self._runs = runs
        self._ledger = ledger
        self._visibility = visibility
        self._approvers: dict[AskId, tuple[str, ...] | None] = {}

    async def seen(self, voter: Voter, *, open_only: bool, most: int = LOOKED_THROUGH) -> list[AskSummary]:
        """Those among the first `most` questions of the ledger that this person may see, in its order."""
        found = await self._ledger.asks(open_only=open_only, limit=most)
        places = await self._ledger.places({ask.run_id for ask in found})
        may: Mapping[str, bool] = {run_id: await self._visibility.may_see(voter, run) for run_id, run in places.items()}
        return [ask for ask in found if may.get(ask.run_id)]

    async def mine(self, voter: Voter, asks: Iterable[AskSummary], now: datetime, most: int) -> list[tuple[Run, Ask]]:
        """The first `most` of these questions that this person may decide now and has not decided, with their runs."""
        found: list[tuple[Run, Ask]] = []
        for one in asks:
            if len(found) == most:
                break
            if await self._could(voter, one) and (pair := await self._asked(one.ask_id)) and _is_for(voter, *pair, now):
                found.append(pair)
        return found

    async def _could(self, voter: Voter, ask: AskSummary) -> bool:
        """Whether this person is among those who are asked, without reading the run once more."""
        if ask.ask_id not in self._approvers:
            pair = await self._asked(ask.ask_id)
            while len(self._approvers) >= REMEMBERED:
                del self._approvers[next(iter(self._approvers))]
            self._approvers[ask.ask_id] = pair[1].approvers if pair and pair[1].kind is not AskKind.LIMIT else None
        approvers = self._approvers[ask.ask_id]
        return approvers is None or may_decide(approvers, voter)

    async def _asked(self, ask_id: AskId) -> tuple[Run, Ask] | None:
        try:
            run = await self._runs.see(run_of(ask_id))
        except NotFound:
            return None
        return (run, run.asks[ask_id]) if ask_id in run.asks else None


def _is_for(voter: Voter, run: Run, ask: Ask, now: datetime) -> bool:
    """Whether what is asked for waits for this person: they could say yes now. A halt changes nothing of that."""
    return ask.open and admit(run, ask, voter, CHOICES[ask.kind][0], now) is None
