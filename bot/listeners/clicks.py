"""Buttons and modals. Whoever may not decide is told so in private; everything goes through `Runs.answer`."""

import logging
from collections.abc import Mapping

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.ids import AskId, run_of
from agents.core.state import Ask, Run
from agents.ports import Delivery
from agents.runs import Runs
from bot.listeners.payloads import Where, actor_of, where_of
from bot.listeners.whisper import Whisper
from bot.people import People
from bot.trouble import EXPECTED, error_of
from bot.views.deny import CALLBACK, ask_of, deny, reason_of
from bot.views.details import details
from bot.views.facts import one_line
from bot.views.message import Modal
from bot.views.mrkdwn import escape

log = logging.getLogger(__name__)

CHOICES: Mapping[str, str] = {
    "approve": "approve",
    "resolve_happened": "happened",
    "resolve_retry": "retry",
    "resolve_abandon": "abandon",
    "limit_raise": "raise",
    "limit_finish": "finish",
    "stop": "stop",
}
"""The choice that each button makes at once."""


class Clicks:
    """Payload to answer, and nothing more."""

    def __init__(self, *, runs: Runs, people: People, client: AsyncWebClient, whisper: Whisper) -> None:
        self._runs = runs
        self._people = people
        self._client = client
        self._whisper = whisper

    async def handle_action(self, delivery: Delivery) -> None:
        """A button was clicked. A modal is opened first of all: Slack allows three seconds for it."""
        where, action = where_of(delivery), delivery.body["actions"][0]
        name, ask_id = str(action.get("action_id")), AskId(str(action.get("value") or ""))
        if name == "deny":
            run, ask = await self._asked(ask_id)
            call = one_line(run.calls[ask.call_id]).rpartition(": ")[0] if ask.call_id else ""
            await self._open(delivery, where, deny(ask_id, where, call))
        elif name == "details":
            await self._details(delivery, ask_id, where)
        elif name in CHOICES:
            await self._answer(delivery, ask_id, CHOICES[name], "", where)
        else:
            log.info("Nothing listens to the element %s", name)

    async def _details(self, delivery: Delivery, ask_id: AskId, where: Where | None) -> None:
        """The whole call, for those who may read what agents do."""
        if (await self._people.voter(actor_of(delivery.body))).is_member:
            await self._open(delivery, where, details(*await self._asked(ask_id)))
        else:
            await self._whisper(where, ":lock: Only full members of this workspace can read the whole call.")

    async def _asked(self, ask_id: AskId) -> tuple[Run, Ask]:
        """The question and its run. Raises NotFound."""
        run = await self._runs.see(run_of(ask_id))
        if ask_id not in run.asks:
            raise NotFound(f"{run.run_id} has no question {ask_id}.")
        return run, run.asks[ask_id]

    async def handle_view(self, delivery: Delivery) -> None:
        """A modal was submitted: the denial, with or without a reason."""
        view = delivery.body["view"]
        if view.get("callback_id") != CALLBACK:
            log.info("Nothing listens to the modal %s", view.get("callback_id"))
            return
        await self._answer(delivery, ask_of(view), "deny", reason_of(view), where_of(delivery))

    async def _answer(self, delivery: Delivery, ask_id: AskId, choice: str, reason: str, where: Where | None) -> None:
        try:
            answered = await self._runs.answer(ask_id, choice, actor_of(delivery.body), reason)
        except NotFound as error:
            log.warning("%s: %s", delivery.key, error)
            await self._whisper(where, "This question is not known here any more, so nothing was decided.")
            return
        if isinstance(answered, Refusal):
            log.info("%s may not %s %s: %s", actor_of(delivery.body), choice, ask_id, answered.code)
            await self._whisper(where, f":lock: {escape(answered.text)}")

    async def _open(self, delivery: Delivery, where: Where | None, modal: Modal) -> None:
        try:
            await self._client.views_open(trigger_id=str(delivery.body["trigger_id"]), view=modal.view())
        except EXPECTED as error:
            log.warning("%s: the dialog could not be opened: %s", delivery.key, error_of(error) or error)
            await self._whisper(where, "The dialog could not be opened in time. Nothing was decided; please click again.")
