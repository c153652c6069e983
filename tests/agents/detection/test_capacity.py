"""A reallocation keeps the total, never takes what the giver needs itself, and says what it cannot cover."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.capacity import Move, Resource, Shortage, need_of, reallocation, resource
from agents.detection.forecast import DAY, Forecast

FIGURE = st.floats(0, 1000).map(lambda figure: round(figure, 2))
RESOURCES = st.lists(
    st.builds(
        Resource, st.sampled_from("abcdef"), FIGURE, FIGURE, FIGURE, st.sampled_from(("GB", "agents")), st.none() | st.integers(0, 90)
    ),
    max_size=6, unique_by=lambda one: one.name,
)


def test_the_soonest_is_served_first_by_who_has_most() -> None:
    proposal = reallocation([
        Resource("web", 100, 120, 10, "GB", runs_out=12),
        Resource("batch", 200, 100, 20, "GB"),
        Resource("cache", 90, 60, 10, "GB"),
        Resource("queue", 50, 90, 10, "GB", runs_out=3),
        Resource("people", 500, 10, 0, "agents"),
    ], step=10)
    assert proposal.moves == (Move("batch", "queue", 50, "GB"), Move("batch", "web", 30, "GB"))
    assert dict(proposal.after) == {"web": 130, "batch": 120, "cache": 90, "queue": 100, "people": 500}
    assert proposal.uncovered == ()


def test_moves_and_shortages_are_told() -> None:
    assert Move("batch", "web", 1250.5, "GB").text == "batch gives 1,250.5 GB to web"
    assert Shortage("web", 0.1, "").text == "web lacks 0.1 that nobody can give"


def test_what_nobody_can_give_is_said() -> None:
    proposal = reallocation([Resource("a", 10, 15.5), Resource("b", 10, 6, 1.5)], step=1)
    assert proposal.moves == (Move("b", "a", 2, ""),)
    assert proposal.uncovered == (Shortage("a", 3.5, ""),)
    assert reallocation([]).moves == ()


def test_tenths_come_out_even() -> None:
    proposal = reallocation([Resource("a", 0.3, 0.6), Resource("b", 1.0, 0.7)], step=0.1)
    assert proposal.moves == (Move("b", "a", 0.3, ""),)
    assert (proposal.after, proposal.uncovered) == ((("a", 0.6), ("b", 0.7)), ())


def test_the_need_is_the_upper_end_within_the_days() -> None:
    ahead = Forecast(DAY, (1, 2, 3), (0, 1, 2), (2, 5, 9), last=1)
    assert [need_of(ahead, 2), need_of(ahead, 9), need_of(ahead, 0)] == [5, 9, 1]
    assert resource("a", 8, ahead, 2, headroom=3, unit="GB") == Resource("a", 8, 5, 3, "GB", runs_out=2)
    assert resource("a", 100, ahead, 2).runs_out is None


@pytest.mark.parametrize(
    ("resources", "step", "complaint"),
    [
        ([], 0, "no step"), ([Resource("a", float("inf"), 1)], 1, "inf is no figure"), ([Resource("a", 1, 1)] * 2, 1, "stands there twice"),
    ],
)
def test_what_makes_no_sense_is_refused(resources: list[Resource], step: float, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        reallocation(resources, step)


@given(RESOURCES, st.sampled_from((0.1, 0.25, 1.0, 7.0)))
def test_nothing_is_made_and_nobody_gives_what_they_need(resources: list[Resource], step: float) -> None:
    proposal = reallocation(resources, step)
    after = dict(proposal.after)
    exact = {name: Fraction(str(amount)) for name, amount in after.items()}
    for unit in ("GB", "agents"):
        before = sum(Fraction(str(one.capacity)) for one in resources if one.unit == unit)
        assert float(sum(exact[one.name] for one in resources if one.unit == unit) - before) == pytest.approx(0, abs=1e-9)
    givers, takers = {move.giver for move in proposal.moves}, {move.taker for move in proposal.moves}
    assert not givers & takers
    for one in resources:
        if one.name in givers:
            assert after[one.name] >= one.need + one.headroom - 1e-9
    for move in proposal.moves:
        assert Fraction(str(move.amount)) % Fraction(str(step)) == 0
    for shortage in proposal.uncovered:
        spare = [after[one.name] - one.need - one.headroom for one in resources if one.unit == shortage.unit and one.name != shortage.name]
        assert max(spare, default=0) < step
    assert set(reallocation(resources[::-1], step).moves) == set(proposal.moves)
