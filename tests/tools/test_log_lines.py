"""What lines of logs have in common, and when they were written."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.log_lines import MOST_PATTERNS, Digest, Line, cut, described
from tools.log_times import written_at

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("line", "time"), [
    ("2026-11-28T09:29:01.250Z ERROR x", "2026-11-28T09:29:01.250000+00:00"),
    ("2026-11-28 09:29:01,250 ERROR x", "2026-11-28T08:29:01.250000+00:00"),
    ("[2026-11-28 09:29:01 +0530] x", "2026-11-28T03:59:01+00:00"),
    ("2026/11/28 09:29:01 [error] 7#7: x", "2026-11-28T08:29:01+00:00"),
    ('10.0.0.1 - bob [28/Nov/2026:09:29:01 +0000] "GET / HTTP/1.1" 200', "2026-11-28T09:29:01+00:00"),
    ("<34>Nov  8 09:29:01 host sshd[7]: x", "2026-11-08T08:29:01+00:00"),
    ("Dec 31 23:59:59 host x", "2025-12-31T22:59:59+00:00"),
    ("E1128 09:29:01.123456       1 main.go:7] x", "2026-11-28T08:29:01.123456+00:00"),
    ("1795857900 x", "2026-11-28T09:25:00+00:00"),
    ("[1795857900.5] x", "2026-11-28T09:25:00.500000+00:00"),
    ('{"level":"info","ts":1795857900.25,"msg":"x"}', "2026-11-28T09:25:00.250000+00:00"),
    ('{"msg":"was 2020-01-01 00:00:00","@timestamp":"2026-11-28T09:29:01Z"}', "2026-11-28T09:29:01+00:00"),
    ('level=info ts=2026-11-28T09:29:01Z msg="x"', "2026-11-28T09:29:01+00:00"),
    ('level=info a=b c=d some=more and=other words=here time="2026-11-28 09:29:01" msg="x"', "2026-11-28T08:29:01+00:00"),
    ("    at com.shop.Cart.pay(Cart.java:17)", None), ("", None), ("2026-13-45 99:99:99 x", None), ("Feb 30 00:00:00 x", None),
    ('{"msg": "2026-11-28 09:29:01"}', None), ("order 17958579001234 paid", None),
])  # fmt: skip
def test_when_a_line_was_written(line: str, time: str | None) -> None:
    assert written_at(line, NOW, BERLIN) == (datetime.fromisoformat(time) if time else None)


@pytest.mark.parametrize(("line", "level", "pattern"), [
    ("2026-11-28T09:29:01Z ERROR order 17 failed after 3.5s", "error", "ERROR order <…> failed after <…>s"),
    ("GET /cart/9f8e7d6c5b4a3210 from 10.0.0.7:5123 took 12ms", "", "GET /cart/<…> from <…> took <…>ms"),
    ('{"level":"warn","msg":"retry 3 of 5","user":"a"}', "warning", "retry <…> of <…>"),
    ("2026/11/28 09:29:01 [crit] 7#7: disk", "critical", "[crit] <…>#<…>: disk"),
    ("W1128 09:29:01.123456 1 x.go:7] slow", "warning", "W<…> <…> <…> x.go:<…>] slow"),
    ('level=error msg="no INFO here" n=7', "error", "no INFO here"),
    ("nothing INFORMATIONAL, no ERROR_CODE", "", "nothing INFORMATIONAL, no ERROR_CODE"),
])
def test_level_and_pattern(line: str, level: str, pattern: str) -> None:
    assert described(line) == (level, pattern)


def test_many_lines_are_told_in_few() -> None:
    digest = Digest()
    for number in range(40):
        digest.add(Line(f"ERROR order {number} failed", NOW.replace(second=number)))
    digest.add(Line("INFO done"))
    assert digest.told() == [
        "41 lines from 2026-11-28T09:30:00Z to 2026-11-28T09:30:39Z; error 40, info 1",
        "Patterns (2, the most frequent first):",
        "  40x ERROR order <…> failed from 2026-11-28T09:30:00Z to 2026-11-28T09:30:39Z",
        "  1x INFO done",
    ]


def test_lines_of_which_no_two_are_alike_are_not_grouped() -> None:
    digest = Digest()
    for number in range(40):
        digest.add(Line("x" * (number + 1)))
    assert digest.told() == ["40 lines"]


def test_what_is_kept_is_bounded() -> None:
    digest = Digest()
    for number in range(MOST_PATTERNS + 50):
        digest.add(Line("x" * number))
    assert len(digest.patterns) <= MOST_PATTERNS
    assert digest.every.count == MOST_PATTERNS + 50
    assert sum(one.count for one in digest.patterns.values()) + digest.other == digest.every.count


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=3_000))
def test_any_line_has_a_pattern_and_maybe_a_time(line: str) -> None:
    level, pattern = described(line)
    assert len(pattern) <= 200
    assert level in {"", "debug", "info", "warning", "error", "critical"}
    written_at(line, NOW, BERLIN)
    assert len(cut(line)) <= 401


@pytest.mark.parametrize("line", [
    "1" * 65_536, "a" * 65_536, "[" * 65_536, '{"ts":' * 9_000, "1.1,1:" * 9_000, "ts=" * 20_000, "level" * 9_000,
    'msg="' * 9_000, 'msg="' + "\\" * 60_000,
])
def test_no_line_keeps_it_busy(line: str) -> None:
    begin = time.perf_counter()
    described(line)
    written_at(line, NOW, BERLIN)
    assert time.perf_counter() - begin < 0.2
