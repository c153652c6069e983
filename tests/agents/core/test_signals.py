"""What is asked when the last alert of an incident is over: once, in its thread, and only where the agent had ended by itself."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.fold import apply
from agents.core.incident import Signal
from agents.core.signals import SUM_UP, received, summary
from agents.core.state import Run
from agents.core.terms import Outcome
from agents.core.trigger import Place
from tests.agents.core.test_incident import CAUSE, alerted, fires, over
from tests.world import NOON, TEAM


def ended(*events: e.Event, outcome: Outcome = Outcome.ANSWERED) -> Run:
    """A run whose alert fired, and that was over before these events."""
    run = replace(alerted(fires()), outcome=outcome)
    for event in events:
        run = apply(run, e.Recorded(run.run_id, run.seq + 1, NOON, CAUSE.actor, "triage", event))
    return run


def test_what_was_resolved_after_the_end_is_summed_up_in_its_thread() -> None:
    run = ended(over())
    assert (run.resolved_late, run.unread[1:]) == (True, alerted(fires()).unread[1:])
    made = summary(run, replace(CAUSE, dedupe_key="delivery", place=Place(TEAM, "C9", "")))
    assert made is not None
    trigger, text = made
    assert (trigger.continues, trigger.incident, trigger.place) == (run.run_id, "", CAUSE.place)
    assert trigger.dedupe_key == f"resolved:{run.run_id}"
    assert text.splitlines()[-2:] == ["All alerts of this incident are resolved now.", SUM_UP]
    again = summary(run, CAUSE)  # another delivery
    assert again is not None
    assert again[0].dedupe_key == trigger.dedupe_key


@pytest.mark.parametrize("run", [
    ended(), ended(fires("b"), over()), ended(over(), outcome=Outcome.STOPPED), alerted(fires(), over()),
    replace(ended(over()), trigger=replace(CAUSE, place=None)),
])
def test_otherwise_nothing_is(run: Run) -> None:
    assert summary(run, CAUSE) is None


def test_an_alert_that_goes_on_is_not_over() -> None:
    assert not ended(over(), fires(began="2")).resolved_late


def test_what_an_outsider_could_have_written_stays_so() -> None:
    clean = replace(CAUSE, tainted=False)
    made = summary(replace(ended(over()), tainted=True), clean)
    assert made is not None
    assert made[0].tainted


def test_a_signal_is_an_event() -> None:
    signal = Signal("a", "firing", "Slow", "critical", {"x": "y"}, ("https://x.test",), "text", "1", "key")
    event = received(signal, tainted=True)
    assert (event.key, event.fingerprint, event.labels, event.links, event.tainted) == ("key", "a", {"x": "y"}, ("https://x.test",), True)
