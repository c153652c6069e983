from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.ids import ActorId, AskId, CallId
from bot.views.answer import answer
from bot.views.clickable import Clickable
from bot.views.links import links
from bot.views.markup import parts
from bot.views.mrkdwn import escape
from tests.bot.views.made import (
    ALICE,
    ASK,
    BOB,
    HOSTILE,
    RUN,
    asked,
    buttons,
    called,
    check,
    drawn,
    judged,
    literal,
    mrkdwn_of,
    run_of,
    started,
    turn,
)

SECOND = AskId(f"{RUN}.a2")
TOOL = "restart_service"


def test_an_answer_and_its_small_print() -> None:
    text = (
        "# Cause\nThe deploy of **v12** made it *slow*, ~~not~~ `p95` says so:\n"
        "- see [the graph](https://grafana.example/d/1?a=b&c=d)\n- or https://status.example.\n\n```sql\nselect 1 < 2\n```\nAll good."
    )
    [message] = answer(run_of(started(), *turn(text)), allowed=Clickable(frozenset({"grafana.example", "status.example"})))
    check(message)
    assert drawn(message.blocks) == snapshot("""\
SECTION *Cause*
The deploy of *v12* made it *slow*, ~not~ `p95` says so:
• see <https://grafana.example/d/1?a=b&amp;c=d|the graph> (grafana.example)
• or <https://status.example>.


PREFORMATTED select 1 < 2

SECTION All good.
SMALL triage · 1 step · $0.0123 · 2s · `/ops audit run run-abcdefghij234567`
BUTTONS [Timeline](timeline)
THUMBS (good:run-abcdefghij234567) (bad:run-abcdefghij234567)\
""")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_models_words_can_neither_mention_nor_break_out(text: str) -> None:
    for message in answer(run_of(started(), *turn(text))):
        check(message)
        assert "<@U01ALICE>" not in str(message.blocks[:-1]).replace(literal(message.blocks), "") or "```" in text


@given(st.text(st.sampled_from("abc &<>;\n\u202e") | st.characters(codec="utf-8"), max_size=400).filter(str.strip), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_no_character_of_plain_words_is_lost(text: str, times: int) -> None:
    text = "".join(c for c in text if c not in "*_~`#[]()-+:/\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029") * times
    if not text.strip():
        return
    blocks = [block for message in answer(run_of(started(), *turn(text))) for block in message.blocks]
    shown = "".join(block["text"]["text"] for block in blocks if block["type"] == "section")
    assert "".join(shown.split()) == "".join(escape(text).split())


def test_a_long_answer_goes_on_in_further_messages() -> None:
    text = "\n".join(f"line {number} " + "x" * 80 for number in range(1200))
    messages = answer(run_of(started(), *turn(text)))
    assert len(messages) > 10
    shown = "".join("".join(mrkdwn_of(list(check(message).blocks))) for message in messages)
    assert all(f"line {number} x" in shown for number in range(1200))
    assert "/ops audit run" not in str(messages[0].blocks)
    assert "/ops audit run" in str(messages[-1].blocks)


def test_long_code_keeps_each_character() -> None:
    code = "\n".join(f"row {number} <&> ```x" for number in range(3000))
    messages = answer(run_of(started(), *turn(f"~~~\n{code}\n~~~")))
    shown = "".join(literal(block) for message in messages for block in message.blocks if block["type"] == "rich_text")
    assert shown == code + "\n"


def test_a_stopped_run_says_who_stopped_it() -> None:
    stopped = e.LimitAnswered(ASK, e.Limit.STEPS, "stop", "Alice")
    run = run_of(started(), e.LimitReached(ASK, e.Limit.STEPS, "It has used 25 turns."), (stopped, ALICE))
    [message] = answer(run)
    check(message)
    assert "*No answer.* Stopped by Alice." in mrkdwn_of(list(message.blocks))[0]


def investigated(text: str = "2 s", words: str = "It was the deploy.") -> tuple[e.Event | tuple[e.Event, ActorId], ...]:
    """A run that looked, asked, was denied once and approved once, and answers."""
    calls = ("query_metrics", {"service": "checkout"}), (TOOL, {"service": "checkout"}), (TOOL, {"service": "cart", "why": text})
    asks = [replace(asked(), ask_id=AskId(f"{RUN}.a{n}"), call_id=CallId(f"c{n + 1}")) for n in (1, 2)]
    read = e.ToolStarted(CallId("c1"), "query_metrics", "k"), e.ToolFinished(CallId("c1"), "query_metrics", text)
    granted = e.VoteCast(SECOND, CallId("c3"), TOOL, "Alice Moreau"), e.ApprovalGranted(SECOND, CallId("c3"), TOOL, (ALICE,))
    ran = e.ToolStarted(CallId("c3"), TOOL, "k3"), e.ToolFinished(CallId("c3"), TOOL, "restarted")
    return (
        started(), *turn("Looking.", *calls), judged("query_metrics", e.Decision.ALLOW), judged(call="c2"), judged(call="c3"), *asks,
        *read, e.PostStarted(f"card:{ASK}"), e.PostFinished(f"card:{ASK}", "1700000000.000200"),
        (e.ApprovalDenied(ASK, CallId("c2"), TOOL, "Bob Lindqvist", text), BOB), (granted[0], ALICE), (granted[1], ALICE), *ran,
        *turn(words),
    )


def test_an_answer_says_what_it_rests_on_and_who_decided_what_and_why() -> None:
    run = run_of(*investigated())
    [message] = answer(run, link=links("https://acme.slack.com/"))
    check(message)
    assert drawn(message.blocks) == snapshot("""\
SECTION It was the deploy.
SECTION *What it rests on*
• `query_metrics` (service: checkout) 2 s
• `restart_service` (why: 2 s, service: cart) restarted
   (<https://acme.slack.com/archives/C01/p1700000000000200?thread_ts=100.1&amp;cid=C01|card>)
SECTION *What people decided*
• Bob Lindqvist denied `restart_service`: 2 s
   (<https://acme.slack.com/archives/C01/p1700000000000200?thread_ts=100.1&amp;cid=C01|card>)
• Alice Moreau approved `restart_service`
   (<https://acme.slack.com/archives/C01/p1700000000000200?thread_ts=100.1&amp;cid=C01|card>)
SMALL triage · 2 steps · $0.0246 · 13s · `/ops audit run run-abcdefghij234567`
BUTTONS [Timeline](timeline)
THUMBS (good:run-abcdefghij234567) (bad:run-abcdefghij234567)\
""")
    assert called(message) == set()
    assert buttons(message.blocks) == [("timeline", RUN)]


def test_without_addresses_nothing_is_linked() -> None:
    assert "archives" not in str(answer(run_of(*investigated()))[0].blocks)
    assert links("")("C01", "1.2") == ""


def test_evidence_beyond_a_few_lines_is_counted() -> None:
    calls = [("query_metrics", {"n": n}) for n in range(12)]
    made = [judged("query_metrics", e.Decision.ALLOW, f"c{n}") for n in range(1, 13)]
    started_ = [e.ToolStarted(CallId(f"c{n}"), "query_metrics", f"k{n}") for n in range(1, 13)]
    told = [e.ToolFinished(CallId(f"c{n}"), "query_metrics", f"result {n}") for n in range(1, 13)]
    [message] = answer(run_of(started(), *turn("Looking.", *calls), *made, *started_, *told, *turn("Done.")))
    said = drawn(check(message).blocks)
    assert "_and 4 before these_" in said
    assert "result 12" in said
    assert "result 4" not in said


def test_a_workspace_without_thumbs_gets_two_buttons() -> None:
    [message] = answer(run_of(started(), *turn("Done.")), has_thumbs=False)
    check(message)
    names = [("timeline", RUN), ("feedback_good", f"good:{RUN}"), ("feedback_bad", f"bad:{RUN}")]
    assert buttons(message.blocks) == names
    assert "context_actions" not in str(message.blocks)


def test_whoever_takes_over_gets_the_whole_case() -> None:
    run = run_of(*investigated()[:-8], (e.RunStopped("Carol Osei", takes_over=True), ALICE))
    [message] = answer(run)
    check(message)
    assert message.text == "Carol Osei took it over."
    assert drawn(message.blocks) == snapshot("""\
SECTION :handshake: *Carol Osei took this over.* triage begins nothing more. The case so far:
SECTION *What was asked*, by Dana Reyes:
QUOTE checkout is slow
SECTION *The last that the agent wrote*
QUOTE Looking.
SECTION *What it did* (3 calls)
LIST query_metrics(service: checkout) done: 2 s
LIST restart_service(service: checkout) waits for approval
LIST restart_service(why: 2 s, service: cart) waits for approval
SECTION *Open at that moment*
LIST approval of restart_service(service: checkout), which did not run
LIST approval of restart_service(why: 2 s, service: cart), which did not run
SECTION *To read on:* Timeline below, or `/ops audit run run-abcdefghij234567` with every event.
SECTION *What people decided*
• Carol Osei ended the run before anybody decided about `restart_service`
• Carol Osei ended the run before anybody decided about `restart_service`
SMALL triage · 1 step · $0.0123 · 9s · `/ops audit run run-abcdefghij234567`
BUTTONS [Timeline](timeline)
THUMBS (good:run-abcdefghij234567) (bad:run-abcdefghij234567)\
""")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_evidence_and_decisions_stay_in_their_place(text: str) -> None:
    facts = investigated(text)
    over = (e.RunStopped(text or "x", takes_over=True), ALICE)
    for run in (run_of(*facts), run_of(*facts[:-8], over), run_of(started(text), *turn(text), over)):
        for message in (*answer(run), *answer(run, has_thumbs=False)):
            check(message)
            assert called(message) == set()


def test_links_say_where_they_lead() -> None:
    [part] = parts("[https://bank.example](https://evil.example/login)", Clickable(frozenset({"evil.example"})))
    assert part.text == "<https://evil.example/login|https://bank.example> (evil.example)"


@given(st.text(st.sampled_from("*_~`[](): /.https<>|&\n-# x"), max_size=200))
def test_any_markdown_gives_tame_mrkdwn(text: str) -> None:
    for part in parts(text):
        if not part.code:
            assert part.text.count("<") == part.text.count(">")
            assert "<!" not in part.text
            assert "<@" not in part.text
