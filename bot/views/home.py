"""The Home tab: what waits for this person, what runs, what was decided, what holds, what is halted, what was spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.budget import Day
from agents.core.exact import exact_text
from agents.core.grants import Grant
from agents.core.state import Ask, AskKind, Run
from agents.core.switches import Halt
from agents.found import Found
from agents.ledger import AskSummary, RunSummary, Spend
from agents.monitors import Looked
from agents.schedules import Entry
from bot.views.blocks import Json, actions, button, context, divider, exact, header, section
from bot.views.facts import initiator
from bot.views.findings import failing_line, found_line
from bot.views.lists import ask_line, run_line
from bot.views.mrkdwn import cut, date, escape, inline
from bot.views.overview import day_line, grant_row, halt_words, spend_line
from bot.views.permalinks import card_link
from bot.views.rows import changes
from bot.views.schedules import brief

WAITING, RUNNING, DECIDED, GRANTS, AGENTS, SCHEDULES, FINDINGS, FAILING = 8, 8, 8, 8, 15, 8, 6, 4
"""How many of each are shown. With them a view has fewer than a hundred blocks."""

READABLE = 700
"""Characters that an approver reads here whole; what is longer is read on the card or in its details, and decided there."""

LINE = 600
"""Characters of one line."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person may see, at one moment. Each list may hold one item more than is shown, as a sign that there are more."""

    voter: Voter
    at: datetime
    agents: Sequence[str]
    """Names of those configured."""
    halts: Mapping[str, Halt] = field(default_factory=dict)
    """By scope; empty is everything."""
    waiting: Sequence[tuple[Run, Ask]] = ()
    """What this person may decide."""
    running: Sequence[RunSummary] = ()
    decided: Sequence[AskSummary] = ()
    """Within the last day."""
    grants: Sequence[Grant] = ()
    """Those that hold."""
    spend: Sequence[Spend] = ()
    """Of the last day."""
    workspace: str = ""
    """Its address, for links."""
    notice: str = ""
    """Mrkdwn: what became of what they just did here."""
    days: Mapping[str, Day] = field(default_factory=dict)
    """By agent with a limit for the day: what it has spent of it."""
    schedules: Sequence[Entry] = ()
    findings: Sequence[Found] = ()
    """Those that go on."""
    failing: Sequence[Looked] = ()
    """Monitors that could not look."""


def home(seen: Seen) -> Json:
    """The view, as `views.publish` takes it."""
    if seen.voter.level < Level.VIEWER:
        return _view(section(
            "*Hello.* What agents do is read by full members of this workspace, and where its configuration names viewers, by those. "
            "You can give an agent work: mention the bot in a channel, or write to it under _Messages_."
        ))
    return _view(
        *((section(seen.notice),) if seen.notice else ()), *_halted(seen), *_waiting(seen), divider(), *_monitors(seen), *_running(seen),
        *_schedules(seen), *_decided(seen), *_grants(seen), *_spend(seen), *_switches(seen), _foot(seen),
    )


def _view(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks)}


def _halted(seen: Seen) -> tuple[Json, ...]:
    """What is frozen, with the button that ends it for those who may."""
    made = []
    for scope, halt in list(seen.halts.items())[:AGENTS]:
        text = cut(f":octagonal_sign: *{escape(scope) or 'Every agent'}* is {halt_words(halt)}", LINE)
        may = seen.voter.level >= Level.ADMIN
        made.append(section(text, accessory=button("Resume", "resume", _value(scope), "primary")) if may else section(text))
    return tuple(made)


def _waiting(seen: Seen) -> tuple[Json, ...]:
    if not seen.waiting:
        return header("Waits for you"), section("Nothing waits for you.")
    rows = [block for run, ask in seen.waiting[:WAITING] for block in _question(seen, run, ask)]
    return header("Waits for you"), *rows, *_more(seen.waiting, WAITING, "approvals mine")


def _question(seen: Seen, run: Run, ask: Ask) -> tuple[Json, ...]:
    """A question. What can be read here whole can be decided here as well; everything else is decided where it is asked."""
    link = card_link(seen.workspace, run, ask, "Open")
    what = {AskKind.APPROVAL: "Approval of", AskKind.DOUBT: "Did it happen:", AskKind.HELP: "Question by"}.get(ask.kind, "Limit met:")
    subject = run.calls[ask.call_id].tool if ask.call_id else str(ask.limit or "")
    votes = f" · {len(ask.votes)} of {ask.required} have approved" if ask.required > 1 else ""
    until = f" · until {date(ask.expires_at)}" if ask.expires_at else ""
    where = f" in <#{escape(run.trigger.place.channel)}>" if run.trigger.place else ""
    taint = " · :warning: has read what outsiders wrote" if run.tainted else ""
    asked = f"*{what} `{inline(subject, 80)}`* for {escape(run.agent)}, asked by {initiator(run)}{where}"
    text = f"{asked}{votes}{until}{taint} · {link}\n{inline(run.text, 120)}"
    if not _decidable_here(run, ask, seen.halts):
        return (section(cut(text, LINE)),)
    return (
        section(cut(text, LINE)), exact(exact_text(run.calls[ask.call_id].arguments), READABLE) if ask.call_id else divider(),
        *changes(run, ask, READABLE),
        actions(
            f"decide:{ask.ask_id}", button("Approve", "approve", ask.ask_id, "primary"), button("Deny", "deny", ask.ask_id, "danger"),
            button("Details", "details", ask.ask_id),
        ),
    )


def _decidable_here(run: Run, ask: Ask, halts: Mapping[str, Halt]) -> bool:
    if ask.kind is not AskKind.APPROVAL or ask.call_id is None or "" in halts or run.agent in halts:
        return False
    texts = (exact_text(run.calls[ask.call_id].arguments), ask.preview)
    return all(len(text) <= READABLE and text.count("\n") <= 25 for text in texts)


def _monitors(seen: Seen) -> tuple[Json, ...]:
    """What monitors found and is not over, and those that could not look."""
    found = [section(cut(found_line(one, seen.workspace), LINE)) for one in seen.findings[:FINDINGS]]
    lines = [cut(failing_line(one), 300) for one in seen.failing[:FAILING]]
    failing = (section("\n".join(lines)), *_more(seen.failing, FAILING, "monitors")) if lines else ()
    return (header("Findings"), *found, *_more(seen.findings, FINDINGS, "report"), *failing) if found or failing else ()


def _running(seen: Seen) -> tuple[Json, ...]:
    if not seen.running:
        return header("At work"), section("No run is open.")
    rows = [section(cut(run_line(one, seen.workspace), LINE)) for one in seen.running[:RUNNING]]
    return header("At work"), *rows, *_more(seen.running, RUNNING, "runs open")


def _schedules(seen: Seen) -> tuple[Json, ...]:
    if not seen.schedules:
        return ()
    lines = [cut(brief(one), 300) for one in seen.schedules[:SCHEDULES]]
    return header("Schedules"), section("\n".join(lines)), *_more(seen.schedules, SCHEDULES, "schedules")


def _decided(seen: Seen) -> tuple[Json, ...]:
    if not seen.decided:
        return ()
    lines = [cut(ask_line(one), 350) for one in seen.decided[:DECIDED]]
    return header("Decided in the last day"), section("\n".join(lines)), *_more(seen.decided, DECIDED, "approvals all")


def _grants(seen: Seen) -> tuple[Json, ...]:
    if not seen.grants:
        return ()
    rows = [grant_row(one, seen.voter, seen.at) for one in seen.grants[:GRANTS]]
    return header("Approved ahead"), *rows, *_more(seen.grants, GRANTS, "grants")


def _spend(seen: Seen) -> tuple[Json, ...]:
    today = [cut(day_line(agent, day), 180) for agent, day in list(seen.days.items())[:AGENTS]]
    days = (section("\n".join(today)),) if today else ()
    if not seen.spend:
        return (header("Spent today"), *days) if days else ()
    total = sum(one.cost for one in seen.spend)
    lines = [cut(spend_line(one), 180) for one in seen.spend[:AGENTS]]
    return header("Spent in the last day"), section("\n".join((f"*${total:,.2f}* in all", *lines))), *days


def _switches(seen: Seen) -> tuple[Json, ...]:
    """For those who may halt: each agent that is not halted, and everything."""
    if seen.voter.level < Level.OPERATOR or "" in seen.halts:
        return ()
    names = [name for name in seen.agents if name not in seen.halts][:AGENTS]
    rows = [section(f"*{inline(name, 80)}* may work.", accessory=_halt_button("Halt", name, f"{name} begins")) for name in names]
    everything = section("*Everything at once*", accessory=_halt_button("Halt everything", "", "No agent begins"))
    return header("Switches"), *rows, everything


def _halt_button(text: str, scope: str, who: str) -> Json:
    negated = "nothing new" if scope else "anything new"
    question = f"{who} {negated}, and nothing can be approved, until an admin resumes it. What is under way comes to its end."
    confirm = {
        "title": {"type": "plain_text", "text": "Halt?"}, "text": {"type": "plain_text", "text": question[:300]},
        "confirm": {"type": "plain_text", "text": "Halt"}, "deny": {"type": "plain_text", "text": "Leave it"}, "style": "danger",
    }
    return {**button(text, "halt", _value(scope), "danger"), "confirm": confirm}


def _value(scope: str) -> str:
    """A scope as the value of a button, which may not be empty."""
    return scope or "all"


def _more(found: Sequence[object], shown: int, command: str) -> tuple[Json, ...]:
    return (context(f"There are more: `/ops {command}`"),) if len(found) > shown else ()


def _foot(seen: Seen) -> Json:
    return actions("foot", button("Refresh", "home_refresh", str(int(seen.at.timestamp()))))
