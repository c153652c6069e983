"""A run that nobody's message started opens its own thread before it says anything in it."""

from agents.core import events as e
from agents.core.actions import AskModel, PostMessage, UpdateMessage
from agents.core.decide import decide
from agents.core.fold import fold
from agents.core.state import Run
from agents.core.trigger import Place, Source, Trigger
from tests.agents.core.histories import RUN, after, answered, asked
from tests.agents.core.test_decide import RULES
from tests.world import DANA, NOON, TEAM

ALERT = Trigger(Source.WEBHOOK, "alert:1", DANA, "Alertmanager", Place(TEAM, "C1", ""), tainted=True)


def alerted() -> Run:
    return fold([e.Recorded(RUN, 1, NOON, DANA, "triage", e.RunStarted("triage", ALERT, "checkout is slow"))])


def test_the_thread_is_opened_first_and_the_work_begins_beside() -> None:
    assert decide(alerted(), RULES, NOON) == (PostMessage("opening", False, "post:opening"), AskModel(1, "smart"))
    cut_off = after(alerted(), e.PostStarted("opening"))
    assert decide(cut_off, RULES, NOON)[0] == PostMessage("opening", True, "post:opening")


def test_from_then_on_it_speaks_in_that_thread() -> None:
    run = after(alerted(), e.PostStarted("opening"), e.PostFinished("opening", "300.1", "open"))
    assert run.trigger.place == Place(TEAM, "C1", "300.1")
    assert PostMessage("progress", False, "post:progress") in decide(run, RULES, NOON)
    over = after(run, asked(), answered("All is well."))
    assert UpdateMessage("opening", "post:opening") in decide(over, RULES, NOON)
    again = after(over, e.PostFinished("opening", "300.1", "over"))
    assert again.trigger.place == Place(TEAM, "C1", "300.1")


def test_where_it_cannot_be_opened_the_run_goes_on_in_silence() -> None:
    run = after(alerted(), e.PostStarted("opening"), e.PostFinished("opening", "", "open", "The channel is archived."))
    assert run.trigger.place is None
    assert decide(run, RULES, NOON) == (AskModel(1, "smart"),)
