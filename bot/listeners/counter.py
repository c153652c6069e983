"""What clicks of every kind need: the question or the run that they are about, a dialog in time, a word in private."""

import logging
from collections.abc import Awaitable, Callable

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level
from agents.core.approval import Refusal, Voter, withdrawn_right
from agents.core.errors import NotFound
from agents.core.ids import AskId, RunId, run_of
from agents.core.state import Ask, Run
from agents.ports import Delivery
from agents.runs import Answered, Runs
from bot.listeners.payloads import actor_of, where_of
from bot.listeners.whisper import Whisper
from bot.people import People
from bot.trouble import EXPECTED, error_of
from bot.views.message import Modal
from bot.views.mrkdwn import escape

log = logging.getLogger(__name__)

MaySee = Callable[[Voter, Run], Awaitable[bool]]
"""Whether a person may see what a run did: it may have spoken where they are not."""

READERS = ":lock: Only members of this workspace who may read what agents do, and see where this was asked, can look into it."


class Counter:
    """Where people are served."""

    def __init__(self, *, runs: Runs, people: People, client: AsyncWebClient, whisper: Whisper, may_see: MaySee) -> None:
        self.runs = runs
        self._people = people
        self._client = client
        self._whisper = whisper
        self._may_see = may_see

    async def asked(self, ask_id: AskId) -> tuple[Run, Ask]:
        """The question and its run. Raises NotFound."""
        run = await self.runs.see(run_of(ask_id))
        if ask_id not in run.asks:
            raise NotFound(f"{run.run_id} has no question {ask_id}.")
        return run, run.asks[ask_id]

    async def say(self, delivery: Delivery, text: str) -> None:
        """Tell whoever clicked, in private. `text` is mrkdwn, escaped."""
        await self._whisper(where_of(delivery), text)

    async def tell(self, delivery: Delivery, made: Answered | Refusal, *, success: bool = False) -> None:
        """Tell what was refused; what was done shows by itself, unless it is said that it does not."""
        if isinstance(made, Refusal):
            log.info("%s: %s was refused: %s", delivery.key, actor_of(delivery.body), made.code)
            await self.say(delivery, f":lock: {escape(made.text)}")
        elif success:
            await self.say(delivery, f":white_check_mark: {escape(made.text)}")

    async def may_read(self, delivery: Delivery, run: Run, ask: Ask | None = None) -> bool:
        """Whether whoever clicked may read this run, or decide this question of it; they are told where they may not."""
        voter = await self._people.voter(actor_of(delivery.body))
        decides = ask is not None and withdrawn_right(run, ask, voter, voter.name) is None
        if decides or (voter.level >= Level.VIEWER and await self._may_see(voter, run)):
            return True
        await self.say(delivery, READERS)
        return False

    async def open(self, delivery: Delivery, modal: Modal) -> None:
        """Show a dialog. Slack allows three seconds from the click."""
        try:
            await self._client.views_open(trigger_id=str(delivery.body["trigger_id"]), view=modal.view())
        except EXPECTED as error:
            log.warning("%s: the dialog could not be opened: %s", delivery.key, error_of(error) or error)
            await self.say(delivery, "The dialog could not be opened in time. Nothing was decided; please click again.")

    async def renew(self, delivery: Delivery, modal: Modal) -> None:
        """Write the dialog anew in which something was ticked; where that is too late it stays as it is, and nothing else is lost."""
        view = delivery.body["view"]
        try:
            await self._client.views_update(view_id=str(view["id"]), hash=str(view["hash"]), view=modal.view())
        except EXPECTED as error:
            log.warning("%s: the dialog could not be written anew: %s", delivery.key, error_of(error) or error)

    async def answer(self, delivery: Delivery, ask_id: AskId, choice: str, reason: str = "") -> None:
        """Decide a question for whoever clicked, with nothing but a word."""
        await self.tell(delivery, await self.runs.answer(ask_id, choice, actor_of(delivery.body), reason))

    async def stop(self, delivery: Delivery, run_id: RunId, *, takes_over: bool) -> None:
        """End a run for whoever clicked."""
        await self.tell(delivery, await self.runs.stop(run_id, actor_of(delivery.body), takes_over=takes_over))
