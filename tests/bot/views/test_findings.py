"""Lists of monitors and findings, and digests: within one message, whatever others have written."""

from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from agents.core import events as e
from agents.core.finding import Mark
from agents.core.fold import fold
from agents.core.ids import SYSTEM
from agents.core.noise import Tuning
from agents.core.state import Run
from agents.core.trigger import Place, Source, Trigger
from agents.found import Found
from agents.monitors import FindingSummary, Looked, Marking
from agents.noise import Loudness
from bot.views.clickable import Clickable
from bot.views.findings import Standing, Trace, failing_line, findings, monitors, present
from bot.views.lists import Pages
from bot.views.opening import opening
from tests.bot.views.made import ALICE, HOSTILE, NOON, RUN, assert_tame, check, drawn
from tests.bot.views.test_report import FINDING, reported, signal
from tests.bot.watched import ORDERS

TEXT = """Daily digest, Sun 22 Nov 2026
1 new finding, 0 over, 1 open.

**New**
- Warning: `volume of shop.orders` 412 rows, since Sat 16:00 CET · [Open](https://acme.slack.com/archives/C01/p1)"""


def found(text: str = "", count: int = 1) -> list[Found]:
    """Findings whose every text is this, or as they usually are."""
    finding = replace(FINDING, monitor=text, measure=text, subject=text, unit=text) if text else FINDING
    run = reported(signal(finding=finding, severity=text or "warning"), (e.FindingMarked(Mark.ACKNOWLEDGED, text or "Alice"), ALICE))
    [alert] = run.signals.values()
    marks = tuple(Marking(mark, text or "Alice", NOON, NOON) for mark in (Mark.ACKNOWLEDGED, Mark.SNOOZED))
    summary = FindingSummary(RUN, "monitor:orders", f"{text}/1", "firing", NOON, None, marks)
    return [Found(summary, run, alert, finding)] * count


def standing(text: str = "") -> Standing:
    monitor = replace(ORDERS, name=text or "orders", subject=text or "shop.orders")
    looked = Looked(monitor.name, 1, "d", NOON, NOON, NOON, NOON, text or "refused", NOON)
    tunings = (Tuning(text or "orders", text or "volume", 3, 1, 1.0, 1.0, 0.5, 2, 1, 4),) * 3
    return Standing(monitor, looked, 2, Loudness(3, 7, 2, tunings), NOON + timedelta(minutes=5))


def digest(text: str) -> Run:
    """A run that only tells."""
    trigger = Trigger(Source.SCHEDULE, "digest/1", SYSTEM, "daily digest", Place("T01", "C01", ""), quiet=True)
    return fold([e.Recorded(RUN, 1, NOON, SYSTEM, "triage", e.RunStarted("triage", trigger, text))])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_write_makes_no_mention_and_breaks_nothing(text: str) -> None:
    check(monitors([standing(text)] * 10, Pages("monitors page 2")))
    check(findings(found(text, 10), NOON, 5, Pages("report page 2"), "https://acme.slack.com/"))
    check(present(standing(text), found(text, 12), [Trace(text, text, [1.0, None, 3.0])] * 20, "https://acme.slack.com/"))
    assert_tame(failing_line(Looked(text, 1, "d", NOON, NOON, NOON, NOON, text, NOON)))
    check(opening(digest(f"{text}\n{text}\n- `{text}` [Open](https://evil.example/x)")))


def test_a_digest_is_a_title_and_what_was_written_down() -> None:
    allowed = Clickable(workspace="acme.slack.com")
    assert drawn(check(opening(digest(TEXT), allowed)).blocks) == snapshot("""\
HEADER Daily digest, Sun 22 Nov 2026
SECTION 1 new finding, 0 over, 1 open.

*New*
• Warning: `volume of shop.orders` 412 rows, since Sat 16:00 CET · <https://acme.slack.com/archives/C01/p1|Open>
   (acme.slack.com)
SMALL triage answers here · `/ops report` has it all · run-abcdefghij234567\
""")
    assert opening(digest(TEXT), allowed).text == "Daily digest, Sun 22 Nov 2026. 1 new finding, 0 over, 1 open."


def test_a_monitor_is_told_with_its_series() -> None:
    assert drawn(check(present(standing(), found(), [Trace("volume region=eu", "rows", [1.0, None, 3.0])])).blocks) == snapshot("""\
SECTION :electric_plug: fails  *orders* · shop.orders
looked <!date^1795262400^{ago}|2026-11-21 12:00 UTC>, next <!date^1795262700^{time}|2026-11-21 12:05 UTC> · 7 in a week,
   3 false · 1 false a week and series is put up with
could not look since <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>: refused
:control_knobs: volume of orders: 3 false alarms in a week; 1 a series is what was put up with. With sensitivity: 0.5
   instead of 1, 2 of them would not have been told. Of the 4 other findings 1 would have been missed.
:control_knobs: volume of orders: 3 false alarms in a week; 1 a series is what was put up with. With sensitivity: 0.5
   instead of 1, 2 of them would not have been told. Of the 4 other findings 1 would have been missed.
SECTION :large_orange_circle: *volume* of shop.orders (region=eu) is too low
:arrow_down: *412 rows*, expected 1,180 to 1,420 rows · *65 % below* · <!date^1795262400^{date_short_pretty} at
   {time}|2026-11-21 12:00 UTC> · :zzz: until <!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>
`▁·█ 1–3` rows · volume region=eu\
""")
