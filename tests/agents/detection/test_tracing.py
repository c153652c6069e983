"""What a report is given of the walk."""

from agents.core import finding
from agents.detection.lineage import Kind, Lineage, Node
from agents.detection.root_cause import suspects
from agents.detection.tracing import downstream, placed, reported
from tests.agents.detection.pipelines import PIPELINE, situation, wrong

SHOP = Lineage(
    {
        "model.shop.orders": Node("model.shop.orders", "orders", Kind.MODEL, relation="shop.analytics.orders"),
        "model.shop.revenue": Node("model.shop.revenue", "revenue", Kind.MODEL, relation="shop.analytics.revenue"),
        "model.old.revenue": Node("model.old.revenue", "revenue", Kind.MODEL, relation="old.analytics.revenue"),
    },
    frozenset({("model.shop.orders", "model.shop.revenue")}),
)  # fmt: skip


def test_places_are_found_and_those_that_are_none_left_out() -> None:
    assert placed(SHOP, ["orders", "analytics.orders", "shop.analytics.revenue", "revenue", "zebra", ""]) == {
        "orders": "model.shop.orders", "analytics.orders": "model.shop.orders", "shop.analytics.revenue": "model.shop.revenue",
    }


def test_suspects_are_told_by_name() -> None:
    ranked = suspects(SHOP, situation(wrong("model.shop.revenue"), wrong("model.shop.orders", -1)))
    assert reported(SHOP, ranked) == (
        finding.Suspect("orders", ("orders", "revenue"), "measured", ranked[0].evidence),
        finding.Suspect("revenue", ("revenue",), "measured", ranked[1].evidence),
    )
    many = suspects(PIPELINE, situation(wrong("revenue"), wrong("orders"), wrong("stg_orders"), wrong("stg_users")))
    assert len(many) > len(reported(PIPELINE, many)) == finding.PATHS


def test_what_people_use_is_told_first() -> None:
    assert downstream(PIPELINE, "stg_orders") == ("board", "orders", "churn", "revenue")
    assert downstream(PIPELINE, "elsewhere") == ()
    wide = Lineage({str(id): Node(str(id), f"n{id}", Kind.MODEL) for id in range(20)}, frozenset(("0", str(id)) for id in range(1, 20)))
    assert downstream(wide, "0")[-1] == "and 7 more"
