"""What runs make of signals: the event that one is, and the summary that is asked for when the last alert of an incident is over."""

from dataclasses import replace

from agents.core import events as e
from agents.core.incident import Signal, told
from agents.core.state import Run
from agents.core.trigger import Trigger

SUM_UP = "Look once whether the numbers agree, then sum up: what it was, what helped, what is left to do."


def received(signal: Signal, *, tainted: bool) -> e.SignalReceived:
    """The event that this signal is."""
    return e.SignalReceived(
        signal.key, signal.fingerprint, signal.status, signal.title, signal.severity, dict(signal.labels), signal.links, signal.text,
        signal.began, tainted, signal.finding,
    )


def summary(run: Run, trigger: Trigger) -> tuple[Trigger, str] | None:
    """What continues an incident's run whose alerts outlived it, and what that is asked; None where nothing has to be summed up.

    `trigger` is that of the delivery. The key is made of the run, so that this happens once, however often it is delivered. A run that
    people stopped or took over is theirs.
    """
    if not run.resolved_late or run.outcome is not e.Outcome.ANSWERED or run.trigger.place is None:
        return None
    asked = replace(
        trigger, dedupe_key=f"resolved:{run.run_id}", place=run.trigger.place, channel=run.trigger.channel, continues=run.run_id,
        incident="", tainted=trigger.tainted or run.tainted,
    )
    return asked, f"{told(tuple(run.signals.values()), run.signals)}\n{SUM_UP}"
