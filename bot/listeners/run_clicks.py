"""Clicks on runs: stop, take over, undo, timeline, thumbs."""

from agents.core.ids import AskId, RunId, run_of
from agents.core.state import AskKind
from agents.ports import Delivery, Journal
from bot.listeners.counter import Counter
from bot.listeners.payloads import actor_of, where_of
from bot.views import feedback as feedback_view
from bot.views.spot import run_of as run_in
from bot.views.timeline import timeline
from bot.views.undo import undone_by


class RunClicks:
    """Payload to `Runs`, and nothing more."""

    def __init__(self, counter: Counter, journal: Journal) -> None:
        self._counter = counter
        self._journal = journal

    async def stop(self, delivery: Delivery, value: str) -> None:
        """End a run. On a limit that was met it is one of the answers, which whoever asked may give as well."""
        if "." in value and (await self._counter.asked(AskId(value)))[1].kind is AskKind.LIMIT:
            await self._counter.answer(delivery, AskId(value), "stop")
        else:
            await self._counter.stop(delivery, run_of(AskId(value)), takes_over=False)

    async def take_over(self, delivery: Delivery, value: str) -> None:
        """End a run so that a person goes on with it."""
        await self._counter.stop(delivery, run_of(AskId(value)), takes_over=True)

    async def undo(self, delivery: Delivery, value: str) -> None:
        """Take back what a call did."""
        made = await self._counter.runs.undo(*undone_by(value), actor_of(delivery.body))
        await self._counter.tell(delivery, made, success=True)

    async def timeline(self, delivery: Delivery, value: str) -> None:
        """What happened, for those who may read what agents do."""
        run = await self._counter.runs.see(RunId(value))
        if await self._counter.may_read(delivery, run):
            await self._counter.open(delivery, timeline(run, await self._journal.read(run.run_id)))

    async def rated(self, delivery: Delivery, value: str) -> None:
        """A thumb: up is kept at once, down asks what was wrong."""
        good, run_id = feedback_view.rated(value)
        if good:
            await self._feedback(delivery, run_id, good=True)
        else:
            await self._counter.open(delivery, feedback_view.feedback(run_id, where_of(delivery)))

    async def explained(self, delivery: Delivery) -> None:
        """Somebody said what was wrong."""
        view = delivery.body["view"]
        await self._feedback(delivery, run_in(view), good=False, note=feedback_view.note_of(view))

    async def _feedback(self, delivery: Delivery, run_id: RunId, *, good: bool, note: str = "") -> None:
        made = await self._counter.runs.feedback(run_id, actor_of(delivery.body), good=good, note=note)
        await self._counter.tell(delivery, made, success=True)
