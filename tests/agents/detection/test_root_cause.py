"""The walk: which suspects, in which order, with which evidence."""

from dataclasses import replace
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Kind, Lineage, Node
from agents.detection.root_cause import Grade, Grounding, impact, suspects
from agents.detection.situation import Anomaly, Situation
from benchmarks.root_cause import BAR_FIRST, BAR_THREE, SHARES, World, cases, earliest, nearest, places, walk, within
from tests.agents.detection.pipelines import ALL, PIPELINE, changed, situation, wrong


def named(found: Situation, lineage: Lineage = PIPELINE) -> list[tuple[str, Grade]]:
    return [(suspect.node, suspect.grade) for suspect in suspects(lineage, found)]


def test_where_nothing_above_is_wrong_the_cause_is_here() -> None:
    (only,) = suspects(PIPELINE, situation(wrong("revenue")))
    assert (only.node, only.path, only.grade, only.grounding) == ("revenue", ("revenue",), Grade.ORIGIN, Grounding.MEASURED)
    assert only.evidence == (
        "revenue is unusual since 2026-11-28T12:00Z, 5 times what is ordinary: revenue has too few rows",
        "Nothing that it is made from is known to be wrong.",
    )


def test_the_first_that_went_wrong_is_the_suspect_and_the_others_passed_it_on() -> None:
    found = situation(wrong("revenue"), wrong("orders", -1), wrong("stg_orders", -2), wrong("churn", 1))
    assert named(found) == [("stg_orders", Grade.ORIGIN), ("orders", Grade.PASSED_ON), ("revenue", Grade.PASSED_ON)]
    first = suspects(PIPELINE, found)[0]
    assert first.path == ("stg_orders", "orders", "revenue")
    assert first.evidence == (
        "stg_orders is unusual since 2026-11-28T10:00Z, 2 h before the target, 5 times what is ordinary: stg_orders has too few rows",
        "It would explain 3 that are unusual below it: orders, churn, revenue.",
        "Nothing that it is made from is known to be wrong.",
    )


def test_it_goes_through_what_is_not_monitored() -> None:
    found = situation(wrong("revenue"), wrong("raw.orders", -3), monitored=frozenset({"raw.orders", "raw.users", "revenue"}))
    first, *others = suspects(PIPELINE, found)
    assert (first.node, first.path) == ("raw.orders", ("raw.orders", "stg_orders", "orders", "revenue"))
    assert {one.node: one.grade for one in others} == {"revenue": Grade.PASSED_ON, "stg_users": Grade.HIDDEN}


def test_of_two_origins_the_one_that_changed_comes_first_then_the_earlier_then_the_larger() -> None:
    pair = (wrong("stg_orders", -1), wrong("stg_users", -1))
    plain = situation(wrong("orders"), *pair)
    assert named(plain)[0] == ("stg_orders", Grade.ORIGIN)  # the same in all: by id
    assert named(situation(wrong("orders"), pair[0], wrong("stg_users", -1, 9)))[0][0] == "stg_users"
    assert named(situation(wrong("orders"), pair[0], wrong("stg_users", -2, 3)))[0][0] == "stg_users"
    assert named(situation(wrong("orders"), wrong("stg_orders", -2, 9), pair[1], changed("stg_users", -1.5)))[0][0] == "stg_users"


@pytest.mark.parametrize(("kind", "first"), [(kind, kind not in (ChangeKind.TEST, ChangeKind.SKIPPED)) for kind in ChangeKind])
def test_each_kind_of_change_counts_but_for_signs_of_another_cause(kind: ChangeKind, first: bool) -> None:
    found = situation(wrong("orders"), wrong("stg_orders", -2), wrong("stg_users", -1), changed("stg_users", -1.5, kind, "why"))
    assert (named(found)[0][0] == "stg_users") is first
    suspect = next(one for one in suspects(PIPELINE, found) if one.node == "stg_users")
    assert f"stg_users: {kind} at 2026-11-28T10:30Z, 1 h 30 min before the target: why" in suspect.evidence


@pytest.mark.parametrize("hours", [-40, 3])
def test_a_change_outside_of_the_window_counts_for_nothing(hours: float) -> None:
    found = situation(wrong("orders"), wrong("stg_orders", -2), wrong("stg_users", -1), changed("stg_users", hours))
    assert named(found)[0][0] == "stg_orders"
    assert [one.changes for one in suspects(PIPELINE, found)] == [()] * 3


def test_an_unmonitored_node_that_changed_is_suspected_before_what_shows_it() -> None:
    found = situation(wrong("revenue"), wrong("orders", -1), changed("stg_users", -1.5), monitored=ALL - {"stg_users"})
    first, second, *_ = suspects(PIPELINE, found)
    assert (first.node, first.grade, first.grounding) == ("stg_users", Grade.ORIGIN, Grounding.CHANGED)
    assert first.evidence[0] == "stg_users is not monitored."
    assert (second.node, second.grounding) == ("orders", Grounding.MEASURED)


def test_an_unmonitored_node_above_is_named_as_possible_behind_what_was_measured() -> None:
    found = situation(wrong("revenue"), wrong("orders", -1), monitored=ALL - {"stg_users"})
    assert named(found) == [("orders", Grade.ORIGIN), ("stg_users", Grade.HIDDEN), ("revenue", Grade.PASSED_ON)]
    assert suspects(PIPELINE, found)[1].grounding is Grounding.INFERRED


def test_what_is_made_from_a_hidden_node_tells_of_it() -> None:
    both = situation(wrong("revenue"), wrong("churn"), monitored=ALL - {"orders"})
    one = situation(wrong("revenue"), monitored=ALL - {"orders"})
    assert named(both)[0] == ("orders", Grade.HIDDEN) or named(both)[1] == ("orders", Grade.HIDDEN)
    gained = [next(s for s in suspects(PIPELINE, found) if s.node == "orders").total for found in (one, both)]
    assert gained[1] > gained[0]


def test_a_broken_chain_demotes_and_does_not_drop() -> None:
    found = situation(wrong("revenue"), wrong("stg_orders", -2), wrong("raw.users", -3))
    assert named(found) == [("revenue", Grade.ORIGIN), ("raw.users", Grade.BROKEN), ("stg_orders", Grade.BROKEN)]
    assert suspects(PIPELINE, found)[1].evidence[-2:] == (
        "Nothing that it is made from is known to be wrong.", "On the way to revenue, stg_users, orders are healthy.",
    )
    more = situation(wrong("revenue"), wrong("stg_orders", -2), wrong("raw.users", -3), changed("raw.users", -4))
    assert named(more)[0] == ("raw.users", Grade.BROKEN) or named(more)[0] == ("revenue", Grade.ORIGIN)


def test_a_healthy_node_that_changed_is_named_behind() -> None:
    found = situation(wrong("revenue"), wrong("orders", -1), wrong("stg_orders", -2), changed("stg_users", -1))
    places = [node for node, _ in named(found)]
    assert places[0] == "stg_orders"
    suspect = suspects(PIPELINE, found)[places.index("stg_users")]
    assert (suspect.grade, suspect.grounding) == (Grade.BROKEN, Grounding.CHANGED)
    assert suspect.evidence[0] == "stg_users is monitored and nothing unusual was found there."


def test_what_went_wrong_clearly_later_is_no_cause() -> None:
    later = situation(wrong("revenue"), wrong("orders", 3))
    assert named(later) == [("revenue", Grade.ORIGIN), ("orders", Grade.BROKEN)]
    assert "It went wrong clearly later than what is made from it." in suspects(PIPELINE, later)[1].evidence
    assert named(situation(wrong("revenue"), wrong("orders", 1)))[0] == ("orders", Grade.ORIGIN)  # within the slack
    late = situation(wrong("revenue", 9), wrong("orders"), wrong("stg_orders", 5))
    assert named(late)[0] == ("orders", Grade.ORIGIN)


def test_what_was_wrong_long_before_is_no_cause() -> None:
    assert named(situation(wrong("revenue"), wrong("orders", -40))) == [("revenue", Grade.ORIGIN)]
    found = situation(wrong("revenue"), wrong("orders", -30))
    assert named(found) == [("revenue", Grade.PASSED_ON), ("orders", Grade.ORIGIN)]
    assert suspects(PIPELINE, found)[1].score == {"measured": 1.75, "much earlier": -6.0, "explains": 0.75, "spares": -0.5}


def test_a_failed_test_is_a_measurement() -> None:
    found = situation(wrong("revenue"), changed("orders", -1, ChangeKind.TEST, "not_null_orders_id: 3 rows"), monitored=frozenset())
    first = next(one for one in suspects(PIPELINE, found) if one.node == "orders")
    assert (first.grade, first.grounding) == (Grade.ORIGIN, Grounding.MEASURED)
    assert "not_null_orders_id: 3 rows" in first.evidence[0]


def test_several_anomalies_of_a_node_are_one_since_the_first_and_as_large_as_the_largest() -> None:
    found = situation(wrong("orders"), wrong("stg_orders", -1, 4), wrong("stg_orders", 0, -7), wrong("stg_users", -0.5, 6))
    first = suspects(PIPELINE, found)[0]
    assert first.node == "stg_orders"
    assert "since 2026-11-28T11:00Z, 1 h before the target, 7 times" in first.evidence[0]


def test_the_order_of_what_is_known_changes_nothing() -> None:
    changes = (changed("stg_users", -1), changed("raw.users", -3, ChangeKind.DEPLOY))
    known: tuple[Anomaly | Change, ...] = (wrong("orders", -1), wrong("stg_orders", -2), *changes)
    answers = [suspects(PIPELINE, situation(wrong("revenue"), *order, monitored=frozenset({"churn"}))) for order in permutations(known)]
    assert all(answer == answers[0] for answer in answers)


IDS = [str(number) for number in range(9)]
GRAPHS = st.sets(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=24)
TIMES = st.integers(-50, 12).map(float)


@given(
    GRAPHS, st.lists(st.builds(wrong, st.sampled_from(IDS), TIMES, st.floats(0, 50)), max_size=8),
    st.lists(st.builds(changed, st.sampled_from(IDS), TIMES, st.sampled_from(ChangeKind)), max_size=8), st.frozensets(st.sampled_from(IDS)),
)
def test_of_any_situation(edges: set[tuple[str, str]], anomalies: list[Anomaly], changes: list[Change], monitored: frozenset[str]) -> None:
    lineage = Lineage({id: Node(id, id, Kind.MODEL) for id in IDS}, frozenset(edges))
    found = situation(wrong("0"), *anomalies, *changes, monitored=monitored)
    ranked = suspects(lineage, found, 20)
    assert ranked == suspects(lineage, replace(found, anomalies=found.anomalies[::-1], changes=found.changes[::-1]), 20)
    assert "0" in [one.node for one in ranked]
    assert len({one.node for one in ranked}) == len(ranked)
    assert [one.total for one in ranked] == sorted((one.total for one in ranked), reverse=True)
    measured = {one.node for one in (*anomalies, found.target)} | {one.node for one in changes if one.kind is ChangeKind.TEST}
    for one in ranked:
        assert (one.path[0], one.path[-1]) == (one.node, "0")
        assert all(pair in lineage.edges for pair in pairwise(one.path))
        assert (one.grounding is Grounding.MEASURED) <= (one.node in measured)
        assert one.grounding is not Grounding.INFERRED or one.node not in monitored | measured
        if one.grade is not Grade.BROKEN:
            assert not (set(one.path) & monitored) - measured  # nothing healthy on the way


def test_a_target_that_nobody_knows_has_only_itself() -> None:
    assert named(situation(wrong("elsewhere"), wrong("orders"))) == [("elsewhere", Grade.ORIGIN)]


def test_a_cycle_ends() -> None:
    loop = Lineage({id: Node(id, id, Kind.JOB) for id in "abc"}, frozenset({("a", "b"), ("b", "c"), ("c", "a")}))
    found = situation(wrong("a"), wrong("b", -1), wrong("c", -2), monitored=frozenset())
    assert {node for node, _ in named(found, loop)} == {"a", "b", "c"}


def test_at_most_so_many_are_told() -> None:
    found = situation(wrong("revenue"), wrong("orders", -1), wrong("stg_orders", -2))
    assert suspects(PIPELINE, found, 2) == suspects(PIPELINE, found)[:2]


def test_the_impact_is_what_is_made_from_it() -> None:
    tested = Lineage(
        {**PIPELINE.nodes, "test": Node("test", "test", Kind.TEST)}, PIPELINE.edges | {("orders", "test")},
    )
    assert [(node.id, far) for node, far in impact(tested, "stg_orders")] == [("orders", 1), ("churn", 2), ("revenue", 2), ("board", 3)]
    assert impact(tested, "board") == ()


def test_a_large_lineage_takes_little_time() -> None:
    random = Random(1)  # noqa: S311 - the same each time
    ids = [f"n{number}" for number in range(1500)]
    edges = frozenset((ids[random.randrange(max(0, n - 200), n)], ids[n]) for n in range(1, 1500) for _ in range(3))
    lineage = Lineage({id: Node(id, id, Kind.MODEL) for id in ids}, edges)
    known = Situation(Anomaly("n1499", 0.0), tuple(Anomaly(id, 0.0) for id in ids[::9]), frozenset(ids[::3]), tuple(
        Change(id, 0.0, ChangeKind.CODE) for id in ids[::50]
    ))
    assert len(suspects(lineage, known, 3)) == 3


def test_the_bars_of_the_benchmark_hold_and_naive_rivals_are_far_behind() -> None:
    work = [one for share in SHARES for one in cases(120, share, World())]
    ours, *rivals = (places(ranker, work) for ranker in (walk, nearest, earliest))
    assert within(ours, 1) >= BAR_FIRST
    assert within(ours, 3) >= BAR_THREE
    assert all(within(ours, 1) > within(rival, 1) + 0.2 for rival in rivals)
