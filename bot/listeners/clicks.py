"""Buttons and modals: which of them does what. Whoever may not is told so in private."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.errors import NotFound
from agents.core.ids import AskId
from agents.incidents import Incidents
from agents.ports import Delivery, Journal
from agents.runs import Runs
from agents.spec import RulesFor
from agents.standing import Standing
from bot.listeners.counter import Counter, MaySee
from bot.listeners.finding_clicks import FindingClicks
from bot.listeners.payloads import Body, value_of
from bot.listeners.question_clicks import QuestionClicks
from bot.listeners.run_clicks import RunClicks
from bot.listeners.whisper import Whisper
from bot.people import People
from bot.views import deny, details, edit, feedback, grant, reply

log = logging.getLogger(__name__)

CHOICES: Mapping[str, str] = {
    "resolve_happened": "happened",
    "resolve_retry": "retry",
    "resolve_abandon": "abandon",
    "limit_raise": "raise",
    "limit_finish": "finish",
}
"""The choice that each of these buttons makes at once."""

DECIDING = frozenset({"approve", *CHOICES})
"""Buttons whose question may be gone: then nothing was decided, which has to be said."""

GONE = "This question is not known here any more, so nothing was decided."


class Clicks:
    """Payload to answer, and nothing more."""

    def __init__(
        self, *, runs: Runs, people: People, client: AsyncWebClient, whisper: Whisper, journal: Journal, rules_for: RulesFor,
        may_see: MaySee, incidents: Incidents, standing: Standing,
    ) -> None:
        """`may_see` says whether a person may see what a run did, beside their level."""
        self._counter = Counter(runs=runs, people=people, client=client, whisper=whisper, may_see=may_see)
        self._questions = QuestionClicks(self._counter, people, rules_for)
        self._runs = RunClicks(self._counter, journal)
        on_questions, on_runs = self._questions, self._runs
        self._of_questions: Mapping[str, Callable[[Delivery, AskId], Awaitable[None]]] = {
            "approve": on_questions.approve, "deny": on_questions.deny, "edit": on_questions.edit, "grant": on_questions.grant,
            "review": on_questions.review, "details": on_questions.details, "approve_all": on_questions.approve_all,
            "deny_all": on_questions.deny_all, "reply": on_questions.reply,
        }
        self._of_runs: Mapping[str, Callable[[Delivery, str], Awaitable[None]]] = {
            "stop": on_runs.stop, "take_over": on_runs.take_over, "undo": on_runs.undo, "timeline": on_runs.timeline,
            "feedback": on_runs.rated, "feedback_good": on_runs.rated, "feedback_bad": on_runs.rated,
            **FindingClicks(self._counter, incidents, standing).handlers,
        }
        self._submitted: Mapping[str, Callable[[Delivery], Awaitable[None]]] = {
            deny.CALLBACK: on_questions.denied, deny.ALL: on_questions.denied_all, edit.CALLBACK: on_questions.edited,
            grant.CALLBACK: on_questions.granted, details.REVIEW: on_questions.reviewed, feedback.CALLBACK: on_runs.explained,
            reply.CALLBACK: on_questions.replied,
        }

    async def handle_action(self, delivery: Delivery) -> None:
        """A button was clicked. A modal is opened first of all: Slack allows three seconds for it."""
        action = delivery.body["actions"][0]
        name, value = str(action.get("action_id")), value_of(action)
        try:
            await self._act(delivery, name, value)
        except NotFound as error:
            if name not in DECIDING:
                raise
            log.warning("%s: %s", delivery.key, error)
            await self._counter.say(delivery, GONE)

    async def _act(self, delivery: Delivery, name: str, value: str) -> None:
        if name in CHOICES:
            await self._counter.answer(delivery, AskId(value), CHOICES[name])
        elif name in self._of_questions:
            await self._of_questions[name](delivery, AskId(value))
        elif name in self._of_runs:
            await self._of_runs[name](delivery, value)
        elif name.startswith(f"{grant.FIXED}:") and "view" in delivery.body:
            await self._questions.ticked(delivery)
        else:
            log.info("Nothing listens to the element %s", name)

    async def handle_view(self, delivery: Delivery) -> None:
        """A modal was submitted."""
        callback = str(delivery.body["view"].get("callback_id"))
        if callback not in self._submitted:
            log.info("Nothing listens to the modal %s", callback)
            return
        try:
            await self._submitted[callback](delivery)
        except NotFound as error:
            log.warning("%s: %s", delivery.key, error)
            await self._counter.say(delivery, GONE)

    async def complaints(self, body: Body) -> Mapping[str, str]:
        """What is wrong with a submitted modal, by the block that should say so; asked before Slack is told that it arrived."""
        view = body["view"]
        return await self._questions.complaints(view) if view.get("callback_id") == edit.CALLBACK else {}
