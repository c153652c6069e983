"""The control socket: who may use it, what it answers, and what is left behind."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.core.approval import Refusal
from agents.core.errors import ConfigError, JournalError, NotFound
from agents.core.grants import Terms
from agents.core.ids import AskId, CallId, GrantId, RunId
from agents.core.trigger import Source
from agents.runs import Answered
from bot.control import ControlClient, local_user, serve_control
from bot.door import OwnDoor
from tests.bot.controlled import ASK, FakeMailroom, FakeRuns, FakeSwitches


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is."""
    return tmp_path / "c.db.sock"


@pytest.fixture
def switches() -> FakeSwitches:
    """Switches behind the same socket."""
    return FakeSwitches()


@pytest.fixture
async def runs(path: Path, switches: FakeSwitches) -> AsyncIterator[FakeRuns]:
    """Runs behind a socket."""
    fake = FakeRuns()
    async with serve_control(path, fake, switches, ["triage"], mailroom=FakeMailroom()):
        yield fake


async def reached(path: Path) -> ControlClient:
    """The bot, which has to be there."""
    client = await ControlClient.reach(path)
    assert client is not None
    return client


async def test_a_request_is_made_by_the_user_whom_the_system_names(runs: FakeRuns, path: Path) -> None:
    client = await reached(path)
    assert await client.ask("hello\nworld", None, "k1") == "run-x"
    trigger, text, agent = runs.started[0]
    assert (trigger.source, trigger.actor, trigger.place, text, agent) == (Source.TERMINAL, local_user(), None, "hello\nworld", "triage")
    assert trigger.dedupe_key == f"{local_user()}/k1"
    assert await client.answer(ASK, "approve") == Answered(RunId("run-x"), "It runs.")
    assert await client.answer(ASK, "deny", "no") == Refusal("approver", "You may not.")
    assert runs.answered == [(ASK, "approve", local_user(), ""), (ASK, "deny", local_user(), "no")]


async def test_what_is_said_with_a_decision_arrives_as_it_was(runs: FakeRuns, path: Path) -> None:
    client = await reached(path)
    arguments: dict[str, Any] = {"n": 3, "deep": {"é": [1.5, None, True]}}
    await client.answer(ASK, "edit", arguments=arguments)
    await client.answer(ASK, "grant", terms=Terms(3600, 10, ("service", "zone")))
    assert runs.more == [(arguments, None), (None, Terms(3600, 10, ("service", "zone")))]


async def test_runs_are_stopped_and_calls_undone_by_the_user(runs: FakeRuns, path: Path) -> None:
    client = await reached(path)
    assert await client.stop(RunId("run-x")) == Answered(RunId("run-x"), "Stopped.")
    assert await client.stop(RunId("run-x"), takes_over=True) == Refusal("role", "Only operators.")
    assert await client.undo(RunId("run-x"), CallId("c2")) == Answered(RunId("run-undo"), "Undoing.")
    assert runs.more == [("run-x", local_user(), False), ("run-x", local_user(), True), ("run-x", "c2", local_user())]


@pytest.mark.usefixtures("runs")
async def test_switches_are_switched_by_the_user(switches: FakeSwitches, path: Path) -> None:
    client = await reached(path)
    assert await client.halt("triage", "Sale.") == "It is halted."
    assert await client.halt("") == "It is halted."
    assert await client.resume("triage") == Refusal("role", "Only admins.")
    assert await client.revoke(GrantId("run-x.g1")) == "Taken back."
    assert await client.schedule("pause", "nightly") == "Done."
    assert await client.forget(12, "triage") == "It is erased."
    assert await client.trust("files_fetch", '{"é":"\u200b"}') == "It is trusted."
    user = local_user()
    assert switches.switched.pop() == ("trust", "files_fetch", '{"é":"\u200b"}', user)
    assert switches.switched == [
        ("halt", "triage", user, "Sale."), ("halt", "", user, ""), ("resume", "triage", user), ("revoke", "run-x.g1", user),
        ("pause", "nightly", user),
        ("forget", "12", "triage", user),
    ]
    with pytest.raises(NotFound, match="There is no agent other"):
        await client.halt("other")


@pytest.mark.usefixtures("runs")
async def test_deliveries_are_sorted_out_by_the_user(path: Path) -> None:
    client = await reached(path)
    assert await client.replay(7) == f"Delivery 7 is tried again for {local_user()}."
    assert await client.drop(7) == Refusal("role", "Only operators.")
    with pytest.raises(NotFound, match="There is no delivery 10"):
        await client.replay(10)


@pytest.mark.parametrize("terms", [
    {"seconds": "1", "uses": 1, "fixed": []}, {"seconds": 1, "uses": 1}, {"seconds": 1, "uses": 1, "fixed": [1]}, {},
])
async def test_terms_that_are_none_grant_nothing(runs: FakeRuns, path: Path, terms: Any) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    request = {"do": "answer", "ask_id": ASK, "choice": "grant", "reason": "", "arguments": None, "terms": terms}
    writer.write(json.dumps(request).encode() + b"\n")
    assert "terms that are none" in json.loads(await reader.readline())["error"]
    writer.close()
    await writer.wait_closed()
    assert runs.answered == []


@pytest.mark.usefixtures("runs")
async def test_errors_come_back_as_they_are(path: Path) -> None:
    client = await reached(path)
    with pytest.raises(NotFound, match=r"There is no run-y\.a1\."):
        await client.answer(AskId("run-y.a1"), "approve")
    with pytest.raises(NotFound, match="There is no agent other"):
        await client.ask("hello", "other", "k")
    with pytest.raises(JournalError, match="gave no answer"):
        await client.answer(ASK, "retry")
    assert await client.ask("still there", "triage", "k") == "run-x"


async def test_only_its_owner_can_open_it_and_nothing_is_left(path: Path) -> None:
    async with serve_control(path, FakeRuns(), FakeSwitches(), ["triage"], mailroom=FakeMailroom()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600  # noqa: ASYNC240 - a look at a file in a test
    assert await ControlClient.reach(path) is None


@pytest.mark.usefixtures("runs")
async def test_looking_whether_a_bot_is_there_is_nothing_to_warn_of(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await (await reached(path)).ask("hello", None, "k")
    await asyncio.sleep(0.05)
    assert caplog.records == []


async def test_a_left_over_socket_is_taken_over(path: Path) -> None:
    async with serve_control(path, FakeRuns(), FakeSwitches(), ["triage"], mailroom=FakeMailroom()):
        left = path.with_name("left")
        left.hardlink_to(path)
    left.rename(path)
    assert await ControlClient.reach(path) is None
    async with serve_control(path, FakeRuns(), FakeSwitches(), ["triage"], mailroom=FakeMailroom()):
        assert await (await reached(path)).ask("hello", None, "k") == "run-x"


async def test_a_client_that_hangs_does_not_hold_the_bot(path: Path) -> None:
    async with asyncio.timeout(20), serve_control(path, FakeRuns(), FakeSwitches(), ["triage"], mailroom=FakeMailroom()):
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do":')
        await writer.drain()
        await asyncio.sleep(0.05)  # until the bot reads
    writer.close()
    await writer.wait_closed()


async def test_a_path_that_is_too_long_is_said(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    assert await ControlClient.reach(long) is None
    with pytest.raises(ConfigError, match="too long for a unix socket"):
        async with serve_control(long, FakeRuns(), FakeSwitches(), [], mailroom=FakeMailroom()):
            pass


async def test_which_agent_has_to_be_said_where_there_are_several() -> None:
    with pytest.raises(NotFound, match="Say which agent, with --agent: a, b"):
        await OwnDoor(FakeRuns(), FakeSwitches(), ["a", "b"], local_user(), mailroom=FakeMailroom()).ask("hello", None, "k")
    runs = FakeRuns()
    await OwnDoor(runs, FakeSwitches(), ["a", "b"], local_user(), "b", mailroom=FakeMailroom()).ask("hello", None, "k")
    assert runs.started[0][2] == "b"


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["do", "ask", "text", "answer", "halt", "scope", "run_id"]), inner),
    max_leaves=5,
)
LINES = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())


@pytest.mark.usefixtures("runs")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(LINES)
async def test_whatever_is_sent_there_is_one_answer(path: Path, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line.replace(b"\n", b"") + b"\n")
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert "error" in json.loads(answer)
