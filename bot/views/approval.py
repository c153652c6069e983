"""The card that asks people to countersign calls, a row a call, and what it shows once they are decided."""

from agents.core.calls import Call
from agents.core.state import Ask, Run
from bot.views.blocks import Json, actions, bullets, button, context, divider, header, quote, section, words
from bot.views.facts import Mentions, initiator, one_line, the_call
from bot.views.message import Message
from bot.views.mrkdwn import date, escape, inline
from bot.views.outcome import TITLES, outcome
from bot.views.room import fits, room, text_of
from bot.views.rows import buttons, changes, channel, deciders, earlier, edits, exactly, stakes, take_over

EARLIER = 6
"""How many of the run's calls a card lists."""

MEANS = (
    "*If approved:* it runs once, exactly as shown. If what it would change moves first, nothing runs and a new card asks.\n"
    "*If denied:* it does not run. The agent reads your reason and may propose something else."
)


def approval(run: Run, ask: Ask, mentions: Mentions) -> Message:
    """The message that begins with this question, as it stands: one call, or a row for each."""
    rows = run.on_card(ask.ask_id) or (ask,)
    return _single(run, ask, mentions) if len(rows) == 1 else _several(run, rows, mentions)


def escalation(run: Run, ask: Ask, mentions: Mentions, link: str = "") -> Message:
    """The same question in a second channel, and why it is there. `link` leads to where it was asked first."""
    where = channel(run.trigger.place.channel) if run.trigger.place else "the terminal"
    there = f"<{link}|There it stands>" if link else f"It stands in {where} as well"
    told = f"*Why this is here:* nobody has decided it since {date(ask.asked_at)}. {there}; a decision in either place counts for both."
    return _single(run, ask, mentions, (section(told),))


def asked_by(run: Run, limit: int = 600) -> tuple[Json, ...]:
    """What the run was asked, and by whom."""
    return section(f"*{escape(run.agent)}* was asked by {initiator(run)}:"), quote(run.text, limit)


def done_so_far(run: Run, but: tuple[Call, ...] = (), most: int = EARLIER) -> tuple[Json, ...]:
    """The run's newest calls and what became of them; nothing where there are none."""
    calls = [call for call in run.calls.values() if call not in but]
    if not calls:
        return ()
    left = f" (the last {most} of {len(calls)} calls)" if len(calls) > most else ""
    return section(f"*What it has done so far*{left}"), bullets([one_line(call) for call in calls[-most:]])


def own_words(run: Run, limit: int) -> tuple[Json, ...]:
    """What it said in its newest turn, quoted; nothing where it said nothing."""
    said = run.newest.text if run.newest else ""
    return (section("*The agent's own words*"), words(said, limit)) if said and said.strip() else ()


def _single(run: Run, ask: Ask, mentions: Mentions, why: tuple[Json, ...] = ()) -> Message:
    call = the_call(run, ask)
    title = f"{TITLES[ask.state]}: {call.tool}"
    body = (*why, *_open(run, ask, call, mentions)) if ask.open else _closed(run, ask, call)
    return _message(run, ask, title, body, f" · fingerprint `{escape(ask.digest[:12])}`")


def _open(run: Run, ask: Ask, call: Call, mentions: Mentions) -> tuple[Json, ...]:
    return (
        *asked_by(run), *own_words(run, 600), *done_so_far(run, (call,)),
        *_call(run, ask, call, 1000),
        section("\n".join([*_warnings(run), *earlier(run, ask), *stakes(call), MEANS])),
        section("\n".join(deciders(run, ask, mentions))),
        buttons(run, ask), actions(f"case:{ask.ask_id}", take_over(ask.ask_id)),
    )


def _closed(run: Run, ask: Ask, call: Call) -> tuple[Json, ...]:
    return (*outcome(run, ask, 600), *asked_by(run), *_call(run, ask, call, 1000))


def _call(run: Run, ask: Ask, call: Call, limit: int) -> tuple[Json, ...]:
    """The exact action, what people changed in it, and what the tool says that it would change."""
    shown = exactly(text_of(run, ask), room(run, ask))
    return section(f"*Exactly this:* `{escape(call.tool)}` with"), *shown, *edits(run, ask, limit // 2), *changes(run, ask, limit)


def _several(run: Run, rows: tuple[Ask, ...], mentions: Mentions) -> Message:
    waiting = [ask for ask in rows if ask.open]
    of = f"{len(waiting)} of {len(rows)}" if len(waiting) < len(rows) else f"{len(rows)}"
    title = f"Approval needed: {of} calls" if waiting else f"Decided: {len(rows)} calls"
    body = [*asked_by(run, 300)]
    if waiting:
        body += [*own_words(run, 300), *done_so_far(run, tuple(the_call(run, ask) for ask in rows), 3)]
        body.append(section("\n".join([*_warnings(run), MEANS])))
    told = {ask.ask_id: deciders(run, ask, mentions, 150) for ask in waiting}
    together = len(waiting) > 1 and all(lines == told[waiting[0].ask_id] for lines in told.values())
    for number, ask in enumerate(rows, 1):
        own = () if together or not ask.open else (section("\n".join(told[ask.ask_id])),)
        body += [divider(), *_row(run, ask, f"{number} of {len(rows)}", own)]
    if waiting:
        said = (section("\n".join(told[waiting[0].ask_id])),) if together else ()
        body += [divider(), *said, _all(run, rows[0], waiting)]
    return _message(run, rows[0], title, tuple(body))


def _row(run: Run, ask: Ask, number: str, told: tuple[Json, ...]) -> tuple[Json, ...]:
    """One call of several. `told` says who may decide, where that is not the same for all."""
    call = the_call(run, ask)
    tool = f"`{inline(call.tool, 80)}`"
    shown = exactly(text_of(run, ask), room(run, ask))
    if not ask.open:
        return section(f"*{number}:* {tool}"), *shown, *outcome(run, ask, 200)
    return (
        section("\n".join([f"*{number}:* {tool}", *stakes(call, 100)])), *shown, *changes(run, ask, 250),
        *told, buttons(run, ask),
    )


def _all(run: Run, first: Ask, waiting: list[Ask]) -> Json:
    """What can be done about all rows that wait. What is not shown whole is not approved in passing."""
    made = []
    if len(waiting) > 1 and all(fits(run, ask) for ask in waiting):
        made.append(button(f"Approve all {len(waiting)}", "approve_all", first.ask_id, "primary"))
    if len(waiting) > 1:
        made.append(button(f"Deny all {len(waiting)}", "deny_all", first.ask_id, "danger"))
    return actions(f"case:{first.ask_id}", *made, take_over(first.ask_id))


def _warnings(run: Run) -> list[str]:
    lines = [":warning: This run has read text that an outsider could have written."] if run.tainted else []
    over = [":warning: *All alerts of this incident are resolved by now.* This may not be needed any more."] if run.resolved else []
    return [*lines, *over]


def _message(run: Run, ask: Ask, title: str, body: tuple[Json, ...], more: str = "") -> Message:
    note = context(f"{escape(run.run_id)} · question {escape(ask.ask_id.rpartition('.')[2])}{more}")
    return Message(inline(f"{title} ({run.agent})", 300), (header(title), *body, note))
