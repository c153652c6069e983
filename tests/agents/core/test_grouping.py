"""A storm is one incident, what hangs together is one, and everything else is its monitor's own."""

from agents.core.grouping import STORM, New, Open, grouped, monitor_incident, source_incident


def new(monitor: str, series: str = "a", channel: str = "#data", source: str = "shop", node: str = "") -> New:
    return New(monitor, f"{monitor}/{series}", source, channel, node)


def already(monitor: str, incident: str, channel: str = "#data", node: str = "") -> Open:
    return Open(f"{monitor}/open", incident, monitor, channel, node)


def unrelated(one: New, other: Open) -> bool:
    return False


def neighbours(one: New, other: Open) -> bool:
    return abs(ord(one.node) - ord(other.node)) == 1


def test_one_incident_a_monitor() -> None:
    found = grouped([new("orders"), new("orders", "b"), new("users")], (), unrelated)
    assert found == {"orders/a": "monitor:orders", "orders/b": "monitor:orders", "users/a": "monitor:users"}
    assert monitor_incident("orders") == "monitor:orders"


def test_what_a_monitor_has_open_is_joined_wherever_it_is() -> None:
    assert grouped([new("orders", "b")], [already("orders", "source:shop #data")], unrelated) == {"orders/b": "source:shop #data"}


def test_more_than_five_of_one_source_are_a_storm() -> None:
    few = [new(f"m{number}") for number in range(STORM)]
    assert set(grouped(few, (), unrelated).values()) == {f"monitor:m{number}" for number in range(STORM)}
    many = [*few, new("more")]
    assert set(grouped(many, (), unrelated).values()) == {source_incident("shop", "#data")}
    apart = [*few, new("more", channel="#other"), new("other", source="lake")]
    assert len(set(grouped(apart, (), unrelated).values())) == STORM + 2
    assert set(grouped([new("orders", str(number)) for number in range(30)], (), unrelated).values()) == {"monitor:orders"}


def test_who_comes_late_joins_the_storm_that_is_open() -> None:
    storm = source_incident("shop", "#data")
    assert grouped([new("late")], [already("m1", storm)], unrelated) == {"late/a": storm}
    assert grouped([new("late", channel="#other")], [already("m1", storm)], unrelated) == {"late/a": "monitor:late"}
    assert source_incident("shop", "") == "source:shop"


def test_neighbours_in_the_lineage_are_told_together_in_one_channel() -> None:
    assert grouped([new("b", node="b")], [already("a", "monitor:a", node="a")], neighbours) == {"b/a": "monitor:a"}
    assert grouped([new("b", node="b")], [already("a", "monitor:a", "#other", "a")], neighbours) == {"b/a": "monitor:b"}
    assert grouped([new("b")], [already("a", "monitor:a", node="a")], neighbours) == {"b/a": "monitor:b"}
    assert grouped([new("b", node="b")], [already("a", "monitor:a")], neighbours) == {"b/a": "monitor:b"}
    assert grouped([new("d", node="d"), new("b", node="b"), new("c", node="c")], (), neighbours) == {
        "d/a": "monitor:d", "b/a": "monitor:b", "c/a": "monitor:d",
    }  # fmt: skip
