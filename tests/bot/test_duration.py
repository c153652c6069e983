"""Lengths of time as people read them."""

from datetime import timedelta

import pytest

from bot import duration


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0s"), (0.42, "0.4s"), (9.96, "10.0s"), (3, "3s"), (65, "1m 5s"), (14_400, "4h"), (180_000, "2d 2h")]
)
def test_lengths_as_they_are_shown(seconds: float, shown: str) -> None:
    assert duration.show(timedelta(seconds=seconds)) == shown
