"""Slack's own chart is made within its published limits, and a chart that cannot be made is none."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from agents.core.chart import Outlook, Series
from bot.sandbox.slack_blocks import checked_blocks
from bot.views.chart_block import chart_block, outlook_block, picture_block

NOON = 1_795_003_200 + 30 * 60
MOMENT = st.integers(0, 2_000_000_000)
SERIES = st.builds(
    Series, st.lists(st.tuples(MOMENT, st.none() | st.floats()), max_size=80).map(lambda points: tuple(sorted(points, key=lambda p: p[0]))),
    st.lists(st.tuples(MOMENT, st.floats(), st.floats()), max_size=30).map(lambda band: tuple(sorted(band))), st.none() | MOMENT,
    st.text(max_size=80), st.text(max_size=80),
)


def test_a_metric_with_its_band() -> None:
    points = ((NOON, 210.0), (NOON + 300, None), (NOON + 600, 480.1234567))
    block = chart_block(Series(points, ((NOON, 180, 240), (NOON + 590, 181, 241)), NOON + 600, "ms", "checkout: p95"))
    assert block == {
        "type": "data_visualization",
        "title": "checkout: p95",
        "chart": {
            "type": "line",
            "series": [
                {"name": "measured", "data": [{"label": "18 Nov 12:30", "value": 210.0}, {"label": "18 Nov 12:40", "value": 480.123}]},
                {"name": "expected from", "data": [{"label": "18 Nov 12:30", "value": 180.0}, {"label": "18 Nov 12:40", "value": 181.0}]},
                {"name": "expected to", "data": [{"label": "18 Nov 12:30", "value": 240.0}, {"label": "18 Nov 12:40", "value": 241.0}]},
            ],
            "axis_config": {
                "categories": ["18 Nov 12:30", "18 Nov 12:40"], "x_label": "UTC, anomalous since 18 Nov 12:40", "y_label": "ms",
            },
        },
    }


def test_without_values_there_is_none() -> None:
    assert chart_block(Series(())) is None
    assert chart_block(Series(((1, None), (2, math.inf)))) is None


def test_days_are_written_as_days_and_years_are_told_apart() -> None:
    days = tuple((86_400 * day, 1.0) for day in range(20_000, 20_010))
    block = chart_block(Series(days))
    assert block
    assert block["chart"]["axis_config"]["categories"][:2] == ["04 Oct", "05 Oct"]
    years = chart_block(Series(((0, 1.0), (365 * 86_400, 2.0))))
    assert years
    assert years["chart"]["axis_config"]["categories"] == ["1970-01-01 00:00:00", "1971-01-01 00:00:00"]


def test_a_spike_among_thousands_is_there() -> None:
    block = chart_block(Series(tuple((60 * at, 500.0 if at == 777 else 1.0) for at in range(5000))))
    assert block
    assert max(point["value"] for point in block["chart"]["series"][0]["data"]) == 500


@given(SERIES)
def test_slack_takes_whatever_is_made(series: Series) -> None:
    block = chart_block(series)
    if block is not None:
        checked_blocks([block, json.loads(json.dumps(block))])


def test_a_forecast_goes_on_where_the_measured_ends_with_its_range_and_its_limit() -> None:
    day = 86_400
    history = Series(((0, 1.0), (day, 2.0), (2 * day, None)), unit="GB", title="disks")
    block = outlook_block(Outlook(history, ((3 * day, 3.0), (4 * day, 4.0)), ((3 * day, 2.5, 3.5), (4 * day, 3.0, 5.0)), 9.0))
    assert block
    assert {one["name"]: [point["value"] for point in one["data"]] for one in block["chart"]["series"]} == {
        "measured, forecast": [1.0, 2.0, 3.0, 4.0], "at least": [1.0, 2.0, 2.5, 3.0], "at most": [1.0, 2.0, 3.5, 5.0], "limit": [9.0] * 4,
    }
    assert block["chart"]["axis_config"] == {
        "categories": ["01 Jan", "02 Jan", "04 Jan", "05 Jan"], "x_label": "UTC, forecast from 04 Jan on", "y_label": "GB",
    }
    checked_blocks([block])
    assert outlook_block(Outlook(Series(((0, None),)), ((day, 1.0),), ((day, 0.0, 2.0),), 9.0)) is None
    year = tuple((at * day, float(at)) for at in range(300))
    long = outlook_block(Outlook(Series(year), tuple((at * day, 1.0) for at in range(300, 360)), ((300 * day, 0.0, 2.0),)))
    assert long
    assert len(checked_blocks([long]) and long["chart"]["axis_config"]["categories"]) == 20


def test_a_picture_says_in_words_what_it_shows() -> None:
    block = picture_block("F012ABCDEF", "p95 rose\u202e to 480 ms")
    checked_blocks([block])
    assert block["alt_text"] == "p95 rose⟨U+202E⟩ to 480 ms"
