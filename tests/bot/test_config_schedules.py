"""The section `schedules:`: what it makes, and how its mistakes are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.bot.configured import GOOD, mistakes, read, told

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

SCHEDULES = """
schedules:
  - name: weekday-report
    cron: "0 9 * * mon-fri"
    zone: Europe/Berlin
    agent: triage
    channel: "#incidents"
    prompt: Report.
  - {name: watch, every: 15m, agent: watcher, prompt: Look., jitter: 5m, overlap: allow, enabled: false}
"""

WRONG = """
schedules:
  - {name: a, cron: "0 9 * * 1", agent: triage, prompt: x}
  - {name: a, cron: "0 9 * * *", zone: Europe/Berlim, agent: triag, prompt: x}
  - {name: b, agent: triage, prompt: x}
  - {name: c, cron: "* * * * *", every: 1h, agent: triage, prompt: x}
  - {name: d, every: 10s, zone: UTC, agent: triage, prompt: x}
  - {name: e, every: 15, agent: triage, channel: ops, prompt: "", overlap: wait}
  - {name: f, cron: "0 9 31 feb *", agent: triage, prompt: x, jiter: 5m}
  - {name: g, cron: "0 9,10 * * *", agent: triage, prompt: x, jitter: 1h}
  - {name: h, cron: "0 9 * * *", zone: ../../etc/passwd, agent: triage, prompt: x}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_it_makes() -> None:
    report, watch = read(GOOD + SCHEDULES).schedules.values()
    assert (report.name, report.agent, report.channel, report.prompt) == ("weekday-report", "triage", "#incidents", "Report.")
    assert (report.delay, report.overlaps, report.enabled) == (timedelta(), False, True)
    assert report.times.words == report.definition == "0 9 * * mon-fri (Europe/Berlin)"
    assert report.shown(report.next_after(NOON, NOON)) == "Mon 23 Nov 2026 09:00 CET"
    assert (watch.times.words, watch.definition, watch.overlaps, watch.enabled) == ("every 15m", "", True, False)
    assert timedelta() <= watch.delay <= timedelta(minutes=5)
    assert read(GOOD + SCHEDULES).schedules["watch"].delay == watch.delay
    assert read(GOOD).schedules == {}


def test_every_mistake_is_told_with_its_place() -> None:
    assert told(mistakes(GOOD + WRONG)) == snapshot('''\
c.yaml:36  schedules[0].cron
  day of the week: the number 1 is one day to some programs and another to others; write mon-fri
c.yaml:37  schedules[1].name
  there are two by the name a; each name may stand once
c.yaml:37  schedules[1].agent
  there is no agent "triag"; did you mean "triage"?
c.yaml:37  schedules[1].zone
  this machine knows no time zone "Europe/Berlim"; did you mean "Europe/Berlin"?
c.yaml:38  schedules[2]
  needs either cron: "0 9 * * mon-fri" or every: 15m
c.yaml:39  schedules[3]
  needs either cron: "0 9 * * mon-fri" or every: 15m
c.yaml:40  schedules[4].zone
  an interval is the same in every zone; leave it out, or write cron
c.yaml:40  schedules[4].every
  is at least 1m
c.yaml:41  schedules[5].every
  write a number and a unit, such as 90s, 15m, 4h or 2d
c.yaml:41  schedules[5].channel
  "ops" is no channel; write "#name" in quotes, or its id
c.yaml:41  schedules[5].prompt
  has to have at least 1 character, not ""
c.yaml:41  schedules[5].overlap
  "wait" is not among skip, allow
c.yaml:42  schedules[6].jiter
  there is no such key; did you mean "jitter"?
c.yaml:43  schedules[7].jitter
  has to be shorter than the time from one run to the next, which is 1h at times
c.yaml:44  schedules[8].zone
  this machine knows no time zone "../../etc/passwd"\
''')


def test_a_section_that_is_no_list() -> None:
    assert "schedules: has to be a list, each item with a dash" in mistakes(GOOD + "\nschedules: {a: {every: 1h}}\n")[0]
