"""Logs in files: real files, read by a real process."""

import gzip
import os
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from agents.ports import Done, Failed
from tests.tools.sources import NOW, opened
from tools.log_files import LogFiles, LogsConfig
from tools.log_paths import LogFile, Unreadable
from tools.toolbox import Toolbox

HOSTILE = "(x+x+)+y"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


def logs(folder: Path, *files: str, **more: object) -> AbstractAsyncContextManager[Toolbox]:
    config = {"files": files or ("logs/*",), **{name: value for name, value in more.items() if name != "settings"}}
    return opened({"name": "l", "logs": config, "settings": more.get("settings", {})}, folder=folder)


async def told(toolbox: Toolbox, tool: str, **arguments: object) -> str:
    result = await toolbox.run(f"l_{tool}", arguments, key="k")
    assert isinstance(result, Done), result
    assert result.taints == (tool != "list")
    return result.text


async def failed(toolbox: Toolbox, tool: str, **arguments: object) -> str:
    result = await toolbox.run(f"l_{tool}", arguments, key="k")
    assert isinstance(result, Failed), result
    return result.text


def write(path: Path, *lines: str, age: float = 0) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    os.utime(path, (NOW.timestamp() - age,) * 2)
    return path


async def test_lines_are_found_by_words_and_by_expressions(folder: Path) -> None:
    write(folder / "logs" / "app.log", "09 ERROR Timeout of DB", "10 INFO timeout", "11 ERROR disk", "12 ERROR db timeout")
    async with logs(folder) as toolbox:
        found = await told(toolbox, "search", words="error TIMEOUT")
        assert found.splitlines() == ["2 lines; error 2", "The lines:", "09 ERROR Timeout of DB", "12 ERROR db timeout"]
        assert "11 ERROR disk" in await told(toolbox, "search", pattern=r"^1\d ERROR (disk|net)$")
        assert await told(toolbox, "search", words="absent") == "No line matches."
        assert "no regular expression" in await failed(toolbox, "search", pattern="(")
        assert "Write words or a pattern" in await failed(toolbox, "search", words=" ")


async def test_times_bound_a_search_and_traces_belong_to_the_line_before(folder: Path) -> None:
    write(
        folder / "logs" / "app.log", "2026-11-28 09:00:00 ERROR early", "2026-11-28 10:10:00 ERROR first", "    ERROR at Cart.pay",
        "2026-11-28 10:20:00 ERROR second", "2026-11-28 10:28:00 ERROR late",
    )  # fmt: skip
    write(folder / "logs" / "old.log", "2026-11-27 09:00:00 ERROR old", age=86_400)
    async with logs(folder, zone="Europe/Berlin") as toolbox:
        found = await told(toolbox, "search", words="error", since="25m", until="5m")
    assert found.splitlines() == [
        "3 lines from 2026-11-28T09:10:00Z to 2026-11-28T09:20:00Z; error 3", "(1 files were last written before that, and not read)",
        "The lines:", "2026-11-28 10:10:00 ERROR first", "    ERROR at Cart.pay", "2026-11-28 10:20:00 ERROR second",
    ]  # fmt: skip


async def test_lines_without_times_are_kept_and_counted(folder: Path) -> None:
    write(folder / "logs" / "app.log", "ERROR when")
    async with logs(folder) as toolbox:
        assert "(1 lines have no time that can be read" in await told(toolbox, "search", words="error", since="1h")


async def test_context_and_the_last_lines(folder: Path) -> None:
    write(folder / "logs" / "app.log", *(f"{n} {'ERROR' if n % 5 == 0 else 'info'}" for n in range(1, 21)))
    async with logs(folder) as toolbox:
        found = await told(toolbox, "search", words="error", lines=2, context=1)
    assert found.splitlines() == [
        "4 lines; error 4", "The last 2 of them:", "--", "  14 info", "15 ERROR", "  16 info", "--", "  19 info", "20 ERROR",
    ]  # fmt: skip


async def test_several_files_are_told_in_the_order_of_time(folder: Path) -> None:
    write(folder / "logs" / "a.log", "2026-11-28T09:00:00Z one", "2026-11-28T09:20:00Z three")
    write(folder / "logs" / "b.log", "2026-11-28T09:10:00Z two", age=60)
    (folder / "logs" / "b.log.1.gz").write_bytes(gzip.compress(b"2026-11-28T08:00:00Z zero\n"))
    async with logs(folder) as toolbox:
        found = await told(toolbox, "search", pattern=".")
        assert found.splitlines()[-4:] == [
            "[logs/b.log.1.gz] 2026-11-28T08:00:00Z zero", "[logs/a.log] 2026-11-28T09:00:00Z one", "[logs/b.log] 2026-11-28T09:10:00Z two",
            "[logs/a.log] 2026-11-28T09:20:00Z three",
        ]  # fmt: skip
        assert "two" not in await told(toolbox, "search", pattern=".", file="a.log")
        assert "There is no file called c*.log" in await failed(toolbox, "search", pattern=".", file="c*.log")


async def test_tail_and_list(folder: Path) -> None:
    write(folder / "logs" / "app.log", *(f"line {n}" for n in range(100)), age=60)
    write(folder / "logs" / "web.log", "x", age=3_600)
    async with logs(folder) as toolbox:
        end = await told(toolbox, "tail", lines=3)
        assert end.splitlines() == [
            "The end of logs/app.log, last written 2026-11-28T09:29:00Z:", "(1 other files match; name one to read it)", "3 lines", "",
            "line 97", "line 98", "line 99",
        ]  # fmt: skip
        assert (await told(toolbox, "list")).splitlines() == [
            "2 files, the newest first:", "logs/app.log  790 bytes, last written 2026-11-28T09:29:00Z (1m ago)",
            "logs/web.log  2 bytes, last written 2026-11-28T08:30:00Z (1h ago)",
        ]  # fmt: skip


async def test_nothing_leads_out_of_the_patterns(folder: Path) -> None:
    secret = write(folder / "secret.txt", "the password")
    inside = write(folder / "logs" / "app.log", "fine")
    (folder / "logs" / "out.log").symlink_to(secret)
    (folder / "logs" / "current.log").symlink_to(inside)
    (folder / "logs" / "up").symlink_to(folder)
    async with logs(folder, "logs/**") as toolbox:
        found = await told(toolbox, "search", pattern=".")
        assert found.splitlines()[-1] == "fine"
        assert "(logs/out.log is a link that leads out of the configured patterns, so it is not read)" in found
        assert "(logs/up is a link" in found
        assert "up/logs" not in found
        assert "password" not in found
        assert "current.log" not in found
        for file in ("../secret.txt", str(secret), "logs/../secret.txt", "out.log", "logs/up/secret.txt"):
            assert "There is no file" in await failed(toolbox, "tail", file=file)


def test_a_link_that_was_put_there_meanwhile_is_not_followed(folder: Path) -> None:
    write(folder / "logs" / "app.log", "fine")
    (folder / "other").mkdir()
    write(folder / "other" / "app.log", "the password")
    file = LogFile("logs/app.log", str(folder), "logs/app.log", 5, 0)
    with file.open() as held:
        assert held.read() == b"fine\n"
    (folder / "logs").rename(folder / "moved")
    (folder / "logs").symlink_to(folder / "other")
    with pytest.raises(Unreadable):
        file.open()
    (folder / "logs").unlink()
    (folder / "logs").mkdir()
    (folder / "logs" / "app.log").symlink_to(folder / "other" / "app.log")
    with pytest.raises(Unreadable):
        file.open()


@pytest.mark.parametrize("pattern", ["../*.log", "logs/../../x", "", "/"])
async def test_patterns_that_go_up_are_refused(folder: Path, pattern: str) -> None:
    with pytest.raises(ValidationError):
        async with logs(folder, pattern):
            raise AssertionError


async def test_what_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "logs" / "binary.log").write_bytes(b"\x7fELF\0\0\0")
    (folder / "logs" / "cut.log.gz").write_bytes(gzip.compress(b"a line\n" * 9_000)[:-20])
    os.mkfifo(folder / "logs" / "pipe.log")
    write(folder / "logs" / "good.log", "a line")
    async with logs(folder) as toolbox:
        found = await told(toolbox, "search", words="line")
    assert "(logs/binary.log is binary, no text)" in found
    assert "(logs/cut.log.gz is damaged or cut off behind its first" in found
    assert "(logs/pipe.log is no regular file)" in found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_without_the_right_to_read_it(folder: Path) -> None:
    write(folder / "logs" / "a.log", "x").chmod(0)
    async with logs(folder) as toolbox:
        assert "cannot be read: Permission denied" in await told(toolbox, "search", words="x")


async def test_huge_files_are_read_from_their_end(folder: Path) -> None:
    path = folder / "logs" / "huge.log"
    with path.open("wb") as file:
        file.write(b"first ERROR\n")
        file.truncate(3_000_000_000)  # a hole: zeros that take no room
        file.seek(3_000_000_000)
        file.write(b"\n" + b"".join(b"%d filler\n" % n for n in range(30_000)) + b"last ERROR " + b"y" * 100_000 + b"\n")
    async with logs(folder, max_bytes=200_000) as toolbox:
        found = await told(toolbox, "search", words="error")
    assert "only the last 200,000 were read" in found
    assert "1 lines" in found
    assert found.splitlines()[-1].startswith("last ERROR")
    assert len(found.splitlines()[-1]) <= 401


async def test_a_packed_file_that_unpacks_without_end_is_bounded(folder: Path) -> None:
    write(folder / "logs" / "bomb.gz").write_bytes(gzip.compress(b"a" * 20_000_000 + b"\nERROR\n", 1))
    os.utime(folder / "logs" / "bomb.gz", (NOW.timestamp(),) * 2)
    write(folder / "logs" / "older.log", "ERROR", age=3_600)
    async with logs(folder, max_bytes=1_000_000) as toolbox:
        found = await told(toolbox, "search", words="error")
    assert "bomb.gz is packed; only its first 1,000,000 bytes were read" in found
    assert "(1 older files were not read: the limit of bytes or time was met)" in found


async def test_a_hostile_expression_is_ended(folder: Path) -> None:
    write(folder / "logs" / "app.log", "x" * 200)
    files = LogFiles(LogsConfig(files=("logs/*",)), folder, lambda: NOW, seconds=0.3, patience=0.7)
    arguments = {"file": "", "pattern": HOSTILE, "words": "", "since": "", "until": "now", "lines": 5, "context": 0}
    with ended_within(4):
        result = await files.ask("search", arguments)
    assert isinstance(result, Failed)
    assert "without nested repetitions" in result.text
    assert not readers()


async def test_a_call_that_is_given_up_leaves_no_process(folder: Path) -> None:
    write(folder / "logs" / "app.log", "x" * 200)
    async with logs(folder, settings={"search": {"timeout": 1}}) as toolbox:
        with ended_within(4):
            assert "no answer within 1 seconds" in await failed(toolbox, "search", pattern=HOSTILE)
    assert not readers()


async def test_reading_that_takes_too_long_tells_what_it_has(folder: Path) -> None:
    write(folder / "logs" / "app.log", *["ERROR"] * 50_000)
    files = LogFiles(LogsConfig(files=("logs/*",)), folder, lambda: NOW, seconds=0.0)
    arguments = {"file": "", "pattern": "ERROR", "words": "", "since": "", "until": "now", "lines": 5, "context": 0}
    result = await files.ask("search", arguments)
    assert isinstance(result, Done)
    assert "not read" in result.text


async def test_the_process_knows_no_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    async with logs(folder, "/proc/self/environ") as toolbox:
        assert "sk-secret" not in str(await toolbox.run("l_search", {"pattern": "."}, key="k"))


@contextmanager
def ended_within(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


def readers() -> list[str]:
    """The processes that read logs for this one."""
    own = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"tools.log_search" in (entry / "cmdline").read_bytes():
                own += [entry.name] if f"PPid:\t{os.getpid()}" in (entry / "status").read_text() else []
        except OSError:
            continue
    return own
