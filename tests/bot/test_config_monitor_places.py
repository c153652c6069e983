"""Where monitors read: what is wrong with it is told when it is loaded, and nothing hostile gets further."""

from pathlib import Path

import pytest

from tests.bot.monitored import one, wrong


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("item", "told"), [
    ("{name: a, agent: triage, sql: {source: wharehouse, table: t}, watch: [volume]}", (
        'sql.source: there is no item "wharehouse" of kind sql among the tools; did you mean "warehouse"?',
    )),
    ("{name: a, agent: triag, sql: {source: metrics, table: t, zone: Europe/Berlin}}", (
        'sql.source: there is no item "metrics" of kind sql among the tools; known: warehouse',
        "sql.zone: is the zone of a time column, and none is named",
        'agent: there is no agent "triag"; did you mean "triage"?',
    )),
    ("{name: b, agent: triage, sql: {source: warehouse, table: t}, prometheus: {source: metrics}}", (
        "needs one place to read: sql, prometheus, http, dbt, journal",
    )),
    ("{name: c, agent: triage}", (
        "needs one place to read: sql, prometheus, http, dbt, journal",
    )),
    ("{name: d, agent: triage, prometheus: {source: metrics}}", (
        "prometheus: needs query, or under watch: of each value how it is got, such as {value: …, as: errors}",
    )),
    ('{name: e, agent: triage, http: {url: "http://user:pass@example.com/", value: a..b, items: x}}', (
        "http.url: write it without user and password; token_env names the variable that holds a token",
        'http.value: "a..b" is no path; write names with dots between them, such as queue.depth',
    )),
    ('{name: f, agent: triage, http: {url: "file:///etc/passwd", value: a}}', (
        'http.url: "file:///etc/passwd" is no http or https address',
    )),
    ('{name: g, agent: triage, http: {url: "http://example.com/", value: a, items: x, labels: {queue: name}}, dimensions: [que]}', (
        'dimensions[0]: "que" is not among http.labels; did you mean "queue"?',
    )),
    ("{name: h, agent: triage, dbt: {project: x}, dimensions: [a]}", (
        "dimensions: a monitor of dbt has its own",
    )),
    ("{name: i, journal: {agent: nobody}}", (
        'journal.agent: there is no agent "nobody"; known: triage, watcher',
        "agent: say which agent looks into its findings; known: triage, watcher",
    )),
    ("{name: j, agent: triage, sql: {source: warehouse, table: t, time: x, zone: Europe/Berlin}}", (
        "sql.zone: SQLite knows no time zones: keep its times in UTC, or with their offset",
    )),
    ("{name: k, agent: triage, sql: {source: warehouse, table: t, time: x, zone: Mars/Base, tabel: y}}", (
        'sql.tabel: there is no such key; did you mean "table"?',
    )),
])  # fmt: skip
def test_every_mistake_is_told_with_its_place(item: str, told: tuple[str, ...]) -> None:
    assert wrong(item) == told


HOSTILE = (
    "1=1; DROP TABLE t", "1=1) OR (1=1", "a = 1 -- b", "a IN (SELECT password FROM users)", "EXISTS (SELECT 1 FROM users)",
    "a = 1 UNION SELECT 1",
    "load_extension('x')", "a = :x", "a = ?", "t.a = 1", "sum(a) > 1", "a = 1 ORDER BY 1", "(SELECT 1)", "a = 'x", "DELETE FROM t",
    "a = char(0)||readfile('/etc/passwd')", "a IS NULL GROUP BY a", "\\x00 = 1", "a AS b", "*", "x := 1", "rank() over () = 1",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_conditions_are_refused_when_they_are_loaded(text: str) -> None:
    item = f'{{name: a, agent: triage, sql: {{source: warehouse, table: t, time: x, where: "{text}"}}}}'
    if text == "a = 1 -- b":  # a comment is left out, and what is before it is one whole condition
        assert one(item).kind == "sql"
    else:
        (told,) = wrong(item)
        assert told.startswith("sql.where: ")


@pytest.mark.parametrize("text", [
    "sum(a); DROP TABLE t", "sum(a), (SELECT 1)", "sum(a) FROM users --", "sum((SELECT max(id) FROM users))", "a", "sum(a) + a", "1",
    "max(load_extension('x'))", "sum(sum(a))", "sum(a) OVER ()", "sum(a) AS b", "group_concat(a, ?)", "max(t.a)", "count(t.*)",
    "max(a) FILTER (WHERE b IN (SELECT 1))", "(SELECT 1)", "sum(a))", "sum(a", "sum(a) LIMIT 1",
])  # fmt: skip
def test_hostile_values_are_refused_when_they_are_loaded(text: str) -> None:
    item = f'{{name: a, agent: triage, sql: {{source: warehouse, table: t, time: x}}, watch: [{{value: "{text}", as: v}}]}}'
    (told,) = wrong(item)
    assert told.startswith("watch[0].value: ")
