"""The company over real HTTP: what it tells, what it does once, and how it fails when told to."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.sandbox.app import Sandbox
from bot.sandbox.company import routes
from bot.sandbox.company_metrics import DEPLOY_SETTLES, METRICS, MOST_POINTS, Release, level, sample, summary
from bot.sandbox.company_seed import OBJECTIVES, SERVICES
from bot.sandbox.company_state import Company, CompanyError

START = 1_790_000_000.0


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Caller:
    """Speaks JSON with the company."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.session.get(f"{self.base}/company/{path}") as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str, body: Any, key: str | None = None, status: int = 200) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        async with self.session.post(f"{self.base}/company/{path}", json=body, headers=headers) as response:
            assert response.status == status, await response.text()
            return await response.json()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def caller(clock: Clock) -> AsyncIterator[Caller]:
    app = web.Application()
    app.add_routes(routes(Company(clock)))
    async with TestServer(app) as server, ClientSession() as session:
        yield Caller(session, str(server.make_url("")).rstrip("/"))


ROLLBACK = {"to_version": "2026.11.18-3", "reason": "slow since the deploy"}


async def test_a_new_release_made_checkout_slow_and_a_rollback_heals_it(caller: Caller, clock: Clock) -> None:
    before = await caller.get("services/checkout/metrics?metric=all&minutes=60")
    assert not before["healthy"]
    assert before["metrics"]["p95_ms"]["now"] == pytest.approx(2400, rel=0.06)
    assert before["metrics"]["p95_ms"]["hour_ago"] == pytest.approx(180, rel=0.06)
    assert before["metrics"]["error_rate"]["now"] == pytest.approx(6, rel=0.06)
    assert (await caller.get("services/checkout"))["status"] == "degraded"

    clock.now += 7200
    assert (await caller.get("services/checkout/metrics"))["metrics"]["p95_ms"]["before_release"] == pytest.approx(180, rel=0.06)

    await caller.post("services/checkout/rollback", ROLLBACK, key="k1")
    falling = (await caller.get("services/checkout/metrics?metric=p95_ms"))["metrics"]["p95_ms"]
    assert 400 < falling["now"] < 1600
    clock.now += 5
    after = await caller.get("services/checkout/metrics")
    assert after["healthy"]
    assert after["version"] == "2026.11.18-3"
    assert (await caller.get("services/checkout"))["status"] == "healthy"


async def test_the_same_key_rolls_back_once(caller: Caller) -> None:
    first = await caller.post("services/checkout/rollback", ROLLBACK, key="k1")
    assert await caller.post("services/checkout/rollback", ROLLBACK, key="k1") == first
    refused = await caller.post("services/checkout/rollback", ROLLBACK | {"reason": "another"}, key="k1", status=409)
    assert "k1" in refused["error"]
    assert (await caller.get("effects"))["count"] == 1
    assert (await caller.get("operations?key=k1"))["happened"] is True
    assert (await caller.get("operations?key=k2"))["happened"] is False
    history = (await caller.get("services/checkout/deploys"))["deploys"]
    assert [one["kind"] for one in history[:2]] == ["rollback", "deploy"]


async def test_a_rollback_can_be_taken_back_with_what_it_answered(caller: Caller) -> None:
    before = await caller.get("services/checkout")
    rolled_back = await caller.post("services/checkout/rollback", ROLLBACK, key="k1")
    assert rolled_back["from_version"] == before["version"]
    await caller.post("services/checkout/rollback", {"to_version": rolled_back["from_version"], "reason": "undo"}, key="k2")
    assert (await caller.get("services/checkout"))["version"] == before["version"]


async def test_instances_are_changed_once_and_the_number_before_is_told(caller: Caller) -> None:
    before = await caller.get("services/web")
    scaled = await caller.post("services/web/scale", {"instances": 12, "reason": "a campaign"}, key="k1")
    assert (scaled["previous_instances"], scaled["instances"]) == (before["instances"], 12)
    assert await caller.post("services/web/scale", {"instances": 12, "reason": "a campaign"}, key="k1") == scaled
    after = await caller.get("services/web")
    assert (after["instances"], after["revision"]) == (12, before["revision"] + 1)
    assert (await caller.get("operations?key=k1"))["operation"]["kind"] == "scale"


async def test_a_failover_changes_the_places_of_two_machines(caller: Caller) -> None:
    before = await caller.get("databases/orders-db")
    done = await caller.post("databases/orders-db/failover", {"to": before["standby"], "reason": "disk errors"}, key="k1")
    after = await caller.get("databases/orders-db")
    assert (after["primary"], after["standby"], after["revision"]) == (before["standby"], before["primary"], before["revision"] + 1)
    assert done["previous_primary"] == before["primary"]
    assert [one["database"] for one in (await caller.get("databases"))["databases"]] == ["orders-db", "catalog-db"]
    await caller.post("reset", {})
    assert await caller.get("databases/orders-db") == before


async def test_without_a_key_each_restart_is_one_more(caller: Caller) -> None:
    revision = (await caller.get("services/web"))["revision"]
    for _ in range(2):
        await caller.post("services/web/restart", {"reason": "memory grows"})
    assert (await caller.get("effects"))["count"] == 2
    assert (await caller.get("services/web"))["revision"] == revision + 2


async def test_a_preview_changes_only_with_the_service(caller: Caller, clock: Clock) -> None:
    before = await caller.get("services/checkout")
    clock.now += 3600
    assert await caller.get("services/checkout") == before


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("services/checkout/rollback", {"to_version": "1.0", "reason": "why not"}, 400, "never ran"),
        ("services/checkout/rollback", {"to_version": "2026.11.20-2", "reason": "why not"}, 400, "already runs"),
        ("services/checkout/rollback", {"to_version": "2026.11.18-3"}, 400, "reason"),
        ("services/checkout/rollback", {"to_version": "2026.11.18-3", "reason": "x", "force": True}, 400, "."),
        ("services/web/scale", {"instances": 8, "reason": "why not"}, 400, "8 instances already"),
        ("services/web/scale", {"instances": 0, "reason": "why not"}, 400, "instances"),
        ("services/nothing/scale", {"instances": 2, "reason": "why not"}, 404, "checkout, payments"),
        ("databases/orders-db/failover", {"to": "orders-db-1", "reason": "why not"}, 400, "is the primary"),
        ("databases/orders-db/failover", {"to": "web-1", "reason": "why not"}, 400, "Its standby is orders-db-2"),
        ("databases/nothing/failover", {"to": "x", "reason": "why not"}, 404, "orders-db, catalog-db"),
        ("services/nothing/restart", {"reason": "why not"}, 404, "checkout, payments"),
        ("tickets", {"title": "  "}, 400, "title"),
        ("tickets", {"title": "Look", "service": "nothing"}, 404, "nothing"),
    ],
)
async def test_a_wrong_request_gets_a_sentence_and_does_nothing(caller: Caller, path: str, body: Any, status: int, word: str) -> None:
    answer = await caller.post(path, body, key="k1", status=status)
    assert word in answer["error"]
    assert (await caller.get("effects"))["count"] == 0


@pytest.mark.parametrize(
    "path", ["services/web/metrics?metric=cpu", "services/web/metrics?minutes=0", "services/web/metrics?minutes=x", "operations"]
)
async def test_a_wrong_question_gets_a_sentence(caller: Caller, path: str) -> None:
    assert (await caller.get(path, status=400))["error"].endswith(".")


async def test_unknown_paths_are_told(caller: Caller) -> None:
    assert "GET /company/nowhere" in (await caller.get("nowhere", status=404))["error"]
    assert "OPS-7" in (await caller.get("tickets/OPS-7", status=404))["error"]


async def test_tickets_are_kept(caller: Caller) -> None:
    opened = await caller.post("tickets", {"title": "Look at this", "service": "web"}, key="t1", status=201)
    assert (await caller.get(f"tickets/{opened['id']}"))["title"] == "Look at this"
    assert len((await caller.get("tickets"))["tickets"]) == 3
    await caller.post("reset", {})
    assert len((await caller.get("tickets"))["tickets"]) == 2


async def test_every_service_has_a_runbook(caller: Caller) -> None:
    assert len((await caller.get("runbooks"))["runbooks"]) == len(SERVICES)
    for seed in SERVICES:
        assert seed.owner in (await caller.get(f"runbooks/{seed.name}"))["markdown"]


async def test_ordered_faults(caller: Caller) -> None:
    await caller.post("faults", {"path": "rollback$", "status": 503, "times": 2})
    for _ in range(2):
        await caller.post("services/checkout/rollback", ROLLBACK, key="k1", status=503)
    assert (await caller.get("operations?key=k1"))["happened"] is False

    await caller.post("faults", {"path": "rollback$", "status": "drop_after_effect"})
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await caller.post("services/checkout/rollback", ROLLBACK, key="k1")
    assert (await caller.get("operations?key=k1"))["happened"] is True

    await caller.post("faults", {"path": "services$", "status": "hang", "seconds": 0.05})
    assert len((await caller.get("services"))["services"]) == 4
    assert "expression" in (await caller.post("faults", {"path": "(", "status": 503}, status=400))["error"]
    assert "404" not in (await caller.post("faults", {"path": "x", "status": 200}, status=400))["error"]


async def test_metrics_can_recover_at_once(caller: Caller) -> None:
    await caller.post("settings", {"rollback_settles": 0})
    await caller.post("services/checkout/rollback", ROLLBACK)
    assert (await caller.get("services/checkout/metrics"))["healthy"]


_releases = [[Release(d.version, START - d.age, d.level, DEPLOY_SETTLES) for d in seed.deploys] for seed in SERVICES]
_times = st.floats(START - 30 * 86400, START + 30 * 86400)


@given(st.sampled_from(_releases), st.sampled_from(METRICS), _times)
def test_a_sample_is_deterministic_and_near_a_known_level(releases: list[Release], metric: Any, at: float) -> None:
    known = [getattr(release.level, metric) for release in releases]
    value = sample("any", metric, at, releases)
    assert value == sample("any", metric, at, releases)
    assert min(known) * 0.95 - 1 <= value <= max(known) * 1.05 + 1


@given(_times, st.integers(1, 60))
def test_a_summary_is_whole_and_short(now: float, minutes: int) -> None:
    told = summary("checkout", "p95_ms", now, minutes, _releases[0])
    points = told["points"]
    assert isinstance(points, list)
    assert 1 <= len(points) <= MOST_POINTS
    assert points[-1] == told["now"]
    assert told["min"] <= min(points) <= max(points) <= told["max"]
    assert told["within_objective"] == (told["now"] <= OBJECTIVES["p95_ms"])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["memory grows", "it hangs"])), max_size=12))
def test_a_key_never_has_two_effects(requests: list[tuple[str, str]]) -> None:
    company = Company(lambda: START)
    first: dict[str, str] = {}
    for key, reason in requests:
        act = partial(company.restart, "web", reason, key)
        if first.setdefault(key, reason) == reason:
            company.once(key, {"reason": reason}, act)
        else:
            with pytest.raises(CompanyError, match="already used"):
                company.once(key, {"reason": reason}, act)
    assert [effect.key for effect in company.effects] == list(first)
    assert company.service("web").revision == 1 + len(first)


@given(st.lists(st.floats(0, 120), min_size=2, max_size=8))
def test_after_a_rollback_the_level_only_falls(gaps: list[float]) -> None:
    bad = _releases[0]
    healed = [*bad, Release("2026.11.18-3", START, bad[1].level, settles=5, at_once=0.5)]
    levels = [level("p95_ms", START + gap, healed) for gap in sorted(gaps)]
    assert levels == sorted(levels, reverse=True)
    assert level("p95_ms", START + 5, healed) < OBJECTIVES["p95_ms"]


async def test_a_request_that_breaks_off_is_no_error_of_the_server(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    address = URL(sandbox.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"POST /company/tickets HTTP/1.1\r\nHost: company\r\nContent-Length: 100\r\n\r\n{")
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
