"""What is told of a series: once when it begins, again only when it matters, and its end; and what people say of it holds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.core.finding import Mark
from agents.core.monitoring import (
    NOTHING,
    Bucket,
    Occasion,
    Said,
    State,
    Tell,
    Terms,
    Track,
    judge,
    quiet_enough,
    severity_of,
)

FIVE, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
START = 1_795_000_200
NOW = datetime.fromtimestamp(START, UTC)


def buckets(*states: str, first: int = 0, score: float = 2.0) -> list[Bucket]:
    """One a character: `.` fine, `!` fires, `-` still not as it was, `?` learning."""
    kinds = {".": State.FINE, "-": State.FINE, "!": State.FIRING, "?": State.LEARNING}
    return [
        Bucket(START + (first + number) * 300, kinds[one], 1.0, score if one in "!-" else 0.1, 5.0, 9.0, "below")
        for number, one in enumerate("".join(states))
    ]


def as_it_was(bucket: Bucket, began: int) -> Bucket:
    """What was below its range before is so still."""
    return bucket if bucket.value is None else replace(bucket, why="still")


def told(track: Track, of: Iterable[Bucket], said: Said = NOTHING, **more: Any) -> tuple[Track, list[str]]:
    terms = replace(Terms(FIVE, NOW, as_it_was, said), **more)
    track, tells = judge(track, of, terms)
    return track, [str(tell.occasion) for tell in tells]


def opened(*states: str, **more: Any) -> Track:
    """A series in an episode that began with the first bucket."""
    track, tells = told(Track(), buckets("!", *states), **more)
    assert tells in (["opened"], ["opened", "still"])
    return track


def test_what_is_fine_or_learning_says_nothing() -> None:
    track, tells = told(Track(), buckets("..??."))
    assert (track, tells) == (Track(state=State.FINE), [])
    assert told(Track(), buckets("?"))[0].state is State.LEARNING


def test_an_episode_is_told_once_and_so_is_its_end() -> None:
    track, tells = judge(Track(), buckets("..!!-!..-..."), Terms(FIVE, NOW, as_it_was))
    assert [tell.occasion for tell in tells] == [Occasion.OPENED, Occasion.OVER]
    first, over = tells
    assert (first.began, first.bucket.at, first.status) == (START + 600, START + 600, "firing")
    assert (over.began, over.bucket.at, over.status) == (START + 600, START + 11 * 300, "resolved")
    assert (first.key("f"), over.key("f")) == (f"f/{START + 600}/firing", f"f/{START + 600}/resolved")
    assert (track.began, track.quiet, track.ended) == (None, 0, START + 11 * 300)


def test_however_the_buckets_are_cut_the_same_is_decided() -> None:
    whole = buckets("..!--..!!...!-..-........")
    at_once = judge(Track(), whole, Terms(FIVE, NOW, as_it_was))
    for cut in range(1, len(whole)):
        track, first = judge(Track(), whole[:cut], Terms(FIVE, NOW, as_it_was))
        track, second = judge(track, whole[cut:], Terms(FIVE, NOW, as_it_was))
        assert (track, (*first, *second)) == at_once


def test_who_has_heard_of_it_hears_again_when_it_is_worse_by_half() -> None:
    track = opened("!-!")
    worse, tells = told(track, buckets("-", score=3.0, first=4))
    assert tells == ["worse"]
    assert told(worse, buckets("!", score=4.4, first=5))[1] == []
    assert told(worse, buckets("!", score=4.5, first=5))[1] == ["worse"]
    gone = replace(buckets("!", first=5)[0], value=None, direction="missing", score=0.0)
    assert told(worse, [gone])[1] == ["worse"]


def test_or_six_hours_later_and_of_several_updates_the_newest_is_told() -> None:
    track = opened("-" * 71)
    assert told(track, buckets("-", first=72))[1] == ["still"]
    track, (tell,) = judge(opened(), buckets("-" * 200, first=1), Terms(FIVE, NOW, as_it_was))
    assert (tell.occasion, tell.number, track.told_at) == (Occasion.STILL, START + 144 * 300, START + 144 * 300)
    assert tell.key("f") == f"f/{START}/still/{START + 144 * 300}"


def test_an_end_makes_updates_before_it_needless_and_hides_no_new_begin() -> None:
    _, tells = judge(opened(), buckets("-" * 80, "...", "!", first=1), Terms(FIVE, NOW, as_it_was))
    assert [tell.occasion for tell in tells] == [Occasion.OVER, Occasion.OPENED]


def test_a_level_at_which_the_detector_has_been_silent_for_a_day_is_settled() -> None:
    track = opened("-" * 287)
    track, tells = judge(track, buckets("-", first=288), Terms(FIVE, NOW, as_it_was))
    assert [tell.occasion for tell in tells] == [Occasion.SETTLED]
    assert (tells[0].status, tells[0].key("f"), track.began) == ("resolved", f"f/{START}/resolved", None)
    restless = opened("-" * 200, "!", "-" * 200)
    assert restless.began == START
    days = [replace(one, at=START + number * 86400) for number, one in enumerate(buckets("-" * 3))]
    assert told(opened(), days, bucket=DAY)[1] == ["settled"]


def test_where_nothing_is_known_of_before_the_detector_decides() -> None:
    assert told(opened(), buckets("..-", first=1), before=lambda bucket, began: bucket)[1] == ["over"]
    assert told(opened(), buckets("!!!!", first=1), before=lambda bucket, began: bucket)[1] == []
    assert told(opened(), buckets("!!!", first=1), before=lambda bucket, began: replace(bucket, score=0.5))[1] == ["over"]


def test_a_snooze_is_silent_and_its_end_is_told_once() -> None:
    said = Said(frozenset({Mark.SNOOZED}), NOW + HOUR)
    track, tells = told(opened(), buckets("-" * 100, first=1, score=9.0), said)
    assert tells == []
    awake, tells = told(track, buckets("-", first=101), said, now=NOW + HOUR)
    assert tells == ["woken"]
    assert told(awake, buckets("-", first=102), said, now=NOW + 2 * HOUR)[1] == []
    (tell,) = judge(track, buckets("-", first=101), Terms(FIVE, NOW + HOUR, as_it_was, said))[1]
    assert tell.key("f") == f"f/{START}/woken/{START + 3600}"
    again = Said(frozenset({Mark.SNOOZED}), NOW + 2 * HOUR)
    assert told(awake, buckets("-", first=103), again, now=NOW + 3 * HOUR)[1] == ["woken"]
    assert told(track, buckets("...", first=101), said)[1] == ["over"]


def test_who_acknowledges_hears_of_what_matters() -> None:
    assert told(opened(), buckets("-", first=1, score=9.0), Said(frozenset({Mark.ACKNOWLEDGED})))[1] == ["worse"]


@pytest.mark.parametrize("mark", [Mark.EXCLUDE, Mark.FALSE_ALARM])
def test_what_was_closed_is_silent_until_it_is_over_and_fires_again_then(mark: Mark) -> None:
    said = Said(frozenset({mark}))
    track, tells = told(opened(), buckets("!-!--..", first=1, score=9.0), said)
    assert (tells, track.began) == ([], START)
    track, tells = told(track, buckets(".", first=8), said)
    assert (tells, track.began) == ([], None)
    assert track.left_out == (((START, START + 5 * 300),) if mark is Mark.EXCLUDE else ())
    assert told(track, buckets("!", first=9), said)[1] == ["opened"]


def spans(track: Track) -> list[int]:
    return [(first - START) // 300 for first, _ in track.over]


def test_what_was_over_by_itself_is_no_example_unless_it_comes_again_at_that_time() -> None:
    track, _ = told(Track(), buckets("!!-...."))
    assert track.over == ((START, START + 600),)
    other, _ = told(track, buckets("!......", first=13))
    assert spans(other) == [0, 13]
    again, _ = told(other, buckets("!", "." * 60, first=288 - 1))
    assert spans(again) == [13]
    late, _ = told(again, buckets("!", "." * 60, first=620))
    assert spans(late) == [13, 620]
    assert told(opened(), buckets("...", first=1), Said(frozenset({Mark.FALSE_ALARM})))[0].over == ()


def test_what_is_learned_is_over_at_once() -> None:
    track, tells = told(opened(), buckets("-", first=1), Said(frozenset({Mark.LEARN})))
    assert (tells, track.began, track.left_out) == ([], None, ())


def test_what_was_said_of_one_episode_does_not_hold_for_the_next() -> None:
    _, tells = told(opened(), buckets("...", "!", "-" * 72, first=1), Said(frozenset({Mark.FALSE_ALARM})))
    assert tells == ["opened", "still"]


def test_a_series_that_comes_and_goes_stays_one_finding() -> None:
    track, tells = told(Track(), buckets("!...", "!...", "...", "!....", "." * 20))
    assert tells == ["opened", "over", "opened", "over", "opened", "over"]
    assert track.flaps == 2
    first = replace(track, ended=START, flaps=0)
    assert told(first, buckets("!", first=287))[0].flaps == 1
    assert told(first, buckets("!", first=288))[0].flaps == 0


@pytest.mark.parametrize(
    ("bucket", "flaps", "enough"),
    [(FIVE, 0, 3), (FIVE, 2, 12), (FIVE, 9, 96), (HOUR, 1, 6), (HOUR, 9, 24), (6 * HOUR, 0, 2), (6 * HOUR, 9, 4), (DAY, 0, 1), (DAY, 9, 2)],
)
def test_how_long_it_has_to_be_quiet(bucket: timedelta, flaps: int, enough: int) -> None:
    assert quiet_enough(bucket, flaps) == enough


def test_an_episode_may_have_begun_before_it_was_noticed() -> None:
    late = replace(buckets("!", first=9)[0], since=START, value=None, direction="missing", score=0.0)
    track, (tell,) = judge(Track(), [late], Terms(FIVE, NOW, lambda bucket, began: bucket))
    assert (track.began, tell.began, tell.key("f")) == (START, START, f"f/{START}/firing")


@pytest.mark.parametrize(
    ("usual", "score", "severity"),
    [
        ("warning", 2.0, "warning"), ("warning", 4.0, "high"), ("warning", 1.2, "info"), ("warning", 0.0, "warning"),
        ("info", 1.0, "info"), ("critical", 99.0, "critical"), ("P1", 99.0, "P1"),
    ],
)  # fmt: skip
def test_how_far_outside_moves_the_severity_by_a_step(usual: str, score: float, severity: str) -> None:
    assert severity_of(usual, score) == severity


def test_what_is_told_has_its_own_key() -> None:
    bucket = buckets("!")[0]
    keys = {Tell(occasion, START, bucket, 7).key("f") for occasion in Occasion}
    assert len(keys) == len(Occasion) - 1  # an end is an end, settled or not
