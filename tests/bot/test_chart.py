"""Charts are PNGs of one size with everything on them, whatever the values are; without pictures there is a line of blocks."""

import asyncio
import io
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread

from agents.core.chart import Outlook, Series
from bot.chart import BLOCKS, GAP, chart, outlook_chart, sparkline

START = 1_795_000_000
ORANGE, BLUE = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)


def pixels(png: bytes) -> np.ndarray:
    """The picture as 500 rows of 1000 pixels of red, green and blue."""
    image = (imread(io.BytesIO(png))[:, :, :3] * 255).round().astype(int)
    assert image.shape == (500, 1000, 3)
    return image


def near(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Which pixels have about this colour."""
    return np.asarray(np.abs(image - np.array(colour)).max(axis=2) < 30)


def latency(**more: object) -> Series:
    """Ten hours of values, which rise at the end."""
    points = tuple((START + 300 * at, 200.0 + 10 * math.sin(at / 5) + 200 * (at > 100)) for at in range(120))
    band = tuple((at, 180.0, 220.0) for at, _ in points)
    return Series(points, band, **({"unit": "ms", "title": "p95 latency"} | more))  # type: ignore[arg-type]


def test_what_went_wrong_is_marked() -> None:
    calm, wrong = pixels(chart(latency())), pixels(chart(latency(since=START + 300 * 101, marked=(START + 300 * 110,))))
    assert near(calm, ORANGE).sum() == 0
    found = np.argwhere(near(wrong, ORANGE))
    assert len(found) > 100
    assert found[found[:, 0] < 380][:, 1].min() > 800


def test_a_forecast_has_its_line_its_range_and_its_limit() -> None:
    central = tuple((START + 36_000 + 3600 * at, 210.0 + at) for at in range(20))
    spread = tuple((at, value - 20, value + 20) for at, value in central)
    image = pixels(outlook_chart(Outlook(latency(), central, spread, 300.0)))
    assert near(image, ORANGE).any(axis=0).mean() > 0.9
    assert np.argwhere(near(image, BLUE))[:, 1].max() > 950


def test_the_same_series_gives_the_same_bytes_in_any_thread() -> None:
    async def side_by_side() -> list[bytes]:
        return await asyncio.gather(*(asyncio.to_thread(chart, latency(title=f"p{number % 2}")) for number in range(4)))

    made = asyncio.run(side_by_side())
    assert made == [made[0], made[1]] * 2
    assert made[0] != made[1]
    assert b"matplotlib" not in made[0].lower()


@pytest.mark.parametrize(
    "series",
    [
        Series(()),
        Series(((START, None), (START + 60, math.nan))),
        Series(((START, 3.0),)),
        Series(tuple((START + 60 * at, 0.0) for at in range(50)), unit="%", title="errors"),
        Series(((START, 1.0), (START + 60, None), (START + 120, 2.0), (START + 180, 1e308), (START + 240, -math.inf))),
        Series(((START, 1.0), (START, 2.0)), ((START, math.nan, 1.0), (START, 0.0, 1e308)), START + 9_000_000, "ms", "x" * 500, (5,)),
        Series(((START, 1_000_001.0), (START + 1, 1_000_002.0)), title="$x^{$ 東京 <b>\n\t&"),
        Series(tuple((START + 86_400 * 40 * at, float(at)) for at in range(60)), title="years"),
    ],
)
def test_nothing_is_too_odd_to_be_drawn(series: Series) -> None:
    pixels(chart(series))
    pixels(outlook_chart(Outlook(series, (), (), math.inf)))
    pixels(outlook_chart(Outlook(Series(series.points, unit="$x^{$"), (), (), 5.0)))


def test_nothing_is_imported_before_something_is_drawn() -> None:
    script = "import sys, bot.chart; bot.chart.sparkline([1, 2]); sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_sparkline_shows_the_shape_and_the_bounds() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == f"{BLOCKS} 1–8"
    assert sparkline([5, 5, None, 5]) == f"▁▁{GAP}▁ 5"
    assert sparkline([0] * 100 + [4500.0] + [0] * 99, 10) == "▁▁▁▁▁█▁▁▁▁ 0–4.5k"
    assert sparkline([None, math.nan]) == "no values"
    assert sparkline([1.0], 0) == "no values"


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.floats()), max_size=100), st.integers(1, 40))
def test_a_sparkline_has_at_most_so_many_blocks(values: list[float | None], most: int) -> None:
    line, _, _ = sparkline(values, most).partition(" ")
    assert line == "no" or (set(line) <= {*BLOCKS, GAP} and 1 <= len(line) <= most)
