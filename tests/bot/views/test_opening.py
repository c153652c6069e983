"""The first message of an incident: what fires, how much of it, what it has in common, and that it is over."""

from dataclasses import replace

import pytest

from agents.core import events as e
from agents.core.state import Run
from bot.views.clickable import NOTHING, Clickable
from bot.views.opening import opening
from bot.views.questions import card
from tests.agents.core.histories import after
from tests.agents.core.test_incident import alerted, fires, over
from tests.bot.views.made import ASK, HOSTILE, MENTIONS, check, drawn, run_of, waiting


def shown(run: Run, allowed: Clickable = NOTHING) -> str:
    return drawn(check(opening(run, allowed)).blocks)


def test_one_alert_with_its_own_words() -> None:
    run = alerted(fires())
    text = shown(run, Clickable(frozenset({"x.test"})))
    assert "HEADER Alert: Slow a" in text
    assert ":rotating_light: *Firing* · *Severity:* critical" in text
    assert "QUOTE p95 is 2 s" in text
    assert "*In common:* service=a, team=ops" in text
    assert "<https://x.test/1>" in text
    assert "`https://x.test/1`" in shown(run)
    assert "*Heard of:* 2 times" in shown(after(run, fires(key="k")))


def test_a_storm_with_a_count_and_its_end() -> None:
    run = alerted(*(fires(str(n)) for n in range(200)), over("0"))
    text = shown(run)
    assert ":rotating_light: *Firing:* 199 of 200 alerts" in text
    assert "and 190 more" in text
    assert "*In common:* team=ops" in text
    done = after(run, *(over(str(n)) for n in range(1, 200)))
    assert "HEADER Resolved: Slow" in shown(done)
    assert ":white_check_mark: *Resolved:* all 200 alerts" in shown(done)
    assert ":white_check_mark: *Resolved*" in shown(alerted(over()))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_outsiders_write_makes_no_mention_and_no_link(text: str) -> None:
    hostile = replace(fires(), title=text, severity=text, labels={text: text}, links=(text, "https://evil.example/?a=<b>"), text=text)
    check(opening(alerted(hostile)))
    check(opening(alerted(*(replace(hostile, fingerprint=str(n)) for n in range(30)))))


def test_an_open_card_says_that_the_alerts_are_over() -> None:
    run = run_of(*waiting())
    assert "resolved by now" not in drawn(card(run, run.asks[ASK], MENTIONS).blocks)
    over_by_now = after(run, e.SignalReceived("k", "a", "resolved", "Slow", "", {}, (), ""))
    assert "resolved by now" in drawn(check(card(over_by_now, over_by_now.asks[ASK], MENTIONS)).blocks)
