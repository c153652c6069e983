"""MCP servers that mean well, in processes of their own, over both transports: called, cancelled, killed, started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed, Unknown
from tests.tools.mcp_opened import inspected, trusted
from tests.tools.mcp_servers import READ, ROOT, WRITE, MemoryPins, over_http, over_stdio, waited
from tests.tools.sources import opened

TOOLS = {
    "add": READ, "note": WRITE, "reject": WRITE, "environment": READ, "slow": {**WRITE, "timeout": 1.0},
    "crash": WRITE, "announce": READ,
}


@contextmanager
def served(transport: str, folder: Path, **tools: Any) -> Iterator[dict[str, Any]]:
    """The item for the good server."""
    if transport == "stdio":
        yield over_stdio("good", folder, tools or TOOLS)
    else:
        with over_http("good", folder, tools or TOOLS) as item:
            yield item


async def until(probe: Callable[[], object], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not probe():  # noqa: ASYNC110 - what it waits for is outside
            await asyncio.sleep(0.01)


def alive(pid: str) -> bool:
    """Whether this process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_tools_are_called_as_they_are_rated(tmp_path: Path, transport: str) -> None:
    with served(transport, tmp_path) as item:
        async with trusted(item) as (toolbox, _):
            assert await toolbox.run("files_add", {"a": 20, "b": 22}, key="k") == Done("42", taints=True)
            assert await toolbox.run("files_note", {"text": "x", "to": None}, key="k") == Done("noted", taints=True)
            assert (tmp_path / "notes").read_text() == "x\n"
            assert await toolbox.run("files_reject", {"text": "it"}, key="k") == Failed(
                "The server says that it failed: Error executing tool reject: no such thing: it", taints=True
            )
            assert "`a` must be a whole number" in str(await toolbox.run("files_add", {"a": "x", "b": 2}, key="k"))
            assert isinstance(await toolbox.run("files_slow", {"text": "stopped?"}, key="k"), Unknown)
            await until((tmp_path / "stopped").exists)  # the server was told
            add, note = toolbox.specs()["files_add"], toolbox.specs()["files_note"]
    assert (add.risk, add.effect, add.repeat, add.taints) == (Risk.LOW, Effect.NONE, Repeat.FREE, True)
    assert (note.effect, note.repeat) == (Effect.INTERNAL, Repeat.NEVER)
    assert add.description.split("\n")[1:] == ["| Add two numbers."]


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_server_that_is_killed_in_the_middle_of_a_write_leaves_it_in_doubt(tmp_path: Path, transport: str) -> None:
    tools = {"add": READ, "slow": {**WRITE, "timeout": 30}}
    with served(transport, tmp_path, **tools) as item:
        async with trusted(item) as (toolbox, _):
            calling = asyncio.create_task(toolbox.run("files_slow", {"text": "on"}, key="k"))
            await until((tmp_path / "slow").exists)
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
            began = time.monotonic()
            assert isinstance(await calling, Unknown)
            assert time.monotonic() - began < 5
            if transport == "stdio":  # it is started again
                assert await after_a_pause(lambda: toolbox.run("files_add", {"a": 1, "b": 2}, key="k")) == Done("3", taints=True)
                assert len((tmp_path / "starts").read_text()) >= 2
            else:
                down = await toolbox.run("files_add", {"a": 1, "b": 2}, key="k")
                assert isinstance(down, Failed)
                assert "The MCP server files cannot be used" in down.text
                assert list(toolbox.specs()) == ["files_add", "files_slow"]


async def after_a_pause(call: Callable[[], Awaitable[Any]]) -> Any:
    """What the call comes to once the server is there again."""
    async with asyncio.timeout(20):
        while isinstance(result := await call(), Failed):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.3)
    return result


async def test_a_read_that_is_cut_off_has_failed_and_what_died_says_why_without_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tools")
    item = over_stdio("good", tmp_path, {"crash": READ}, secrets={"TOKEN": {"from_env": "FILES_TOKEN"}})
    async with trusted(item, {"FILES_TOKEN": "hunter2-hunter2"}) as (toolbox, _):
        died = await toolbox.run("files_crash", {"text": "boredom"}, key="k")
        assert isinstance(died, Failed)
        await until(lambda: "dying of boredom" in caplog.text)
        again = await toolbox.run("files_crash", {"text": "boredom"}, key="k")
    assert "hunter2" not in caplog.text + str(died) + str(again)
    assert "dying of boredom, token [redacted]" in caplog.text
    assert "it ended with exit code 3" in caplog.text


async def test_a_server_gets_the_environment_that_is_named_and_no_other(tmp_path: Path) -> None:
    environ = {"FILES_TOKEN": "hunter2-hunter2", "PATH": "/usr/bin", "SLACK_BOT_TOKEN": "xoxb-ours"}
    item = over_stdio("good", tmp_path, {"environment": READ}, env={"MODE": "fast"}, secrets={"TOKEN": {"from_env": "FILES_TOKEN"}})
    async with trusted(item, environ) as (toolbox, _):
        told = await toolbox.run("files_environment", {}, key="k")
    assert isinstance(told, Done)
    known = json.loads(told.text)
    assert {name: value for name, value in known.items() if name not in ("LC_CTYPE", "PYTHONPATH")} == {
        "MODE": "fast", "PATH": "/usr/bin", "TOKEN": "[redacted]",
    }


async def test_a_server_that_is_down_at_the_start_keeps_nobody_waiting_and_is_found_when_it_is_up(tmp_path: Path) -> None:
    pins = MemoryPins()
    with served("http", tmp_path, add=READ) as item:
        async with trusted(item, pins=pins) as _:
            pass
    began = time.monotonic()
    async with opened(item, pins=pins) as toolbox:
        assert list(toolbox.specs()) == ["files_add"]
        assert time.monotonic() - began < 1
        down = await toolbox.run("files_add", {"a": 1, "b": 2}, key="k")
        assert isinstance(down, Failed)
        assert "The call did not leave" in down.text
        port = int(item["mcp"]["url"].rpartition(":")[2].partition("/")[0])
        again = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.tools.mcp_servers", "good", "http", str(tmp_path), str(port), cwd=ROOT, stderr=subprocess.DEVNULL,
        )
        try:
            assert await after_a_pause(lambda: toolbox.run("files_add", {"a": 1, "b": 2}, key="k")) == Done("3", taints=True)
        finally:
            again.kill()
            await again.wait()


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_change_that_the_server_tells_of_is_seen_without_a_call(tmp_path: Path, transport: str) -> None:
    with served(transport, tmp_path, add=READ, announce=READ) as item:
        async with trusted(item) as (toolbox, pins):
            assert await toolbox.run("files_add", {"a": 1, "b": 2}, key="k") == Done("3", taints=True)
            await asyncio.sleep(0.5)  # the subscription is on its way
            assert await toolbox.run("files_announce", {"text": "Add two numbers, or so."}, key="k") == Done("changed", taints=True)
            await until(lambda: "files_add" not in toolbox.specs(), 5)
        assert [tool for tool, _ in pins.seen] == ["files_add"]


async def test_calls_side_by_side_keep_their_answers_and_their_ends(tmp_path: Path) -> None:
    item = over_stdio("good", tmp_path, {"add": READ, "slow": {**WRITE, "timeout": 60}})
    async with trusted(item) as (toolbox, _):
        slow = asyncio.create_task(toolbox.run("files_slow", {"text": "cancelled"}, key="k"))
        results = await asyncio.gather(*(toolbox.run("files_add", {"a": n, "b": n}, key="k") for n in range(30)))
        assert [result.text for result in results if isinstance(result, Done)] == [str(2 * n) for n in range(30)]
        await until((tmp_path / "slow").exists)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        await until((tmp_path / "stopped").exists)


STARTER = """
import asyncio, sys
from pathlib import Path
from tests.tools.mcp_servers import MemoryPins, over_stdio
from tests.tools.sources import opened

async def main():
    async with opened(over_stdio(sys.argv[1], Path(sys.argv[2]), {"add": {}}), pins=MemoryPins()):
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["good", "mute", "deaf"])
async def test_no_process_outlives_us_however_we_end(tmp_path: Path, kind: str) -> None:
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", STARTER, kind, str(tmp_path), cwd=ROOT)
    server = await asyncio.to_thread(waited, tmp_path / "pid")
    child = await asyncio.to_thread(waited, tmp_path / "child") if kind == "deaf" else server
    starter.kill()
    await starter.wait()
    await until(lambda: not alive(server) and not alive(child), 6)


@pytest.mark.parametrize(("kind", "why"), [
    ("endless", "it wrote a line of more than 4,000,000 bytes"),
    ("chatty", "it sends more than 300 messages in 10 seconds that nobody asked for"),
    ("gone", "gone cannot be started"),
])
async def test_a_server_that_floods_is_cut_off(tmp_path: Path, kind: str, why: str) -> None:
    item = over_stdio(kind, tmp_path, {"add": READ})
    if kind == "gone":
        item["mcp"]["command"] = [str(tmp_path / "gone")]
    told = await inspected(item)
    assert isinstance(told, str)
    assert why in told
    if kind != "gone":
        await until(lambda: not alive((tmp_path / "pid").read_text()), 4)


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.mcp_inspect.PATIENCE", 1.0)
    assert await inspected(over_stdio("mute", tmp_path, {"add": READ})) == "it was not ready within 1 seconds"


async def test_errors_without_end_are_logged_in_part(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tools")
    async with opened(over_stdio("loud", tmp_path, {"add": READ}), pins=MemoryPins()):
        await until(lambda: "writes more than is logged" in caplog.text)
        await asyncio.sleep(0.2)
    assert caplog.text.count("an error that is none") < 20


async def test_http_keeps_to_the_policy_of_addresses(tmp_path: Path) -> None:
    with served("http", tmp_path, add=READ) as item:
        told = await inspected({**item, "mcp": {"url": "http://169.254.169.254/mcp"}})
        assert "link-local or metadata address" in str(told)


async def test_a_compressed_answer_is_not_read(redirecting: tuple[str, list[Any]]) -> None:
    url, _ = redirecting
    told = await inspected({"name": "files", "mcp": {"url": url.replace("/mcp", "/zip")}, "tools": {"add": READ}})
    assert told == "it answered compressed, which was not asked for"


async def test_headers_hold_secrets_by_name(redirecting: tuple[str, list[Any]]) -> None:
    url, asked = redirecting
    secret = {"Authorization": {"from_env": "FILES_TOKEN", "prefix": "Bearer "}, "X-Team": "ops"}
    item = {"name": "files", "mcp": {"url": url, "headers": secret}, "tools": {"add": READ}}
    told = await inspected(item, {"FILES_TOKEN": "hunter2-hunter2"})
    assert isinstance(told, str)
    assert "hunter2" not in told
    assert {(one["Authorization"], one["X-Team"], one.get("Cookie")) for one in asked} == {("Bearer hunter2-hunter2", "ops", None)}
    assert {one["path"] for one in asked} == {"/mcp"}  # the redirect to another origin was not followed


@pytest.fixture
async def redirecting() -> AsyncIterator[tuple[str, list[Any]]]:
    """A server that sets a cookie and redirects elsewhere; what it was asked."""
    from aiohttp import web

    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append({**request.headers, "path": request.path})
        if request.path == "/zip":
            return web.Response(body=b"x", headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})
        return web.Response(status=307, headers={"Location": f"http://localhost:{port}/elsewhere", "Set-Cookie": "a=b"})

    runner = web.AppRunner(app := web.Application())
    app.router.add_route("*", "/{path:.*}", answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/mcp", asked
    await runner.cleanup()


async def test_the_vendors_library_is_not_imported_before_a_source_is_opened() -> None:
    code = "import sys, bot.serve, bot.check, bot.commands.tool; sys.exit(any(m in sys.modules for m in ('mcp', 'mcp_types', 'httpx2')))"
    assert (await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], cwd=ROOT, check=False)).returncode == 0
