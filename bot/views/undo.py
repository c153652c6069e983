"""The button that takes back what a call did."""

from agents.core.calls import Call
from agents.core.ids import CallId, RunId
from agents.core.state import Run
from bot.views.blocks import Json, actions, button, confirm, section
from bot.views.mrkdwn import date


def undo(run: Run, call: Call) -> tuple[Json, ...]:
    """Until when this call can be undone, and the button; nothing where it cannot. The server decides: the button may outlive its time."""
    until = call.undo_until
    if until is None or until <= run.moved_at:
        return ()
    sure = confirm("Undo this?", f"{call.tool} is taken back by a call of its own. Where policy asks, that waits for approval.", "Undo")
    return (
        section(f"It can be undone until {date(until)}."),
        actions(f"undo:{run.run_id}/{call.call_id}", button("Undo", "undo", f"{run.run_id}/{call.call_id}", sure=sure)),
    )


def undone_by(value: str) -> tuple[RunId, CallId]:
    """The run and the call that an Undo button is about."""
    run_id, _, call_id = value.partition("/")
    return RunId(run_id), CallId(call_id)
