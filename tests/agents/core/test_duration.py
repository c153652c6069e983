"""Lengths of time as people write them."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.core import duration


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("4h", 14_400), ("2d", 172_800), ("1h30m", 5_400), (" 5m ", 300)])
def test_lengths_that_can_be_read(text: str, seconds: int) -> None:
    assert duration.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "4", "h", "-4h", "4 hours", "0s", "1s1h", "٤h", "9999999d"])
def test_lengths_that_cannot(text: str) -> None:
    with pytest.raises(ValueError, match="write a number and a unit"):
        duration.parse(text)


@given(st.text())
def test_nothing_but_a_value_error_is_raised(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert duration.parse(text) > timedelta()


@pytest.mark.parametrize("text", ["90s", "15m", "1d2h3m4s"])
def test_what_is_written_is_read_again(text: str) -> None:
    length = duration.parse(text)
    assert duration.parse(duration.written(length)) == length
    assert duration.written(duration.parse("1d2h3m4s")) == "1d2h3m4s"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0s"), (0.42, "0.4s"), (9.96, "10.0s"), (3, "3s"), (65, "1m 5s"), (14_400, "4h"), (180_000, "2d 2h")]
)
def test_lengths_as_they_are_shown(seconds: float, shown: str) -> None:
    assert duration.show(timedelta(seconds=seconds)) == shown


def test_a_value_of_the_configuration_is_a_length_or_says_what_would_be() -> None:
    assert duration.parsed(timedelta(minutes=1)) == duration.parsed("1m") == timedelta(minutes=1)
    with pytest.raises(ValueError, match="write a number and a unit"):
        duration.parsed(60)
