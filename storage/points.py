"""A day of samples of one series as bytes: how many seconds each is behind the one before, and then all their values, deflated."""

import math
import sys
import zlib
from array import array
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

DAY = 86400

SIZE = 12
"""Bytes a sample before they are deflated: four for its time and eight for its value, the lowest byte first whatever the machine."""


def unpacked(points: bytes) -> tuple[list[int], "array[float]"]:
    """The seconds of the day in their order, and the values; no number where there was nothing to measure."""
    whole = zlib.decompress(points)
    count = len(whole) // SIZE
    steps, values = array("I"), array("d")
    steps.frombytes(whole[:4 * count])
    values.frombytes(whole[4 * count:])
    return list(accumulate(_ordered(steps))), _ordered(values)


def packed(points: Mapping[int, float | None]) -> bytes:
    """The inverse, of values by seconds of the day. What is no finite number is kept as nothing."""
    order = sorted(points)
    steps = array("I", (later - earlier for earlier, later in pairwise((0, *order))))
    values = array("d", (_number(points[second]) for second in order))
    return zlib.compress(_ordered(steps).tobytes() + _ordered(values).tobytes(), 1)


def _number(value: float | None) -> float:
    return math.nan if value is None or not math.isfinite(value) else value


def _ordered(numbers: "array[Any]") -> "array[Any]":
    """From this machine's order of bytes to the one that is kept, and back."""
    if sys.byteorder != "little":
        numbers.byteswap()
    return numbers
