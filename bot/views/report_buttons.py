"""What can be done about a finding, below its report: who looks after it, silence, expected, false alarm, a closer look."""

from datetime import timedelta

from agents.core.finding import Mark
from agents.core.ids import RunId
from agents.core.state import Run
from bot.views.blocks import Json, actions, button, choice, plain

ACK, SNOOZE, EXPECTED, FALSE, INVESTIGATE = "finding_ack", "finding_snooze", "finding_expected", "finding_false", "finding_investigate"
"""Ids of the elements. The value is the run's id, of a menu `RUN|CHOICE`."""

SNOOZES: dict[str, tuple[str, timedelta]] = {
    "1h": ("1 hour", timedelta(hours=1)), "1d": ("1 day", timedelta(days=1)), "1w": ("1 week", timedelta(weeks=1)),
}
"""How long a finding can be silenced."""

EXPECTATIONS: dict[str, tuple[str, str, Mark]] = {
    "learn": ("Learn it", "Normal from now on; what was normal before is forgotten", Mark.LEARN),
    "exclude": ("Leave it out", "An exception, which says nothing of what is normal", Mark.EXCLUDE),
}
"""What can be meant by expected."""


def controls(run: Run) -> tuple[Json, ...]:
    """The buttons and menus that make sense now, few enough a row for a telephone; nothing where people have said what it was."""
    if any(mark.mark.closes for mark in run.marks):
        return ()
    firing = not run.resolved
    state = f"{run.run_id}:{len(run.marks)}"  # a menu keeps what was picked in it while its block has the same name
    buttons = [
        *((button("Acknowledge", ACK, run.run_id, "primary"),) if firing and not _acknowledged(run) else ()),
        *((button("Investigate", INVESTIGATE, run.run_id),) if not run.turns and (run.quiet or run.conclusion) else ()),
        button("False alarm", FALSE, run.run_id),
    ]
    if not firing:
        return (actions(f"finding:{state}", *buttons, _expected(run.run_id)),)
    return (actions(f"finding:{state}", *buttons), actions(f"finding_menus:{state}", _snooze(run.run_id), _expected(run.run_id)))


def chosen(value: str) -> tuple[RunId, str]:
    """The run that a menu is about, and what was picked in it."""
    run_id, _, picked = value.partition("|")
    return RunId(run_id), picked


def _acknowledged(run: Run) -> bool:
    return any(mark.mark is Mark.ACKNOWLEDGED for mark in run.marks)


def _snooze(run_id: RunId) -> Json:
    options = [choice(text, f"{run_id}|{name}") for name, (text, _) in SNOOZES.items()]
    return {"type": "static_select", "action_id": SNOOZE, "placeholder": plain("Snooze", 150), "options": options}


def _expected(run_id: RunId) -> Json:
    options = [choice(text, f"{run_id}|{name}", more) for name, (text, more, _) in EXPECTATIONS.items()]
    return {"type": "static_select", "action_id": EXPECTED, "placeholder": plain("Expected", 150), "options": options}
