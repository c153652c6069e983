"""The card that asks people to countersign one exact call, and what it shows once that is decided."""

from agents.core.calls import Call
from agents.core.state import Ask, Run
from bot.views.blocks import Json, actions, bullets, button, context, exact, header, quote, section
from bot.views.facts import Mentions, approver_list, as_json, initiator, one_line
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline, person

EARLIER = 8
"""How many of the run's calls a card lists."""

ARGUMENTS = 2000
"""Characters of a call's arguments that a card shows."""

TITLES = {"open": "Approval needed", "granted": "Approved", "denied": "Denied", "expired": "Expired", "void": "Void"}


def approval(run: Run, ask: Ask, mentions: Mentions) -> Message:
    """The card of this question as it stands."""
    call = run.calls[ask.call_id] if ask.call_id else None
    if call is None:
        raise ValueError(f"{ask.ask_id} asks about no call.")
    title = f"{TITLES[ask.state]}: {call.tool}"
    body = _open(run, ask, call, mentions) if ask.open else _closed(run, ask, call)
    note = context(f"{escape(run.run_id)} · question {escape(ask.ask_id.rpartition('.')[2])} · fingerprint `{escape(ask.digest[:12])}`")
    return Message(inline(f"{title} ({run.agent})", 300), (header(title), *body, note))


def asked_by(run: Run) -> tuple[Json, ...]:
    """What the run was asked, and by whom."""
    return section(f"*{escape(run.agent)}* was asked by {initiator(run)}:"), quote(run.text, 600)


def done_so_far(run: Run, but: Call | None = None) -> tuple[Json, ...]:
    """The run's newest calls and what became of them; nothing where there are none."""
    calls = [call for call in run.calls.values() if call is not but]
    if not calls:
        return ()
    left = f" (the last {EARLIER} of {len(calls)} calls)" if len(calls) > EARLIER else ""
    return section(f"*What it has done so far*{left}"), bullets([one_line(call) for call in calls[-EARLIER:]])


def what_would_run(ask: Ask, call: Call) -> tuple[Json, ...]:
    """The exact action, and what the tool says that it would change."""
    arguments = as_json(call.arguments)
    blocks = [section(f"*Exactly this:* `{escape(call.tool)}` with"), exact(arguments, ARGUMENTS)]
    if len(arguments) > ARGUMENTS:
        blocks.append(section(":warning: *This is cut.* Read all of it under Details before you decide."))
    if ask.preview:
        blocks += [section("*What it would act on*"), exact(ask.preview, 1500)]
    return tuple(blocks)


def _open(run: Run, ask: Ask, call: Call, mentions: Mentions) -> tuple[Json, ...]:
    words = run.newest.text if run.newest else ""
    reasoning = (section("*The agent's own words*"), quote(words, 600)) if words and words.strip() else ()
    return (
        *asked_by(run), *reasoning, *done_so_far(run, call), *what_would_run(ask, call),
        section("\n".join(_stakes(run, ask, call))),
        section("\n".join(_deciders(ask, mentions))),
        actions(
            f"decide:{ask.ask_id}", button("Approve", "approve", ask.ask_id, "primary"),
            button("Deny", "deny", ask.ask_id, "danger"), button("Details", "details", ask.ask_id),
        ),
    )


def _stakes(run: Run, ask: Ask, call: Call) -> list[str]:
    lines = [
        f"*Risk:* {call.risk}, with {'an' if call.effect[0] in 'aei' else 'a'} {call.effect} effect",
        f"*Why approval is needed:* {inline('; '.join(call.rules), 300)}",
        "*If approved:* it runs once, exactly as shown. If what it would change moves first, nothing runs and a new card asks.",
        "*If denied:* it does not run. The agent reads your reason and may propose something else.",
    ]
    if ask.supersedes and (before := run.asks.get(ask.supersedes)):
        lines.insert(0, _earlier(before))
    if run.tainted:
        lines.insert(0, ":warning: This run has read text that an outsider could have written.")
    return lines


def _earlier(before: Ask) -> str:
    """Why this is asked although it was asked before."""
    if before.state == "retry":
        said = f"{escape(before.decided_name)} said that it did not happen."
        return f"*This was started before.* Nobody could tell what became of it, and {said}"
    return f"*This replaces an earlier question,* which is {before.state}. {inline(before.reason, 300)}".rstrip()


def _deciders(ask: Ask, mentions: Mentions) -> list[str]:
    needed = "one person" if ask.required == 1 else f"{ask.required} different people"
    own = "" if ask.allow_initiator else ", but not whoever asked for it"
    lines = [f"*Who may decide:* {approver_list(ask.approvers, mentions)}{own}; it takes {needed}."]
    if ask.required > 1:
        voted = ", ".join(person(vote.actor, vote.name) for vote in ask.votes) or "nobody yet"
        lines.append(f"*Approved so far:* {len(ask.votes)} of {ask.required}: {voted}")
    if ask.expires_at:
        lines.append(f"*Expires* {date(ask.expires_at)}. That is not a denial.")
    return lines


def _closed(run: Run, ask: Ask, call: Call) -> tuple[Json, ...]:
    reason = (quote(ask.reason, 600),) if ask.reason else ()
    return (section(_outcome(ask)), *reason, *asked_by(run), *what_would_run(ask, call))


def _outcome(ask: Ask) -> str:
    when = date(ask.decided_at) if ask.decided_at else "earlier"
    match ask.state:
        case "granted":
            voters = ", ".join(person(vote.actor, vote.name) for vote in ask.votes)
            return f":white_check_mark: *Approved* by {voters}, {when}. It runs once, exactly as shown."
        case "denied":
            who = person(ask.decided_by, ask.decided_name) if ask.decided_by else escape(ask.decided_name)
            return f":no_entry: *Denied* by {who}, {when}. It did not run.{' Reason:' if ask.reason else ''}"
        case "expired":
            return f":hourglass: *Expired* {when}. Nobody decided in time: it was neither approved nor denied, and it did not run."
        case _:
            return f":leftwards_arrow_with_hook: *Void* since {when}. It did not run under this card.{' Why:' if ask.reason else ''}"
