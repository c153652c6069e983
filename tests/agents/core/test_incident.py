"""Alerts of one incident: each counts, what changes is told to the model once, and what arrives late reopens nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.actions import PostMessage, Record, UpdateMessage
from agents.core.decide import decide
from agents.core.fold import fold
from agents.core.incident import NAMED, WHOLE, Alert, Signal, counted, first_key, is_late, previous_of, rank, shared, worst
from agents.core.state import Run
from agents.core.terms import Outcome
from agents.core.trigger import Place, Source, Trigger
from tests.agents.core.histories import C1, RUN, after, answered, asked, asks, call, judged
from tests.agents.core.test_decide import RULES
from tests.world import DANA, NOON, TEAM

CAUSE = Trigger(
    Source.WEBHOOK, first_key("alerts:x", ""), DANA, "Alertmanager (alerts)", Place(TEAM, "C1", "1.1"), tainted=True, incident="alerts:x"
)


def alerted(*events: e.Event) -> Run:
    """A run of an incident, after these events."""
    return after(fold([e.Recorded(RUN, 1, NOON, DANA, "triage", e.RunStarted("triage", CAUSE, "[critical] Slow"))]), *events)


def fires(name: str = "a", key: str = "", *, began: str = "1", text: str = "p95 is 2 s") -> e.SignalReceived:
    return e.SignalReceived(
        key or f"{name}/{began}/firing", name, "firing", f"Slow {name}", "critical", {"service": name, "team": "ops"}, ("https://x.test/1",),
        text, began,
    )


def over(name: str = "a", key: str = "", *, began: str = "1") -> e.SignalReceived:
    event = fires(name, began=began)
    return replace(event, key=key or f"{name}/{began}/resolved", status="resolved")


def news(run: Run) -> str:
    """What the model has not read yet of its alerts."""
    (said,) = [said for said in run.unread if said.signals]
    return said.text


def test_what_fires_is_told_with_all_that_is_known_of_it() -> None:
    run = alerted(fires())
    assert run.text == "[critical] Slow"
    assert run.spoken == run.unread[:1]
    assert news(run).splitlines() == [
        "1 alert firing:", "- [critical] Slow a", "  labels: service=a, team=ops", "  p95 is 2 s", "  https://x.test/1",
        "Of the 1 alert of this incident, 1 is firing.",
    ]
    assert run.tainted
    bare = replace(fires("b"), severity="", labels={}, links=(), text="")
    assert "- Slow b\nOf the 2 alerts of this incident, 2 are firing." in news(after(run, bare))


def test_a_storm_is_one_message_that_stays_short() -> None:
    run = alerted(*(fires(str(number), text="x" * 9000) for number in range(200)))
    assert [bool(said.signals) for said in run.unread] == [False, True]
    assert news(run).startswith("200 alerts firing:")
    assert f"- and {200 - WHOLE - NAMED} more" in news(run)
    assert len(news(run)) < 30_000
    assert run.showing("opening") == "open/200/200/200"


def test_a_repetition_counts_and_is_no_news() -> None:
    read = after(alerted(fires()), asked())
    again = after(read, fires(key="again"))
    assert (again.signals["a"].count, again.unread) == (2, ())
    resolved = after(again, over())
    assert news(resolved).splitlines()[0] == "1 alert resolved:"
    assert news(resolved).endswith("All alerts of this incident are resolved now.")
    assert resolved.resolved
    assert news(after(resolved, fires("b"))).splitlines()[0] == "1 alert firing:"
    assert "- [critical] Slow a" in news(after(resolved, fires("b")))


def test_what_fired_and_ended_before_the_model_looked_is_told_as_over() -> None:
    assert "firing:" not in news(alerted(fires(), over()))


def test_a_firing_that_arrives_behind_its_end_reopens_nothing_and_another_one_does() -> None:
    run = alerted(over(), fires())
    assert run.resolved
    assert not is_late(None, fires())
    assert not after(run, fires(began="2")).resolved
    unknown = replace(fires(key="k"), began="")
    assert not after(alerted(replace(over(), began="")), unknown).resolved


def test_after_the_end_alerts_are_counted_and_only_the_first_message_changes() -> None:
    shown = alerted(e.PostStarted("opening"), e.PostFinished("opening", "1.1", "over/1/1/1"), fires(), asked(), answered("It is the disk."))
    ended = after(shown, e.RunFinished(Outcome.ANSWERED))
    assert decide(ended, RULES, NOON) == ()
    later = after(ended, over())
    assert later.unread == ()
    assert decide(later, RULES, NOON) == (UpdateMessage("opening", "post:opening"),)
    assert decide(after(later, e.PostFinished("opening", "1.1", later.showing("opening"))), RULES, NOON) == ()
    assert decide(replace(later, posts={}), RULES, NOON) == ()


def test_an_open_card_says_that_it_is_over_and_a_decided_one_stays() -> None:
    card = f"card:{RUN}.a1"
    run = alerted(fires(), asked(), answered("I propose this.", call()), judged(e.Decision.ASK), asks())
    assert PostMessage(card, False, f"post:{card}") in decide(run, RULES, NOON)
    assert (run.showing(card), after(run, over()).showing(card)) == ("open/0", "open/0/resolved")
    denied = after(run, over(), e.ApprovalDenied(asks().ask_id, C1, "write", "Bob", ""))
    assert denied.showing(card) == "denied/0"


def test_an_alert_is_no_answer_to_what_people_were_asked() -> None:
    ask = e.HelpAsked(asks().ask_id, C1, "ask_human", "Which one?")
    run = alerted(fires(), asked(), answered("", call(1, "ask_human")), judged(e.Decision.ALLOW, tool="ask_human"), ask, fires("b"))
    assert not any(isinstance(action, Record) for action in decide(run, RULES, NOON))
    spoken = after(run, e.InputReceived("k2", "Dana", "The first."))
    assert Record(e.HelpGiven(ask.ask_id, C1, "ask_human", "Dana"), "call:c1") in decide(spoken, RULES, NOON)


def test_the_worst_and_what_all_have_in_common() -> None:
    def one(name: str, severity: str, status: str = "firing", **labels: str) -> Alert:
        return Alert(name, status, name, severity, labels, (), "")  # type: ignore[arg-type]  # one of the two

    alerts = [one("a", "info", team="ops", a="1"), one("b", "Critical", team="ops"), one("c", "critical", "resolved", team="ops", a="1")]
    found = worst(alerts)
    assert found is not None
    assert (found.fingerprint, worst([])) == ("b", None)
    assert shared(alerts) == {"team": "ops"}
    assert shared([]) == {}
    assert rank("Critical") < rank("info") < rank("what?")


def test_the_run_before_is_in_the_key_of_the_next() -> None:
    assert previous_of(CAUSE) == ""
    assert previous_of(replace(CAUSE, dedupe_key=first_key("alerts:x", "run-a"))) == "run-a"


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("12"), st.booleans()), min_size=1, max_size=40))
def test_the_order_of_arrival_does_not_matter_for_what_began_once(story: list[tuple[str, str, bool]]) -> None:
    once = [(name, "1", firing) for name, _, firing in story]
    run = alerted(*(fires(name, f"k{n}") if firing else over(name, f"k{n}") for n, (name, _, firing) in enumerate(once)))
    ended = {name for name, _, firing in once if not firing}
    names = {name for name, _, _ in once}
    assert {name for name, alert in run.signals.items() if alert.status == "resolved"} == ended
    assert counted(run.signals) == f"{len(names - ended)}/{len(names)}/{len(once)}"
    assert run.resolved == (names == ended)


def test_a_signal_is_what_an_event_holds() -> None:
    assert Signal("a", "firing", "t").began == ""
