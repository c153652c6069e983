"""One call on a card: exactly what would run, what it would change, what is at stake, who may decide, and its buttons."""

import re

from agents.core.calls import Call
from agents.core.state import Ask, Run
from bot.views.blocks import SECTION, Json, actions, button, confirm, exact, pieces, section
from bot.views.difference import difference, edited, lines, moved
from bot.views.facts import Mentions, approver_list, asked_arguments, edits_until, spared, the_call, voters
from bot.views.mrkdwn import date, escape, inline, named
from bot.views.room import fits, text_of

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")


CUT = "*This is cut, so it cannot be approved here.* `Review and approve` shows all of it."


def exactly(text: str, limit: int, cut: str = CUT) -> tuple[Json, ...]:
    """Exact arguments, whole where they have no more than `limit` characters, else visibly cut, with what to do about it."""
    if len(text) <= limit:
        return tuple(exact(piece, SECTION) for piece in pieces(text))
    return exact(text, limit), section(f":warning: {cut}")


def changes(run: Run, ask: Ask, limit: int) -> tuple[Json, ...]:
    """What the tool says that the call would change, and how that moved since the question that this one replaces."""
    blocks = [difference("What it would act on", lines(ask.preview), limit)] if ask.preview.strip() else []
    earlier = run.asks.get(ask.supersedes) if ask.supersedes else None
    since = moved(earlier.preview, ask.preview) if earlier and earlier.state == "void" else ()
    return (difference("What is different since it was asked before", since, limit), *blocks) if since else tuple(blocks)


def edits(run: Run, ask: Ask, limit: int) -> tuple[Json, ...]:
    """How the call differs from what the agent asked for, and who made it so; nothing where nobody changed it."""
    found = edited(the_call(run, ask).proposed, asked_arguments(run, ask))
    if not found:
        return ()
    names = ", ".join(dict.fromkeys(edit.name for edit in edits_until(run, ask)))
    return (difference(f"Changed by {names[:80]} before it was approved", found, limit),)


def earlier(run: Run, ask: Ask) -> list[str]:
    """Why this is asked although it was asked before. Of a call that somebody changed, the change itself tells it."""
    before = run.asks.get(ask.supersedes) if ask.supersedes else None
    if before is None or before.state == "superseded":
        return []
    if before.state == "retry":
        said = f"{named(before.decided_by, before.decided_name)} said that it did not happen."
        return [f"*This was started before.* Nobody could tell what became of it, and {said}"]
    return [f"*This replaces an earlier question,* which is {before.state}. {inline(before.reason, 300)}".rstrip()]


def stakes(call: Call, limit: int = 300) -> list[str]:
    """How bad a mistake would be, and why people are asked."""
    effect = f"{'an' if call.effect[0] in 'aei' else 'a'} {call.effect} effect" if call.effect != "none" else "no effect: it reads"
    why = "; ".join((*call.rules, *([call.reason] if call.reason else ())))
    return [f"*Risk:* {call.risk}, with {effect}", f"*Why approval is needed:* {inline(why, limit)}"]


def deciders(run: Run, ask: Ask, mentions: Mentions, limit: int = 700) -> list[str]:
    """Who may decide, who has, and until when. Only those who can act are mentioned."""
    needed = "one person" if ask.required == 1 else f"{ask.required} different people"
    own = "" if ask.allow_initiator else ", but not whoever asked for it"
    who = approver_list(ask.approvers, mentions, but=spared(run, ask), limit=limit)
    told = [f"*Who may decide:* {who}{own}; it takes {needed}."]
    if ask.required > 1:
        told.append(f"*Approved so far:* {len(ask.votes)} of {ask.required}: {voters(ask) or 'nobody yet'}")
    if ask.expires_at:
        told.append(f"*Expires* {date(ask.expires_at)}. That is not a denial.{_calls(ask)}")
    return told


def channel(name: str) -> str:
    """A channel by its id or its name, as mrkdwn."""
    return f"<#{name}>" if _CHANNEL.fullmatch(name) else inline(name, 80)


def buttons(run: Run, ask: Ask) -> Json:
    """What can be done about an open question. What is not shown whole here can be approved in its dialog only."""
    call, whole = the_call(run, ask), fits(run, ask)
    first = button("Approve", "approve", ask.ask_id, "primary") if whole else button("Review and approve", "review", ask.ask_id, "primary")
    made = [first, button("Deny", "deny", ask.ask_id, "danger"), button("Edit", "edit", ask.ask_id)]
    if whole and call.grantable and ask.required == 1:
        made.append(button("Approve, and allow more", "grant", ask.ask_id))
    return actions(f"decide:{ask.ask_id}", *made, button("Details", "details", ask.ask_id))


def take_over(value: str) -> Json:
    """The button with which a person goes on with the case themselves."""
    means = "The run ends as handed over, its open questions are withdrawn, and you get the whole case."
    sure = confirm("Take this over?", means, "Take over")
    return button("Take over", "take_over", value, sure=sure)


def stop(value: str) -> Json:
    """The button that ends a run."""
    sure = confirm("Stop this run?", "What is under way comes to its end; nothing more begins. Its open questions are withdrawn.", "Stop")
    return button("Stop", "stop", value, "danger", sure=sure)


def whole(run: Run, ask: Ask) -> tuple[Json, ...]:
    """Exactly what would run, all of it, over as many blocks as it takes."""
    call = the_call(run, ask)
    return section(f"*Exactly this:* `{escape(call.tool)}` with"), *(exact(piece, SECTION) for piece in pieces(text_of(run, ask)))


def _calls(ask: Ask) -> str:
    """When people are called again."""
    told = [f"a reminder follows {date(ask.remind_at)}"] if ask.remind_at and not ask.reminded else []
    if ask.escalate_at and ask.escalate_to:
        where = channel(ask.escalate_to)
        told.append(f"it is in {where} as well" if ask.escalated else f"{date(ask.escalate_at)} it goes to {where} as well")
    return f" Until then: {', and '.join(told)}." if told else ""
