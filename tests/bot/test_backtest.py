"""Files for backtests: what they tell, and what is said of those that cannot be read."""

import math
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.backtest import read


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
