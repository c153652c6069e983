"""Who may do what over the API: every operation as every kind of token."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from agents.core.approval import Refusal
from agents.core.trigger import Place, Source, Trigger
from bot.http.api_access import ROLE
from bot.http.app import build_web
from tests.bot.http.clients import ROOT, SECRETS, Served, served
from tests.world import DANA, ScriptedModel, World, says, the_ask

RUN, ASK = "{run}", "{ask}"

OPERATIONS: list[tuple[str, str, Any, str, int]] = [
    ("GET", "/v1/runs", None, "viewer", 200),
    ("POST", "/v1/runs", {"agent": "triage", "prompt": "Look."}, "operator", 201),
    ("GET", f"/v1/runs/{RUN}", None, "viewer", 200),
    ("GET", f"/v1/runs/{RUN}/events", None, "viewer", 200),
    ("GET", "/v1/approvals", None, "viewer", 200),
    ("GET", f"/v1/approvals/{ASK}", None, "viewer", 200),
    ("POST", f"/v1/approvals/{ASK}", {"choice": "deny", "reason": "No."}, "operator", 0),
    ("GET", "/v1/audit", None, "viewer", 200),
    ("GET", "/v1/agents", None, "viewer", 200),
    ("GET", "/v1/halts", None, "viewer", 200),
    ("POST", f"/v1/runs/{RUN}/stop", None, "operator", 0),
    ("POST", "/v1/halts", {"agent": "triage"}, "operator", 201),
    ("DELETE", "/v1/halts/triage", None, "admin", 0),
    ("DELETE", "/v1/halts", None, "admin", 409),
]
"""Method, path, body, the least role, and the status where that suffices; 0 where it depends on more than the role."""

LEVELS = {"viewer": 1, "operator": 2, "admin": 3}
OUT = ("", "cs_made_up", "revoked", "expired", "x" * 5000, "nonsense é")


@pytest.fixture
async def api() -> AsyncIterator[Served]:
    """The API, with a run over everybody's heads that waits for an approval."""
    async with served(World(model=ScriptedModel(says("", ("write", {"x": 1}))))) as made:
        yield made


async def asked(api: Served, place: Place | None = None, key: str = "k1") -> dict[str, str]:
    """A run of Dana's that waits, and its question."""
    trigger = Trigger(Source.MENTION, key, DANA, "Dana", place or Place("T1", "C1", "1.1"))
    run = await api.bot.settled(await api.bot.runs.start(trigger, "Do it.", "triage"))
    return {"run": run.run_id, "ask": the_ask(run)}


async def test_every_operation_is_in_the_matrix_and_says_whom_it_takes(api: Served) -> None:
    paths = build_web(api.edge).openapi()["paths"]
    told = {
        (method.upper(), path): operation.get(ROLE) for path, operations in paths.items() if path.startswith("/v1")
        for method, operation in operations.items()
    }
    listed = {
        (method, path.replace(RUN, "{run_id}").replace(ASK, "{ask_id}").replace("halts/triage", "halts/{agent}")): role
        for method, path, _, role, _ in OPERATIONS
    }
    assert told == listed


async def test_who_may_do_what(api: Served) -> None:
    names = await asked(api)
    for who in (*OUT, *LEVELS):
        for method, path, body, least, status in OPERATIONS:
            if path.endswith("/events") and LEVELS.get(who):
                continue  # it goes on for as long as the run; see test_api_events
            got, told = await api.call(method, path.format(**names), who, body)
            where = (who[:20], method, path, got, told)
            if who in OUT:
                assert got == 401, where
                assert api.headers["WWW-Authenticate"].startswith("Bearer "), where
            elif LEVELS[who] < LEVELS[least]:
                assert (got, told["title"], least in told["detail"]) == (403, "Forbidden", True), where
            elif who == least and status:
                assert got == status, where
            else:
                assert got in (200, 201, 403, 409), where


async def test_the_token_counts_before_anything_else_of_the_request(api: Served) -> None:
    async with api.session.post(f"{api.url}/v1/runs", data=b"{no json", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 401
    assert (await api.call("POST", "/v1/runs", "viewer", {"wrong": 1}))[0] == 403
    status, told = await api.call("POST", "/v1/runs", "operator", {"wrong": 1})
    assert (status, told["status"]) == (422, 422)
    assert {"where": "body.prompt", "why": "Field required"} in told["errors"]


async def test_a_token_that_is_revoked_or_expires_is_turned_away_at_once(api: Served) -> None:
    assert (await api.call("GET", "/v1/runs", "viewer"))[0] == 200
    assert set(api.uses.used) == {"viewer"}
    assert not isinstance(await api.edge.switchboard.shut_out("viewer", ROOT), Refusal)
    assert (await api.call("GET", "/v1/runs", "viewer"))[0] == 401


async def test_a_token_for_one_agent_sees_and_does_nothing_with_others(api: Served) -> None:
    names = await asked(api)
    assert (await api.call("GET", f"/v1/runs/{names['run']}", "bound"))[0] == 404
    assert (await api.call("POST", f"/v1/runs/{names['run']}/stop", "bound"))[0] == 404
    assert (await api.call("POST", f"/v1/approvals/{names['ask']}", "bound", {"choice": "approve"}))[0] == 404
    assert (await api.call("GET", "/v1/runs", "bound"))[1]["runs"] == []
    assert (await api.call("GET", "/v1/approvals", "bound"))[1] == {"approvals": []}
    assert (await api.call("GET", "/v1/audit", "bound"))[1]["events"] == []
    assert [agent["name"] for agent in (await api.call("GET", "/v1/agents", "bound"))[1]["agents"]] == ["other"]
    status, told = await api.call("POST", "/v1/runs", "bound", {"agent": "triage", "prompt": "Look."})
    assert (status, told["detail"]) == (404, "There is no such agent. There is: other.")
    assert (await api.call("POST", "/v1/runs", "bound", {"agent": "other", "prompt": "Look."}))[0] == 201
    assert (await api.call("POST", "/v1/halts", "bound", {}))[0] == 403
    assert (await api.call("POST", "/v1/halts", "bound", {"agent": "triage"}))[0] == 403
    assert (await api.call("POST", "/v1/halts", "bound", {"agent": "other"}))[0] == 201


@pytest.mark.parametrize(("channel", "viewer"), [("C1", 200), ("G1", 404), ("D1", 404)])
async def test_what_was_asked_in_private_only_admins_see(api: Served, channel: str, viewer: int) -> None:
    names = await asked(api, Place("T1", channel, "1.1"))
    for who, status in (("viewer", viewer), ("operator", viewer), ("admin", 200)):
        assert (await api.call("GET", f"/v1/runs/{names['run']}", who))[0] == status
        assert (await api.call("GET", f"/v1/approvals/{names['ask']}", who))[0] == status
        seen = [run["id"] for run in (await api.call("GET", "/v1/runs", who))[1]["runs"]]
        assert seen == ([names["run"]] if status == 200 else [])
        assert {event["run"] for event in (await api.call("GET", "/v1/audit", who))[1]["events"]} == {"control", *seen}


async def test_nothing_tells_a_secret_or_its_hash(api: Served) -> None:
    status, told = await api.call("GET", "/v1/audit?run=control", "admin")
    assert (status, {event["kind"] for event in told["events"]}) == (200, {"token_made", "token_revoked"})
    assert not any("hash" in event["event"] for event in told["events"])
    assert not any(secret in str(told) for secret in SECRETS.values())
