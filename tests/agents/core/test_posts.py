"""Which messages a run should have, and the names of things."""


import pytest

from agents.core import events as e
from agents.core.actions import PostMessage, Record, UpdateMessage
from agents.core.decide import decide
from agents.core.ids import AskId, RunId, ask_id, local_person, person, run_id_for, run_of
from tests.agents.core.histories import (
    A1,
    A2,
    C1,
    after,
    answered,
    asked,
    asks,
    begins,
    call,
    judged,
    proposed,
    started,
    waiting,
)
from tests.agents.core.test_decide import RULES
from tests.world import NOON

D = e.Decision


def test_cards_are_posted_while_open_and_updated_when_decided() -> None:
    card = f"card:{A1}"
    run = waiting()
    assert PostMessage(card, False, f"post:{card}") in decide(run, RULES, NOON)
    decided = e.ApprovalDenied(A1, C1, "write", "Bob", "")
    assert not any(isinstance(a, PostMessage) and a.post == card for a in decide(after(run, decided), RULES, NOON))
    cut_off = after(run, e.PostStarted(card), decided)
    assert PostMessage(card, True, f"post:{card}") in decide(cut_off, RULES, NOON)
    shown = after(run, e.PostStarted(card), e.PostFinished(card, "1.2", "open/0"), decided)
    assert UpdateMessage(card, f"post:{card}") in decide(shown, RULES, NOON)
    undeliverable = after(run, e.PostStarted(card), e.PostFinished(card, "", "", "archived"), decided)
    assert not any(a.key == f"post:{card}" for a in decide(undeliverable, RULES, NOON))


def test_what_ran_unasked_is_told_where_the_policy_says_so() -> None:
    run = after(proposed(call()), judged(D.NOTIFY), begins(), e.ToolFinished(C1, "write", "ok"))
    assert PostMessage("notice:c1", False, "post:notice:c1") in decide(run, RULES, NOON)


def test_the_end_is_told_before_it_is_written() -> None:
    run = after(started(), asked(), answered("Hello."))
    posts = decide(run, RULES, NOON)
    assert [a.key for a in posts] == ["post:progress", "post:answer:1"]
    for post in ("progress", "answer:1"):
        run = after(run, e.PostStarted(post), e.PostFinished(post, "1.2", run.showing(post)))
    assert decide(run, RULES, NOON) == (Record(e.RunFinished(e.Outcome.ANSWERED), "run"),)
    assert decide(after(run, e.RunFinished(e.Outcome.ANSWERED)), RULES, NOON) == ()


def test_what_it_did_is_summed_up_once_it_is_known_where_the_answer_stands() -> None:
    run = after(started(), e.PostStarted("progress"), e.PostFinished("progress", "1.2", "open"), asked(), answered("Hello."))
    assert [a.key for a in decide(run, RULES, NOON)] == ["post:answer:1"]
    assert [a.key for a in decide(after(run, e.PostStarted("answer:1")), RULES, NOON)] == ["post:answer:1"]
    told = after(run, e.PostStarted("answer:1"), e.PostFinished("answer:1", "1.2", "open"))
    assert decide(told, RULES, NOON) == (UpdateMessage("progress", "post:progress"),)


def test_names_are_derived() -> None:
    assert run_id_for("T1:C1:100.1") == run_id_for("T1:C1:100.1") != run_id_for("T1:C1:100.2")
    assert len(run_id_for("x")) == 20
    assert run_of(AskId("run-x.a3")) == RunId("run-x")
    assert ask_id(RunId("run-x"), 3) == "run-x.a3"
    assert (person("T1", "U1"), local_person("ann")) == ("T1/U1", "local/ann")
    with pytest.raises(ValueError, match="No workspace"):
        person("local", "root")
    assert asks(2).ask_id == A2
