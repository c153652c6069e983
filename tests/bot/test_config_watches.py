"""What monitors watch: every mistake is told."""

from pathlib import Path

import pytest

from tests.bot.monitored import wrong


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


PLACE = "agent: triage, sql: {source: warehouse, table: t, time: x}"


@pytest.mark.parametrize(("item", "told"), [
    ("{name: a, PLACE, watch: [volum, null_rate, forecast, {}, {volume: true, schema: true}]}", (
        'watch[0]: there is nothing called "volum" to watch; did you mean "volume"?',
        "watch[1]: null_rate needs more than its name: write {null_rate: a_column}",
        "watch[2]: forecast needs more than its name: write {forecast: revenue, limit: 100000}",
        "watch[3]: has to name what to watch: value, volume, freshness, null_rate, zero_rate, distinct, distribution, schema, forecast",
        "watch[4]: names volume and schema; write each as an item",
    )),
    ("{name: b, PLACE, watch: [{null_rate: a, sensitivity: 0}, {volume: true, as: x}, {value: sum(a), least: 5, most: 3}]}", (
        'watch[0].sensitivity: has to be greater than 0, not "0"',
        "watch[1]: as: gives a value its name, and nothing else takes one",
        "watch[2]: least has to be lower than most",
    )),
    ("{name: c, PLACE, watch: [{forecast: a}, {volume: true, limit: 3}, {volume: true, within: 3d}]}", (
        "watch[0]: limit: is what a forecast must not reach; write {forecast: NAME, limit: NUMBER}",
        "watch[1]: limit: is what a forecast must not reach; write {forecast: NAME, limit: NUMBER}",
        "watch[2]: within: belongs to a forecast",
    )),
    ("{name: i, PLACE, watch: [{value: sum(b), as: b}, {forecast: b, limit: size}, {volume: true, capacity: {}}]}", (
        "watch[2]: capacity: belongs to a forecast",
    )),
    ("{name: j, PLACE, watch: [{value: sum(b), as: b}, {forecast: b, limit: size}]}", (
        'watch[1].limit: "size" is not watched: name a value of this monitor, or write a number',
    )),
    ("{name: k, PLACE, watch: [{value: sum(b), as: b}, {forecast: b, limit: 3, direction: below, capacity: {step: 0}}]}", (
        "watch[1].capacity.step: has to be greater than 0, not \"0\"",
    )),
    ("{name: l, PLACE, watch: [{value: sum(b), as: b}, {forecast: b, limit: 3, direction: below, capacity: {}}]}", (
        "watch[1]: capacity: is what runs out from below; a forecast with direction: below has none",
    )),
    ("{name: d, PLACE, watch: [{value: sum(b)}, {value: sum(b)}, {forecast: sum, limit: 3}, {value: sum(a) / 2}]}", (
        "watch[1].value: value(sum(b)) is watched twice; give each value a name of its own with as:",
        'watch[2].forecast: "sum" is not watched; did you mean "sum(b)"?',
        "watch[3].value: needs a name: write as: revenue, or what it is",
    )),
    ("{name: e, agent: triage, sql: {source: warehouse, table: t}, watch: [freshness]}", (
        "watch[0].freshness: needs a time column: write time: created_at, or what it is called, under sql",
    )),
    ("{name: f, agent: triage, prometheus: {source: metrics, query: up}, watch: [volume, {value: a}, {value: b}]}", (
        'watch[0].volume: a monitor of prometheus cannot measure it; did you mean "value"?',
        "watch[2].value: the source gives one value; leave it out there and say here of each value how it is got",
    )),
    ("{name: g, agent: triage, dbt: {project: x}, watch: [{value: failurs}, {null_rate: a}]}", (
        "watch[1].null_rate: a monitor of dbt cannot measure it; known: forecast, freshness, schema, value",
        "watch[0].value: dbt's artifacts give no \"failurs\"; did you mean \"failures\"?",
    )),
    ("{name: h, PLACE, watch: []}", (
        "watch: is empty; it takes at least one",
    )),
])  # fmt: skip
def test_every_mistake_is_told_with_its_place(item: str, told: tuple[str, ...]) -> None:
    assert wrong(item.replace("PLACE", PLACE)) == told
