"""The cards for a call whose outcome is unknown and for a limit that was met. Neither has a default, and neither expires."""

from agents.core.approval import ROLE
from agents.core.events import Limit
from agents.core.ids import SYSTEM
from agents.core.state import Ask, AskKind, Run
from bot import duration
from bot.views.approval import approval, asked_by, own_words
from bot.views.blocks import Json, actions, button, context, header, quote, section
from bot.views.evidence import evidence
from bot.views.facts import Mentions, approver_list, spared, the_call
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, named, person
from bot.views.room import text_of
from bot.views.rows import exactly, take_over

CHOSEN = {
    "happened": "it happened, and the run goes on from there",
    "retry": "it did not happen, and it is asked anew before it runs again",
    "abandon": "it is left as it is, and the agent may not propose it again",
    "raise": "the limit is raised, and the run may use as much again",
    "finish": "the run finishes with what it has",
    "stop": "the run is stopped",
    "replied": "the run goes on with the answer",
    "withdrawn": "the run was ended, so nobody has to answer this any more",
}
"""What each choice means, behind the name of who made it."""


ARGUMENTS = 2000
"""Characters of the arguments of a call in doubt that its card shows."""


def card(run: Run, ask: Ask, mentions: Mentions) -> Message:
    """The card of any question as it stands."""
    match ask.kind:
        case AskKind.APPROVAL:
            return approval(run, ask, mentions)
        case AskKind.DOUBT:
            return _doubt(run, ask, mentions)
        case AskKind.LIMIT:
            return _limit(run, ask, mentions)
        case AskKind.HELP:
            return _help(run, ask, mentions)


def _doubt(run: Run, ask: Ask, mentions: Mentions) -> Message:
    call = the_call(run, ask)
    title = f"{'Did this happen?' if ask.open else 'Settled'} {call.tool}"
    began = f" ({date(call.started_at, '{date_short_pretty} {time_secs}')})" if call.started_at else ""
    body: tuple[Json, ...] = (
        section(f"`{escape(call.tool)}` was started{began}, and nobody can tell from here whether it took effect. What is known:"),
        quote(ask.detail, 600), section(f"*Exactly this:* `{escape(call.tool)}` with"),
        *exactly(text_of(run, ask), ARGUMENTS, "*This is cut.* Read all of it under Details."),
    )
    if ask.open:
        body = (
            *body,
            section(
                "Look at the other side before you answer. It is never repeated by itself.\n"
                "*It happened:* the run goes on from there.\n*It did not:* it is asked anew, under a new approval.\n"
                "*Abandon:* it is left at that, and the agent may not propose it again.\n"
                f"*Who may say:* {approver_list(ask.approvers, mentions, but=spared(run, ask))}. This waits until somebody does."
            ),
            actions(
                f"decide:{ask.ask_id}", button("It happened", "resolve_happened", ask.ask_id),
                button("It did not: ask again", "resolve_retry", ask.ask_id), button("Abandon", "resolve_abandon", ask.ask_id, "danger"),
                button("Details", "details", ask.ask_id), take_over(ask.ask_id),
            ),
        )
    return _message(run, ask, title, (*_outcome(ask), *asked_by(run), *body))


def _limit(run: Run, ask: Ask, mentions: Mentions) -> Message:
    title = f"{'Paused' if ask.open else 'Was paused'}: {ask.limit or 'a limit'}"
    body: tuple[Json, ...] = (*asked_by(run), section("*Why it paused*"), quote(ask.detail, 600))
    if ask.open:
        worked = duration.show(run.moved_at - run.started_at - run.waited)
        used = f"{run.steps} {'step' if run.steps == 1 else 'steps'}, {run.usage.total:,} tokens, ${run.cost:.2f}, {worked}"
        body = (
            *body, *evidence(run),
            section(f"*Used so far:* {used}\n{_raising(ask, run.agent, mentions)}"),
            actions(
                f"decide:{ask.ask_id}", button("Raise the limit", "limit_raise", ask.ask_id, "primary"),
                button("Finish with what there is", "limit_finish", ask.ask_id), button("Stop", "stop", ask.ask_id, "danger"),
                button("Details", "details", ask.ask_id), take_over(ask.ask_id),
            ),
        )
    return _message(run, ask, title, (*_outcome(ask), *body))


def _raising(ask: Ask, agent: str, mentions: Mentions) -> str:
    """What each choice means, and who has it."""
    ends = "*Finish:* it answers with what it has.\n*Stop:* it ends now.\n"
    if ask.limit is Limit.DAY:
        return (
            f"*Raise:* {escape(agent)} may spend as much again today, in all its runs; those that wait go on.\n{ends}"
            f"*Who may choose:* {_called('admins', mentions)}; operators and whoever asked may finish or stop this run. With the new day "
            "(UTC) it goes on by itself."
        )
    return (
        f"*Raise:* it goes on and may use as much again.\n{ends}"
        f"*Who may choose:* {_called('operators', mentions)}; whoever asked may finish or stop it as well. Until then it waits."
    )


def _called(role: str, mentions: Mentions) -> str:
    return approver_list((ROLE + role,), mentions) if role in mentions else role


def _asker(run: Run, mentions: Mentions) -> str:
    """Whoever asked for the run; where nobody did, the operators."""
    return _called("operators", mentions) if run.trigger.actor == SYSTEM else person(run.trigger.actor, run.trigger.actor_name)


def _help(run: Run, ask: Ask, mentions: Mentions) -> Message:
    """A question in words, with all that the run has gathered: whoever is called needs to know what it knows."""
    title = "A question for you" if ask.open else "Was asked"
    body: tuple[Json, ...] = (*asked_by(run), section("*The agent asks*"), quote(ask.detail, 2000))
    if ask.open:
        who = approver_list(ask.approvers, mentions) if ask.approvers else _asker(run, mentions)
        body = (
            *body, *own_words(run, 1000), *evidence(run),
            section(f"*For:* {who}. Reply in this thread, or here. It waits until somebody does."),
            actions(
                f"decide:{ask.ask_id}", button("Answer", "reply", ask.ask_id, "primary"), button("Details", "details", ask.ask_id),
                take_over(ask.ask_id),
            ),
        )
    return _message(run, ask, title, (*_outcome(ask), *body))


def _message(run: Run, ask: Ask, title: str, body: tuple[Json, ...]) -> Message:
    note = context(f"{escape(run.run_id)} · question {escape(ask.ask_id.rpartition('.')[2])}")
    return Message(inline(f"{title} ({run.agent})", 300), (header(title), *body, note))


def _outcome(ask: Ask) -> tuple[Json, ...]:
    if ask.open:
        return ()
    who = named(ask.decided_by, ask.decided_name) if ask.decided_by else "the program"
    when = f", {date(ask.decided_at)}" if ask.decided_at else ""
    if ask.state == "lifted":
        return (section(f"*Nobody has to decide any more*{when}: {inline(ask.reason, 200)}. The run goes on."),)
    verb = "answered" if ask.state == "replied" else "decided"
    return (section(f"*{who} {verb}*{when}: {CHOSEN.get(ask.state, ask.state)}."),)


