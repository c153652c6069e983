"""Clicks on questions: approve, deny, edit, grant, review, details, all of a card at once. Everything goes through `Runs.answer`."""

from collections.abc import Mapping

from agents.core.approval import Refusal
from agents.core.ids import AskId
from agents.core.state import Ask, AskKind, Run
from agents.core.tool import ToolSpec
from agents.ports import Delivery
from agents.spec import RulesFor
from bot.listeners.counter import Counter
from bot.listeners.payloads import Body, actor_of, where_of
from bot.people import People
from bot.views import edit as edit_view
from bot.views import grant as grant_view
from bot.views import reply as reply_view
from bot.views.deny import deny, deny_all, reason_of
from bot.views.details import details, review
from bot.views.facts import asked_arguments, brief, the_call
from bot.views.mrkdwn import escape
from bot.views.room import fits
from bot.views.spot import ask_of

UNSEEN = "This card cannot show all of the call's arguments. Use Review and approve: it shows every one of them, whole."


class QuestionClicks:
    """Payload to answer, and nothing more."""

    def __init__(self, counter: Counter, people: People, rules_for: RulesFor) -> None:
        self._counter = counter
        self._people = people
        self._rules_for = rules_for

    async def approve(self, delivery: Delivery, ask_id: AskId) -> None:
        """One click is enough where the card shows the call whole; the button of an older card may stand where it does not."""
        run, ask = await self._counter.asked(ask_id)
        if ask.kind is AskKind.APPROVAL and ask.open and not fits(run, ask):
            await self._counter.say(delivery, f":lock: {UNSEEN}")
        else:
            await self._counter.answer(delivery, ask_id, "approve")

    async def approve_all(self, delivery: Delivery, card: AskId) -> None:
        """Each open question of the card by itself, one after the other."""
        run, waiting = await self._waiting(card)
        if not all(fits(run, ask) for ask in waiting):
            await self._counter.say(delivery, f":lock: {UNSEEN}")
        else:
            await self._each(delivery, run, waiting, "approve")

    async def deny(self, delivery: Delivery, ask_id: AskId) -> None:
        """Open the dialog that takes the reason."""
        run, ask = await self._counter.asked(ask_id)
        call = run.calls.get(ask.call_id) if ask.call_id else None
        named = f"{call.tool[:60]}({brief(asked_arguments(run, ask))})" if call else ""
        await self._counter.open(delivery, deny(ask_id, where_of(delivery), named))

    async def deny_all(self, delivery: Delivery, card: AskId) -> None:
        """Open the dialog that takes one reason for all."""
        _, waiting = await self._waiting(card)
        await self._counter.open(delivery, deny_all(card, where_of(delivery), len(waiting)))

    async def edit(self, delivery: Delivery, ask_id: AskId) -> None:
        """Open the dialog that holds the call's arguments."""
        run, ask = await self._counter.asked(ask_id)
        spec = self._spec(run, ask)
        if spec is None:
            await self._counter.say(delivery, ":lock: This tool was taken away from the agent, so its call cannot be changed.")
        elif await self._counter.may_read(delivery, run, ask):
            modal = edit_view.edit(ask_id, spec.name, spec.schema, asked_arguments(run, ask), where_of(delivery))
            await self._counter.open(delivery, modal)

    async def grant(self, delivery: Delivery, ask_id: AskId) -> None:
        """Open the dialog that takes the terms."""
        run, ask = await self._counter.asked(ask_id)
        if await self._counter.may_read(delivery, run, ask):
            await self._counter.open(delivery, grant_view.grant(run, ask, where_of(delivery)))

    async def ticked(self, delivery: Delivery) -> None:
        """Something was ticked in the dialog of a grant: say in words what it covers now."""
        view = delivery.body["view"]
        run, ask = await self._counter.asked(ask_of(view))
        fixed = grant_view.fixed_in(view, asked_arguments(run, ask))
        await self._counter.renew(delivery, grant_view.grant(run, ask, where_of(delivery), fixed))

    async def review(self, delivery: Delivery, ask_id: AskId) -> None:
        """Open the dialog that shows the call whole and approves it."""
        run, ask = await self._counter.asked(ask_id)
        if await self._counter.may_read(delivery, run, ask):
            await self._counter.open(delivery, review(run, ask, where_of(delivery), self._people.mentions()))

    async def details(self, delivery: Delivery, ask_id: AskId) -> None:
        """All there is to know, for those who may read what agents do."""
        run, ask = await self._counter.asked(ask_id)
        if await self._counter.may_read(delivery, run):
            await self._counter.open(delivery, details(run, ask))

    async def reply(self, delivery: Delivery, ask_id: AskId) -> None:
        """Open the dialog that takes an answer in words."""
        run, ask = await self._counter.asked(ask_id)
        if await self._counter.may_read(delivery, run, ask):
            await self._counter.open(delivery, reply_view.reply(ask, where_of(delivery)))

    async def replied(self, delivery: Delivery) -> None:
        """The answer was submitted."""
        view = delivery.body["view"]
        await self._counter.answer(delivery, ask_of(view), "reply", reply_view.words_of(view))

    async def denied(self, delivery: Delivery) -> None:
        """The denial was submitted, with or without a reason."""
        view = delivery.body["view"]
        await self._counter.answer(delivery, ask_of(view), "deny", reason_of(view))

    async def denied_all(self, delivery: Delivery) -> None:
        """The denial of all was submitted."""
        view = delivery.body["view"]
        await self._each(delivery, *await self._waiting(ask_of(view)), "deny", reason_of(view))

    async def reviewed(self, delivery: Delivery) -> None:
        """Somebody has seen the call whole and approves it."""
        await self._counter.answer(delivery, ask_of(delivery.body["view"]), "approve")

    async def edited(self, delivery: Delivery) -> None:
        """The changed arguments were submitted; what is wrong with them was told before, see `complaints`."""
        view = delivery.body["view"]
        run, ask = await self._counter.asked(ask_of(view))
        spec, given = self._spec(run, ask), asked_arguments(run, ask)
        arguments, wrong = edit_view.arguments_in(view, spec.schema if spec else {}, given)
        if wrong:
            await self._counter.say(delivery, f":lock: Nothing was changed. {escape(' '.join(wrong.values()))}")
        else:
            made = await self._counter.runs.answer(ask.ask_id, "edit", actor_of(delivery.body), arguments=arguments)
            await self._counter.tell(delivery, made)

    async def granted(self, delivery: Delivery) -> None:
        """The terms of a grant were submitted."""
        view = delivery.body["view"]
        run, ask = await self._counter.asked(ask_of(view))
        terms = grant_view.terms_of(view, asked_arguments(run, ask))
        made = await self._counter.runs.answer(ask.ask_id, "grant", actor_of(delivery.body), terms=terms)
        await self._counter.tell(delivery, made, success=True)

    async def complaints(self, view: Body) -> Mapping[str, str]:
        """What is wrong with submitted arguments, by the block that should say so. A question that is closed is refused later."""
        run, ask = await self._counter.asked(ask_of(view))
        spec = self._spec(run, ask)
        if spec is None or not ask.open:
            return {}
        rules = self._rules_for(run.agent)
        return edit_view.complaints(view, spec.name, spec.schema, asked_arguments(run, ask), rules.invalid)

    def _spec(self, run: Run, ask: Ask) -> ToolSpec | None:
        return self._rules_for(run.agent).tools.get(the_call(run, ask).tool)

    async def _waiting(self, card: AskId) -> tuple[Run, tuple[Ask, ...]]:
        run, _ = await self._counter.asked(card)
        return run, tuple(ask for ask in run.on_card(card) if ask.open)

    async def _each(self, delivery: Delivery, run: Run, waiting: tuple[Ask, ...], choice: str, reason: str = "") -> None:
        """Decide them one by one; what was refused is told in one go."""
        refused = []
        for ask in waiting:
            made = await self._counter.runs.answer(ask.ask_id, choice, actor_of(delivery.body), reason)
            if isinstance(made, Refusal):
                refused.append(f"`{escape(the_call(run, ask).tool)}`: {escape(made.text)}")
        if refused:
            await self._counter.say(delivery, ":lock: " + "\n".join(dict.fromkeys(refused)))
