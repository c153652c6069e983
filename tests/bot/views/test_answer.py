import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core import events as e
from bot.views.answer import answer
from bot.views.markup import parts
from bot.views.mrkdwn import escape
from tests.bot.views.made import ALICE, ASK, HOSTILE, check, drawn, literal, mrkdwn_of, run_of, started, turn


def test_an_answer_and_its_small_print() -> None:
    text = (
        "# Cause\nThe deploy of **v12** made it *slow*, ~~not~~ `p95` says so:\n"
        "- see [the graph](https://grafana.example/d/1?a=b&c=d)\n- or https://status.example.\n\n```sql\nselect 1 < 2\n```\nAll good."
    )
    [message] = answer(run_of(started(), *turn(text)))
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


def test_links_say_where_they_lead() -> None:
    [part] = parts("[https://bank.example](https://evil.example/login)")
    assert part.text == "<https://evil.example/login|https://bank.example> (evil.example)"


@given(st.text(st.sampled_from("*_~`[](): /.https<>|&\n-# x"), max_size=200))
def test_any_markdown_gives_tame_mrkdwn(text: str) -> None:
    for part in parts(text):
        if not part.code:
            assert part.text.count("<") == part.text.count(">")
            assert "<!" not in part.text
            assert "<@" not in part.text
