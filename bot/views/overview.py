"""Agents, grants and spend, as `/ops` and the Home tab show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.budget import Day
from agents.core.exact import exact_text
from agents.core.grants import Grant
from agents.core.switches import Halt
from agents.ledger import Spend
from agents.spec import AgentSpec
from bot.views.blocks import Json, button, section
from bot.views.lists import LINE, NO_PAGES, Pages, listing, nothing, turning
from bot.views.message import Message
from bot.views.mrkdwn import cut, date, escape, inline, person

FREEDOM: Mapping[str, str] = {
    "shadow": "shadow: what has an effect is only simulated",
    "supervised": "supervised: asks before everything that has an effect",
    "partial": "partial: asks before what is of medium or high risk",
    "full": "full: asks only before what is of high risk",
}
"""What each degree of autonomy means."""


def agents(specs: Mapping[str, AgentSpec], halts: Mapping[str, Halt]) -> Message:
    """Who they are, what each may use, how free it is, and whether it is halted."""
    lines = [_agent(spec, halts.get("") or halts.get(name)) for name, spec in specs.items()]
    head = f"*{len(lines)} {'agent' if len(lines) == 1 else 'agents'}*"
    return listing(head, lines) if lines else nothing("No agent is configured.")


def _agent(spec: AgentSpec, halt: Halt | None) -> str:
    state = f" · :octagonal_sign: *{halt_words(halt)}*" if halt else ""
    tools = ", ".join(f"`{escape(tool)}`" for tool in spec.tools) or "no tools"
    return f"*{escape(spec.name)}*{state}\n{inline(spec.description, 160)}\n_{FREEDOM.get(spec.autonomy, spec.autonomy)}_ · {tools}"


def halt_words(halt: Halt) -> str:
    """Who halted it, when and why, as mrkdwn on one line."""
    why = f": {inline(halt.reason, 200)}" if halt.reason.strip() else ""
    return f"halted by {cut(person(halt.by, halt.name), 200)}, {date(halt.at)}{why}"


def grants(found: Sequence[Grant], voter: Voter, now: datetime, pages: Pages = NO_PAGES, notice: str = "") -> Message:
    """Grants with their buttons, for this person. `notice` is mrkdwn that goes before."""
    before = (section(notice),) if notice else ()
    if not found:
        said = nothing("No approval was given ahead, as far as you may see: everything that asks, asks each time.", pages)
        return Message(said.text, (*before, *said.blocks))
    head = f"*{len(found)} {'grant' if len(found) == 1 else 'grants'}*, newest first"
    return Message(head, (*before, section(head), *(grant_row(one, voter, now) for one in found), *turning(pages)))


def grant_row(grant: Grant, voter: Voter, now: datetime) -> Json:
    """One grant, with a button to take it back where this person may."""
    text = cut(grant_line(grant, now), LINE)
    if grant.live(now) and (voter.actor == grant.by or voter.level >= Level.OPERATOR):
        return section(text, accessory=button("Take back", "revoke", grant.grant_id, "danger"))
    return section(text)


def grant_line(grant: Grant, now: datetime) -> str:
    """What may run without asking, how often and how long still, or why it does not hold any more."""
    what = f"*`{inline(grant.tool, 80)}`* for {escape(grant.agent)}{_covered(grant)}"
    given = f"given by {person(grant.by, grant.name)}, {date(grant.given_at)} · `{escape(grant.grant_id)}`"
    if grant.revoked_at:
        state = f"taken back{f' by {escape(grant.revoked_by)}' if grant.revoked_by else ''}, {date(grant.revoked_at)}"
    elif not grant.live(now):
        state = f"over since {date(grant.until)}"
    else:
        state = f"{grant.left} of {grant.uses} {'use' if grant.uses == 1 else 'uses'} left, until {date(grant.until)}"
    return f"{what}\n{state} · {given}"


def _covered(grant: Grant) -> str:
    """Which arguments a call has that it covers."""
    fixed = f" with `{_code(inline(exact_text(grant.arguments), 200))}`" if grant.arguments else ""
    free = f", any {inline(', '.join(grant.free), 200)}" if grant.free else ""
    return f"{fixed}{free}" or (", with any arguments" if grant.free is None else ", without arguments")


def _code(text: str) -> str:
    """Text for a box of code that it cannot leave."""
    return text.replace("`", "\u02cb")


def spend(found: Sequence[Spend], since: datetime, days: Mapping[str, Day]) -> Message:
    """What each agent used, and of those with a limit for the day what they have spent of it."""
    today = [day_line(agent, day) for agent, day in days.items()]
    if not found:
        return listing(f"Nothing was used since {date(since)}.", today) if today else nothing(f"Nothing was used since {date(since)}.")
    total = sum(one.cost for one in found)
    head = f"*${total:,.2f}* since {date(since)}, by the runs that began since then"
    return listing(head, [*(spend_line(one) for one in found), *today])


def day_line(agent: str, day: Day) -> str:
    """What an agent has spent of what it may today."""
    state = ":hourglass: " if day.spent >= day.most else ""
    raised = f", raised by {inline(day.raised_by, 80)}" if day.raised_by else ""
    return f"{state}*{escape(agent)}*  today (UTC) ${day.spent:,.2f} of ${day.most:,.2f}{raised}"


def spend_line(one: Spend) -> str:
    """What one agent used."""
    runs = f"{one.runs:,} {'run' if one.runs == 1 else 'runs'}"
    return f"*{escape(one.agent)}*  ${one.cost:,.4f} · {runs}, {one.steps:,} steps, {one.tokens:,} tokens"
