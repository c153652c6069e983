"""The graph: what is above and below, by which names things are found, and how several become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.changes import Change, ChangeKind, changes
from agents.detection.lineage import Kind, Lineage, Node, declare, merge, parts
from tests.agents.detection.pipelines import PIPELINE


def table(id: str, relation: str = "", kind: Kind = Kind.MODEL, **more: object) -> Node:
    return Node(id, id.rpartition(":")[2], kind, relation=relation, **more)  # type: ignore[arg-type]


def graph(*nodes: Node, edges: tuple[tuple[str, str], ...] = ()) -> Lineage:
    return Lineage({node.id: node for node in nodes}, frozenset(edges))


def test_above_and_below_with_distances_the_nearest_first() -> None:
    assert list(PIPELINE.ancestors("revenue").items()) == [
        ("orders", 1), ("stg_orders", 2), ("stg_users", 2), ("raw.orders", 3), ("raw.users", 3),
    ]
    assert PIPELINE.descendants("stg_users") == {"orders": 1, "churn": 2, "revenue": 2, "board": 3}
    assert PIPELINE.ancestors("revenue", {"stg_orders"}) == {
        "orders": 1, "stg_orders": 2, "stg_users": 2, "raw.users": 3,
    }
    assert PIPELINE.ancestors("nothing") == {}


def test_a_path_is_the_shortest_and_goes_through_what_it_may() -> None:
    assert PIPELINE.path("raw.orders", "board") == ("raw.orders", "stg_orders", "orders", "revenue", "board")
    assert PIPELINE.path("board", "raw.orders") == ()
    assert PIPELINE.path("orders", "orders") == ("orders",)
    assert PIPELINE.path("raw.orders", "board", {"orders"}) == ()
    assert PIPELINE.path("orders", "revenue", {"orders", "revenue"}) == ("orders", "revenue")  # what is between is asked, not the ends


def test_an_edge_to_nothing_or_to_itself_is_left_out() -> None:
    assert graph(table("a"), edges=(("a", "b"), ("a", "a"), ("c", "a"))).edges == frozenset()


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))))
def test_below_is_the_reverse_of_above(edges: set[tuple[int, int]]) -> None:
    some = Lineage({str(id): table(str(id)) for id in range(8)}, frozenset((str(one), str(other)) for one, other in edges))
    for node in some.nodes:
        above = some.ancestors(node)
        assert all(some.descendants(one)[node] == far for one, far in above.items())
        assert all(len(some.path(one, node)) == far + 1 for one, far in above.items())


@pytest.mark.parametrize(("written", "read"), [
    ('"Shop"."analytics"."Orders"', ("shop", "analytics", "orders")), ("`p-1`.`d`.`t.x`", ("p-1", "d", "t.x")),
    ("[dbo].[Orders]", ("dbo", "orders")), ("analytics.orders", ("analytics", "orders")), ("", ()),
])
def test_the_parts_of_a_tables_name(written: str, read: tuple[str, ...]) -> None:
    assert parts(written) == read


@pytest.mark.parametrize(("said", "found"), [
    ("model.shop.orders", ["model.shop.orders"]), ("orders", ["model.shop.orders"]), ("ANALYTICS.Orders", ["model.shop.orders"]),
    ("shop.raw.orders", ["source.shop.raw.orders"]), ("raw.orders", ["source.shop.raw.orders"]),
    (' "analytics"."orders" ', ["model.shop.orders"]),
    ("users", ["source.a.users", "source.b.users"]), ("b.users", ["source.b.users"]), ("rders", []), ("", []),
])
def test_a_node_is_found_by_id_relation_or_name(said: str, found: list[str]) -> None:
    lineage = graph(
        Node("model.shop.orders", "orders", Kind.MODEL, relation='"shop"."analytics"."orders"'),
        Node("source.shop.raw.orders", "raw.orders", Kind.SOURCE, relation='"shop"."raw"."orders"'),
        Node("source.a.users", "a.users", Kind.SOURCE, relation="shop.a.users"),
        Node("source.b.users", "b.users", Kind.SOURCE, relation="shop.b.users"),
    )
    assert [node.id for node in lineage.find(said)] == found


def test_a_dataset_that_is_a_table_becomes_it_and_completes_it() -> None:
    project = graph(table("model:orders", '"shop"."analytics"."orders"', owner="data", columns={"id": "", "Amount": "decimal"}))
    events = graph(
        table(
            "dataset:orders", "shop.analytics.orders", Kind.DATASET, owner="x", description="Orders.", columns={"ID": "int", "new": "text"},
        ),
        table("job:load", kind=Kind.JOB), edges=(("job:load", "dataset:orders"),),
    )  # fmt: skip
    merged = merge(project, events)
    assert merged.nodes["model:orders"] == table(
        "model:orders", '"shop"."analytics"."orders"', owner="data", description="Orders.",
        columns={"id": "int", "Amount": "decimal", "new": "text"},
    )  # fmt: skip
    assert merged.edges == {("job:load", "model:orders")}
    assert [node.id for node in merged.find("dataset:orders")] == ["model:orders"]
    assert "dataset:orders" not in merged.nodes


@pytest.mark.parametrize(("first", "relation", "same"), [
    (("shop.analytics.orders",), "analytics.orders", True), (("analytics.orders",), "shop.analytics.orders", True),
    (("shop.analytics.orders", "test.analytics.orders"), "analytics.orders", False), (("shop.analytics.orders",), "orders", False),
    (("shop.raw.orders",), "shop.analytics.orders", False), (("orders",), "orders", False),
])
def test_the_end_of_a_name_is_enough_where_it_fits_one_only(first: tuple[str, ...], relation: str, same: bool) -> None:
    project = graph(*(table(f"model:{number}", name) for number, name in enumerate(first)))
    merged = merge(project, graph(table("dataset:x", relation, Kind.DATASET)))
    assert ("dataset:x" not in merged.nodes) is same


def test_what_is_no_dataset_stays_by_itself_and_the_same_id_is_the_same_node() -> None:
    merged = merge(graph(table("a", "s.t")), graph(table("b", "s.t"), table("a", "", owner="me")))
    assert {id: node.owner for id, node in merged.nodes.items()} == {"a": "me", "b": ""}


def test_edges_are_declared_by_any_name_and_new_names_are_new_nodes() -> None:
    lineage = declare(graph(table("model:orders", "shop.analytics.orders")), [["analytics.orders", "Sheet", "Board"], ["fax", "orders"]])
    assert lineage.edges == {("model:orders", "Sheet"), ("Sheet", "Board"), ("fax", "model:orders")}
    assert lineage.nodes["Sheet"].kind is Kind.DECLARED
    with pytest.raises(ValueError, match="orders may be a:orders, b:orders: write one of these"):
        declare(graph(table("a:orders"), table("b:orders")), [["orders", "x"]])


def test_changes_of_code_columns_and_edges() -> None:
    before = graph(
        table("a", checksum="1", columns={"id": "int", "gone": "int", "kind": "INT", "open": ""}), table("b", checksum="1"), table("old"),
        table("check", kind=Kind.TEST, checksum="1"), table("plain"), edges=(("a", "b"), ("a", "check"), ("old", "b")),
    )  # fmt: skip
    after = graph(
        table("a", checksum="2", columns={"ID": "INT", "added": "text", "kind": "text", "open": "int"}), table("b", checksum="1"),
        table("c", checksum="1"), table("check", kind=Kind.TEST, checksum="2"), table("plain"), edges=(("a", "b"), ("c", "b")),
    )  # fmt: skip
    assert changes(before, after, 7.0) == (
        Change("a", 7.0, ChangeKind.CODE, "the code of a changed"),
        Change("a", 7.0, ChangeKind.SCHEMA, "removed gone; added added; retyped kind (from INT to text)"),
        Change("c", 7.0, ChangeKind.CODE, "it is new"),
        Change("b", 7.0, ChangeKind.EDGES, "reads also c; does not read any more old"),
    )
    assert changes(before, before, 7.0) == ()


def test_what_is_not_known_has_not_changed() -> None:
    before, after = graph(table("a", checksum="", columns=None)), graph(table("a", checksum="1", columns={"id": "int"}))
    assert changes(before, after, 0.0) == changes(after, before, 0.0) == ()


def test_many_columns_are_counted() -> None:
    columns = {"id": "", **{f"c{number:02}": "" for number in range(12)}}
    (told,) = changes(graph(table("a", columns={"id": ""})), graph(table("a", columns=columns)), 0.0)
    assert told.text == "added c00, c01, c02, c03, c04, c05, c06, c07 and 4 more"


def test_a_table_that_moved_has_changed() -> None:
    (told,) = changes(graph(table("a", "s.one")), graph(table("a", "s.two")), 0.0)
    assert told.text == "it is written to s.two and no more to s.one"
