"""The company's Prometheus and Loki, asked over HTTP by the product's own sources; and the part of PromQL that they know."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from agents.ports import Done, Failed
from bot.sandbox.company import routes
from bot.sandbox.company_state import Company
from bot.sandbox.promql import Labels, QueryError, Sample, parse
from tests.bot.sandbox.test_company import Clock
from tests.tools.sources import opened
from tools.toolbox import Toolbox

P95, ERRORS = "service:request_duration_seconds:p95", "service:request_errors:percent"


class Shop:
    """The company, and one of its sources as the product opens it."""

    def __init__(self, toolbox: Toolbox, company: Company, clock: Clock) -> None:
        self._toolbox = toolbox
        self.company = company
        self.clock = clock

    async def ask(self, tool: str, **arguments: Any) -> str:
        """What the tool tells, failures too."""
        result = await self._toolbox.run(f"at_{tool}", arguments, key="k")
        assert isinstance(result, Done | Failed)
        return result.text


@asynccontextmanager
async def shop(kind: str) -> AsyncIterator[Shop]:
    """The company with its source of this kind."""
    clock = Clock()
    company = Company(clock)
    app = web.Application()
    app.add_routes(routes(company))
    async with TestServer(app) as server:
        entry = {"name": "at", kind: {"url": str(server.make_url(f"/company/{kind}"))}}
        async with opened(entry, clock=lambda: datetime.fromtimestamp(clock.now, UTC)) as toolbox:
            yield Shop(toolbox, company, clock)


async def test_prometheus_shows_the_bad_release_and_that_a_rollback_heals_it() -> None:
    async with shop("prometheus") as at:
        told = await at.ask("range", query=f'{P95}{{service="checkout"}}', since="1h")
        first, last = (float(re.search(rf"\b{word} ([\d.]+)", told)[1]) for word in ("first", "last"))  # type: ignore[index]
        assert first == pytest.approx(0.18, rel=0.06)
        assert last == pytest.approx(2.4, rel=0.06)
        assert "HighLatency" in await at.ask("alerts")
        assert "No series" not in await at.ask("query", query=f"{P95} > 0.4")
        at.company.roll_back("checkout", "2026.11.18-3", "slow", None)
        at.clock.now += 60
        assert "No series" in await at.ask("query", query=f"{P95} > 0.4")
        assert "0 asked for" in await at.ask("alerts")


async def test_prometheus_tells_what_there_is() -> None:
    async with shop("prometheus") as at:
        assert "gauge; Share of requests that fail, in percent" in await at.ask("metrics", words="errors")
        assert '4 series by up' in (found := await at.ask("series", match="up"))
        assert 'team: "Team Basket"' in found
        assert await at.ask("labels", label="service") == "4 values of service: catalog, checkout, payments, web"
        assert "services: 4 of 4 up" in await at.ask("targets")
        assert "parse error" in await at.ask("query", query="histogram_quantile(0.9, x)")
        assert "every 86400 s" in await at.ask("range", query=f"max({ERRORS})", since="30d")


async def test_loki_shows_what_fails_and_since_which_version() -> None:
    async with shop("loki") as at:
        told = await at.ask("query", query='{service="checkout", level="error"}', since="1h", lines=3)
        assert re.match(r"2\d\d lines from ", told)
        assert told.count("version=2026.11.20-2") == 3
        assert told.count("pricing service did not answer in time") >= 3
        assert "2026.11.18-3" not in told  # before it there were none to speak of
        few = await at.ask("query", query='{service="payments"} |= "card provider" != "version=1" |~ "50[0-9]" !~ "x{9}"', since="2h")
        assert re.match(r"\d{1,2} lines? from ", few)
        assert "No line matches" in await at.ask("query", query='{service="payments"} |= "no such thing"')
        oldest = await at.ask("query", query='{service="web"}', limit=2, direction="forward")
        assert "these are the oldest" in oldest
        assert await at.ask("labels", label="level") == "2 values of level: error, info"
        assert await at.ask("labels") == "3 labels: env, level, service"
        for wrong, said in (('{service="web"} | json', "unexpected | json"), ("web{", "parse error"), ('{a="b"}', "No line matches")):
            assert said in await at.ask("query", query=wrong)
        assert "exceeds the limit" in await at.ask("query", query='{service="web"}', since="7d")


async def test_a_log_says_the_same_each_time_it_is_read() -> None:
    async with shop("loki") as at:
        query = {"query": '{service=~"checkout|web", level="error"}', "since": "30m"}
        assert await at.ask("query", **query) == await at.ask("query", **query)


class Two:
    """Two series that grow by one a minute."""

    def series(self) -> list[Labels]:
        return [{"__name__": "x", "a": "1"}, {"__name__": "x", "a": "2"}]

    def value(self, labels: Labels, at: float) -> float | None:
        return None if at < 0 else at / 60 * int(labels["a"])


@pytest.mark.parametrize(("query", "values"), [
    ("x", [10, 20]), ('x{a="2"}', [20]), ('{__name__="x",a!="2"}', [10]), ("x{a=~'2|3'}", [20]), ('x{a!~"2|3",}', [10]),
    ("x offset 5m", [5, 10]), ("x > 15", [20]), ("x <= 10", [10]), ("x * 2 + 1", [21, 41]), ("(x - 5) / 5", [1, 3]), ("x != 10", [20]),
    ("sum(x)", [30]), ("avg by (a) (x)", [10, 20]), ("max(x) by (b)", [20]), ("count(x == 10)", [1]), ("min(x offset 1h)", []),
    ("avg_over_time(x[10m])", [5, 10]), ("max_over_time(x[1m] offset 9m)", [1, 2]), ("min_over_time(x{a='1'}[1m30s])", [8.5]),
    ("sum(last_over_time(x[5m]))", [30]),
])
def test_the_part_of_promql_that_it_knows(query: str, values: list[float]) -> None:
    assert [one.value for one in parse(query)(Two(), 600)] == values


def test_what_is_computed_has_no_name_and_a_division_by_zero_no_number() -> None:
    assert parse("x{a='1'} + 0")(Two(), 600) == [Sample({"a": "1"}, 10)]
    assert str(parse("x / 0")(Two(), 600)[0].value) == "nan"


@pytest.mark.parametrize("query", [
    "", "{}", "x{a}", "x{a=1}", 'x{a="1"', "x[5m]", "x > y", "rate(x[5m])", "sum(x", "avg_over_time(x)", "x offset y", 'x{a=~"("}', "x x",
    "sum by (a x",
])
def test_what_it_does_not_know_is_refused_with_what_it_knows(query: str) -> None:
    with pytest.raises(QueryError, match="This Prometheus knows"):
        parse(query)


@given(st.text(alphabet="x(){}[]=!~<>\"' 5m,abyofset_", max_size=40))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    with suppress(QueryError):
        parse(text)(Two(), 600)
