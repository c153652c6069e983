"""Clicks on reports of findings: who looks after it, silence, expected, a false alarm, a closer look."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from agents.core.approval import Refusal
from agents.core.finding import Mark
from agents.core.ids import RunId
from agents.incidents import MARKED, Incidents
from agents.ports import Delivery
from agents.runs import Answered
from agents.standing import Standing
from bot.listeners.counter import Counter
from bot.listeners.payloads import actor_of
from bot.views.halts import waits
from bot.views.report_buttons import ACK, EXPECTATIONS, EXPECTED, FALSE, INVESTIGATE, SNOOZE, SNOOZES, chosen

OLD = Refusal("choice", "This menu is of another version of the bot.")

MINUTE = timedelta(minutes=1)


class FindingClicks:
    """Payload to `Incidents`, and nothing more. What was done shows in the report; what does not is told in private."""

    def __init__(self, counter: Counter, incidents: Incidents, standing: Standing) -> None:
        self._counter = counter
        self._incidents = incidents
        self._standing = standing
        self.handlers: Mapping[str, Callable[[Delivery, str], Awaitable[None]]] = {
            ACK: self._acknowledge, SNOOZE: self._snooze, EXPECTED: self._expected, FALSE: self._false_alarm,
            INVESTIGATE: self._investigate,
        }
        """By action id; each takes the value of what was clicked or picked."""

    async def _acknowledge(self, delivery: Delivery, value: str) -> None:
        await self._mark(delivery, RunId(value), Mark.ACKNOWLEDGED)

    async def _false_alarm(self, delivery: Delivery, value: str) -> None:
        await self._mark(delivery, RunId(value), Mark.FALSE_ALARM)

    async def _snooze(self, delivery: Delivery, value: str) -> None:
        run_id, picked = chosen(value)
        if picked not in SNOOZES:
            await self._counter.tell(delivery, OLD)
            return
        await self._mark(delivery, run_id, Mark.SNOOZED, _full_minute(delivery.received_at + SNOOZES[picked][1]))

    async def _expected(self, delivery: Delivery, value: str) -> None:
        run_id, picked = chosen(value)
        if picked not in EXPECTATIONS:
            await self._counter.tell(delivery, OLD)
            return
        await self._mark(delivery, run_id, EXPECTATIONS[picked][2])

    async def _mark(self, delivery: Delivery, run_id: RunId, mark: Mark, until: datetime | None = None) -> None:
        made = await self._incidents.mark(run_id, mark, actor_of(delivery.body), until=until)
        await self._counter.tell(delivery, made, success=isinstance(made, Answered) and made.text not in MARKED.values())

    async def _investigate(self, delivery: Delivery, value: str) -> None:
        made = await self._incidents.investigate(RunId(value), actor_of(delivery.body))
        await self._counter.tell(delivery, made, success=True)
        if isinstance(made, Answered) and self._standing.switches.halts:
            run = await self._counter.runs.see(made.run_id)
            if not run.over and (halt := self._standing.halt_of(run.agent)):
                await self._counter.say(delivery, waits(halt, run.agent))


def _full_minute(at: datetime) -> datetime:
    """The end of its minute: two clicks of one hand mean one time."""
    return at.replace(second=0, microsecond=0) + MINUTE
