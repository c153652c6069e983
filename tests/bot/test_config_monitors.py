"""The section `monitors:`: what it makes, and how its mistakes are told."""

from datetime import timedelta
from pathlib import Path

import pytest

from agents.monitors import Measure, Watch
from tests.bot.configured import ENVIRON, mistakes, read
from tests.bot.monitored import SOURCES, one, wrong
from tools.monitoring.parts import HttpPart, SqlPart

WHOLE = """
monitors:
  - name: orders
    sql: {source: warehouse, table: analytics.orders, time: created_at, where: "status <> 'test'"}
    every: 15m
    bucket: 5m
    delay: 10m
    dimensions: [region]
    series: 7
    watch:
      - volume
      - freshness
      - {null_rate: amount}
      - {value: "sum(amount)", as: revenue, unit: EUR, sensitivity: 0.5, direction: below, least: 0}
      - schema
      - {forecast: revenue, limit: 100000, within: 10d}
      - {forecast: volume, limit: 5}
    channel: "#incidents"
    investigate: auto
    severity: critical
    owner: data team
    links: ["https://example.com/orders"]
    node: shop.orders
    keep: 60d
    budget: 2.5
    enabled: false
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_that_can_be_said() -> None:
    orders = read(SOURCES + WHOLE).monitors["orders"]
    assert (orders.name, orders.kind, orders.agent, orders.channel, orders.subject) == (
        "orders", "sql", "triage", "#incidents", "analytics.orders",
    )  # fmt: skip
    assert orders.source == SqlPart(source="warehouse", table="analytics.orders", time="created_at", where="status <> 'test'")
    assert (orders.times.words, orders.bucket, orders.delay) == ("every 15m", timedelta(minutes=5), timedelta(minutes=10))
    assert (orders.dimensions, orders.most, orders.investigates, orders.severity) == (("region",), 7, True, "critical")
    assert (orders.owner, orders.links) == ("data team", ("https://example.com/orders",))
    assert (orders.node, orders.lineage) == ("shop.orders", "")
    assert (orders.keep, orders.budget, orders.enabled) == (timedelta(days=60), 2.5, False)
    assert orders.watches == (
        Watch(Measure.VOLUME), Watch(Measure.FRESHNESS), Watch(Measure.NULL_RATE, "amount"),
        Watch(Measure.VALUE, "revenue", "EUR", 0.5, "below", 0.0, expression="sum(amount)"), Watch(Measure.SCHEMA),
        Watch(Measure.FORECAST, "revenue", "EUR", limit=100000.0, within=timedelta(days=10)), Watch(Measure.FORECAST, "volume", limit=5.0),
    )  # fmt: skip
    assert read(SOURCES).monitors == {}


def test_a_forecast_takes_limits_of_its_series_and_a_pool() -> None:
    used = "{value: sum(a), as: used, unit: GB}, {value: sum(b), as: size}"
    ahead = "{forecast: used, limit: size, limits: {eu: 500, us: 300.5}, capacity: {pool: storage, step: 10, headroom: 20}}"
    place = "name: disks, agent: triage, sql: {source: warehouse, table: disks, time: created_at}"
    (*_, watch) = one(f"{{{place}, watch: [{used}, {ahead}]}}").watches
    assert (watch.unit, watch.limit, watch.limit_of, watch.limits) == ("GB", None, "size", (("eu", 500.0), ("us", 300.5)))
    assert (watch.pool, watch.step, watch.headroom) == ("storage", 10.0, 20.0)
    (*_, watch) = one(f"{{{place}, watch: [{used}, {{forecast: used, limits: {{eu: 500}}, capacity: {{}}}}]}}").watches
    assert (watch.limit, watch.pool, watch.step, watch.headroom) == (None, "", 1.0, 0.0)


def test_three_lines_are_enough() -> None:
    orders = one('{name: orders, channel: "#incidents", sql: {source: warehouse, table: orders, time: created_at}}')
    assert [watch.name for watch in orders.watches] == ["volume", "freshness", "schema"]
    assert (orders.times.words, orders.bucket, orders.delay) == ("every 5m", timedelta(minutes=5), timedelta(minutes=1))
    assert (orders.agent, orders.node, orders.investigates, orders.severity, orders.enabled) == ("triage", "orders", False, "warning", True)
    untimed = one("{name: orders, agent: triage, sql: {source: warehouse, table: orders}}")
    assert [watch.name for watch in untimed.watches] == ["volume", "schema"]
    latency = one("{name: latency, agent: triage, prometheus: {source: metrics, query: up}}")
    assert (latency.watches, latency.subject, latency.delay) == ((Watch(Measure.VALUE),), "up", timedelta(minutes=1))
    nightly = one("{name: nightly, agent: triage, dbt: {project: ./dbt}}")
    assert [watch.name for watch in nightly.watches] == ["freshness", "schema", "value(failures)", "value(skipped)"]
    assert nightly.times.words == "every 15m"
    assert [watch.column for watch in one("{name: us, agent: triage, journal: {}}").watches] == [
        "error_rate", "escalation_rate", "stuck", "latency", "budget",
    ]  # fmt: skip


def test_values_of_their_own() -> None:
    queue = one(
        '{name: queue, agent: triage, http: {url: "https://example.com/stats?all=1", items: queues, labels: {queue: name}}, '
        "watch: [{value: depth.max, as: depth}, {value: age}]}"
    )
    assert (queue.dimensions, queue.subject) == (("queue",), "https://example.com/stats")
    assert queue.watches == (Watch(Measure.VALUE, "depth", expression="depth.max"), Watch(Measure.VALUE, "age", expression="age"))
    single = one("{name: latency, agent: triage, prometheus: {source: metrics, query: up}, watch: [{value: p95, unit: s}]}")
    assert single.watches == (Watch(Measure.VALUE, "p95", "s"),)


@pytest.mark.parametrize(("times", "bucket"), [
    ('cron: "0 7 * * mon-fri"', timedelta(days=1)), ('cron: "0 * * * *"', timedelta(hours=1)),
    ('cron: "*/7 * * * *"', timedelta(minutes=3)),
    ("every: 2h", timedelta(hours=2)), ("every: 7m, bucket: 1h", timedelta(hours=1)), ("every: 1m, bucket: 1d", timedelta(days=1)),
])  # fmt: skip
def test_a_bucket_fits_between_two_looks(times: str, bucket: timedelta) -> None:
    assert one(f"{{name: orders, agent: triage, {times}, sql: {{source: warehouse, table: orders}}}}").bucket == bucket


def test_secrets_are_known() -> None:
    place = '{url: "https://example.com/", value: a, token_env: QUEUE}'
    text = f"{SOURCES}\nmonitors:\n  - {{name: q, agent: triage, http: {place}}}\n"
    config = read(text, {**ENVIRON, "QUEUE": "pst-secret"})
    assert "pst-secret" in config.secrets
    source = config.monitors["q"].source
    assert isinstance(source, HttpPart)
    assert source.token_env == "QUEUE"
    assert "QUEUE; set it" in "\n".join(mistakes(text))


def test_another_definition_has_no_past() -> None:
    def defined(rest: str = "", value: str = "sum(a)", name: str = "a", table: str = "table: t, time: x") -> str:
        sql = f"sql: {{source: warehouse, {table}}}"
        return one(f"{{name: {name}, agent: triage, {sql}, watch: [{{value: {value}, as: v}}]{rest}}}").definition

    assert defined() == defined(name="b") == defined(rest=", severity: info, delay: 1h, every: 10m, bucket: 5m")
    others = [defined(value="sum(b)"), defined(rest=", bucket: 1h"), defined(rest=", dimensions: [d]"), defined(table="table: u, time: x")]
    others.append(defined(table="table: t, time: x, where: a > 1"))
    assert len({defined(), *others}) == 6


@pytest.mark.parametrize(("item", "told"), [
    ("{name: a, agent: triag, sql: {source: warehouse, table: t, time: x}, every: 7m}", (
        "every: samples are of 10 seconds at least, and a day is a whole number of them; write bucket: 5m",
        'agent: there is no agent "triag"; did you mean "triage"?',
    )),
    ("{name: b, sql: {source: warehouse, table: t, time: x}, every: 5s}", (
        "every: is at least 10s",
        "agent: say which agent looks into its findings; known: triage, watcher",
    )),
    ("{name: c, agent: triage, sql: {source: warehouse, table: t, time: x}, every: 5m, cron: '* * * * *'}", (
        'needs either cron: "0 9 * * mon-fri" or every: 15m',
    )),
    ("{name: d, agent: triage, sql: {source: warehouse, table: t, time: x}, bucket: 2d, keep: 1d, lineage: dbt}", (
        "bucket: samples are of 10 seconds at least, and a day is a whole number of them; write 1d",
        'lineage: there is no item "dbt" of kind lineage among the tools',
        "keep: is 28d at least: with so much of the past samples are compared",
    )),
    ("{name: e, agent: triage, journal: {}, severity: bad, investigate: yes, links: [foo], budget: 0, series: 1000}", (
        'series: has to be less than or equal to 100, not "1000"',
        'investigate: "yes" is not among click, auto',
        'severity: "bad" is not among critical, warning, info',
        'links[0]: "foo" is no http or https address',
        'budget: has to be greater than 0, not "0"',
    )),
    ("{name: f, agent: triage, sql: {source: warehouse, table: t, time: x}, dimensions: [a, b, c, d]}", (
        "dimensions: has 4; it takes at most 3",
    )),
    ("{name: g, agent: triage, sql: {source: warehouse, table: t, time: x}, dimensions: [a, a], cron: '0 7 * * 1'}", (
        "cron: day of the week: the number 1 is one day to some programs and another to others; write mon-fri",
        "dimensions: names one of them twice",
    )),
    ("{name: Orders, agent: triage, sql: {source: warehouse, table: t, time: x}, channel: ops, delay: soon}", (
        'name: "Orders" is no name; write lower-case letters, digits, - and _',
        "delay: 'soon' is no length of time; write a number and a unit, such as 90s, 15m, 4h or 2d",
        'channel: "ops" is no channel; write "#name" in quotes, or its id',
    )),
    ("{name: h, agent: triage, sql: {source: warehouse, table: t, time: x}, chanel: ops}", (
        'chanel: there is no such key; did you mean "channel"?',
    )),
])  # fmt: skip
def test_every_mistake_is_told_with_its_place(item: str, told: tuple[str, ...]) -> None:
    assert wrong(item) == told


def test_a_name_stands_once() -> None:
    item = "{name: a, agent: triage, journal: {}}"
    assert wrong(item, item) == ("name: there are two by the name a; each name may stand once",)
