"""The platform's own stop button: whoever presses it stops what runs in that thread."""

from agents.core.approval import Refusal
from agents.core.ids import RunId
from agents.core.trigger import Place
from agents.ledger import Ledger
from agents.ports import Delivery
from agents.runs import Runs
from bot.listeners.payloads import author_of, team_of, where_of
from bot.listeners.whisper import Whisper
from bot.views.mrkdwn import escape

CHUNK = 500
"""Open runs that are looked through at once for those of the thread."""


class Sessions:
    """Payload to `Runs.stop`, and nothing more."""

    def __init__(self, *, runs: Runs, ledger: Ledger, whisper: Whisper) -> None:
        self._runs = runs
        self._ledger = ledger
        self._whisper = whisper

    async def stopped(self, delivery: Delivery) -> None:
        """Stop the open runs of a thread, as far as this person may."""
        event, team = delivery.body["event"], team_of(delivery.body)
        thread = event.get("thread_ts")
        if not thread or not event.get("user"):
            return
        actor = author_of(event, team)
        for run_id in await self._open_runs(Place(team, str(event["channel"]), str(thread))):
            done = await self._runs.stop(run_id, actor)
            if isinstance(done, Refusal) and done.code != "closed":
                await self._whisper(where_of(delivery), f":lock: {escape(done.text)}")

    async def _open_runs(self, place: Place) -> list[RunId]:
        found: list[RunId] = []
        before: int | None = None
        while True:
            chunk = await self._ledger.runs(open_only=True, limit=CHUNK, before=before)
            found += [one.run_id for one in chunk if one.place == place]
            if len(chunk) < CHUNK:
                return found
            before = chunk[-1].number
