"""The model explains the suspects. Whatever it picks, it ranks no worse than the walk."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agents.detection.picks import ALIKE, Pick, final_order, refused
from agents.detection.root_cause import Grade, Grounding, Suspect, suspects
from tests.agents.detection.pipelines import PIPELINE, changed, situation, wrong


def suspect(node: str, total: float, grade: Grade = Grade.ORIGIN, grounding: Grounding = Grounding.MEASURED, **score: float) -> Suspect:
    points = {**score, "rest": total - sum(score.values())}
    return Suspect(node, (node, "t"), grade, grounding, (f"{node} is unusual.", "Nothing above."), (), points)


RANKED = (
    suspect("a", 4.0), suspect("b", 3.5), suspect("c", 3.25), suspect("d", 3.0), suspect("e", 3.0, changed=2.0),
    suspect("f", 2.0, Grade.PASSED_ON),
)


def order(*picks: Pick) -> list[str]:
    return [one.node for one in final_order(RANKED, picks)]


def test_without_picks_the_walk_stands() -> None:
    assert order() == list("abcdef")


def test_a_pick_that_cites_evidence_moves_inside_its_group() -> None:
    assert order(Pick("c", ("c is unusual",))) == list("cabdef")
    assert order(Pick("b", ("B  is UNUSUAL.",)), Pick("c", ("c is unusual.",))) == list("bcadef")


def test_it_moves_no_further() -> None:
    assert order(Pick("d", ("d is unusual.",))) == list("abcdef")  # more than a point apart from the first
    assert order(Pick("e", ("e is unusual.",))) == list("abcdef")  # something changed there
    assert order(Pick("f", ("f is unusual.",))) == list("abcdef")  # another grade


def test_what_cites_nothing_or_something_else_counts_for_nothing() -> None:
    picks = (Pick("c", ()), Pick("b", ("c is unusual.",)), Pick("zebra", ("zebra is unusual.",)))
    assert order(*picks) == list("abcdef")
    assert refused(RANKED, picks) == (
        "Nothing that is cited is evidence about c.", "Nothing that is cited is evidence about b.", "zebra is none of the suspects.",
    )
    assert refused(RANKED, (Pick("c", ("c is unusual.",)),)) == ()


def test_a_pick_twice_counts_once() -> None:
    pick = Pick("c", ("c is unusual.",))
    assert order(pick, Pick("b", ("b is unusual.",)), pick) == list("cbadef")


def test_on_real_suspects() -> None:
    ranked = suspects(PIPELINE, situation(wrong("orders"), wrong("stg_orders", -1), wrong("stg_users", -1, 4)))
    assert [one.node for one in ranked[:2]] == ["stg_orders", "stg_users"]
    told = final_order(ranked, [Pick("stg_users", (ranked[1].evidence[0],))])
    assert [one.node for one in told] == ["stg_users", "stg_orders", *(one.node for one in ranked[2:])]
    clear = suspects(PIPELINE, situation(wrong("orders"), wrong("stg_orders", -1), wrong("stg_users", -1), changed("stg_orders", -2)))
    assert final_order(clear, [Pick("stg_users", clear[1].evidence)]) == clear


GRADED = st.builds(
    lambda number, total, grade, grounding, change: suspect(f"n{number}", total, grade, grounding, **({"changed": 1.0} if change else {})),
    st.integers(0, 9), st.floats(-5, 5), st.sampled_from(Grade), st.sampled_from(Grounding), st.booleans(),
)  # fmt: skip


@given(st.lists(GRADED, unique_by=lambda one: one.node), st.lists(st.integers(0, 9)))
def test_each_place_is_held_by_one_that_is_as_good(drawn: list[Suspect], wished: list[int]) -> None:
    ranked = tuple(sorted(drawn, key=lambda one: -one.total))
    told = final_order(ranked, [Pick(f"n{number}", (f"n{number} is unusual.",)) for number in wished])
    assert sorted(told, key=lambda one: one.node) == sorted(ranked, key=lambda one: one.node)
    for walks, final in zip(ranked, told, strict=True):
        assert (walks.grade, walks.grounding, "changed" in walks.score) == (final.grade, final.grounding, "changed" in final.score)
        assert abs(walks.total - final.total) <= ALIKE + 1e-9
    assert final_order(ranked, []) == ranked
    assert final_order([replace(one) for one in ranked], []) == ranked
