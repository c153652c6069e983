"""Backtests: what a file tells, what would have fired, and what is said of files that cannot be read."""

import math
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.backtest import Past, backtested, read
from bot.chart import chart

STEP = 300
BEGIN = 1_761_955_200


def days(count: int, spike: int | None = None) -> Past:
    """Five-minute values with a daily shape, and one that is far too high."""
    values = [100 + 40 * math.sin(place / 288 * 2 * math.pi) + (place * 7919 % 11) for place in range(count * 288)]
    if spike is not None:
        values[spike] = 900.0
    return Past("orders", tuple(BEGIN + place * STEP for place in range(len(values))), tuple(values))


def test_what_would_have_fired_is_told_with_why_and_can_be_drawn() -> None:
    found = backtested(days(10, spike=2_000), 1.0)
    assert found.fired == (BEGIN + 2_000 * STEP,)
    (alarm,) = found.alarms
    assert (alarm.value, alarm.at) == (900.0, found.fired[0])
    assert alarm.high < 900
    assert "above" in alarm.why
    assert found.weeks == pytest.approx(10 / 7, abs=0.01)
    assert found.band[0][0] >= BEGIN + 86_400 - STEP  # before that it learns
    assert found.series.marked == found.fired
    assert chart(found.series).startswith(b"\x89PNG")


def test_a_lower_sensitivity_fires_less() -> None:
    past = days(10, spike=2_000)
    assert backtested(past, 0.001).fired == ()
    assert backtested(Past("x", (), ()), 1.0).fired == ()


def test_a_file_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("when,place,orders,revenue\n2026-11-02T00:00:00+01:00,eu,,7.5\n1793574000,eu,4,\n\n2026-11-01 12:00,eu,3,1\n")
    past = read(file, None, None)
    assert past.name == "orders"
    assert past.times == (1_793_534_400, 1_793_574_000, 1_793_574_000)
    assert past.values[0] == 3.0
    assert sorted(past.values[1:], key=math.isnan) == [4.0, pytest.approx(math.nan, nan_ok=True)]
    assert read(file, "when", "revenue").name == "revenue"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs a line of names"),
        ("time,value\n", "needs a line of names"),
        ("time,value\n1,x\n", "has no column with numbers beside 'time'"),
        ("time,value\n1,2\nsoon,3\n", "line 3: 'soon' is no time"),
        ("time,value\n1,2\n2,many\n", "line 3: 'many' is no number"),
        ("time,value\n1,2\n2\n", "line 3: there are 1 fields, and 2 are needed"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read(file, None, None)


def test_what_is_no_file_or_no_text_or_no_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory\."):
        read(tmp_path, None, None)
    file = tmp_path / "orders.csv"
    file.write_bytes(b"time,value\n1,\xff\n")
    with pytest.raises(ConfigError, match="is no CSV file in UTF-8"):
        read(file, None, None)
    file.write_text("time,value\n1,2\n")
    with pytest.raises(ConfigError, match=r"has no column 'amount' \(--value\)\. It has: time, value\."):
        read(file, None, "amount")
