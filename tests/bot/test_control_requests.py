"""Programs are let in and shut out over the control socket."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.core.errors import NotFound
from agents.core.events import TokenMade
from bot.control import ControlClient, local_user, serve_control
from tests.bot.controlled import FakeMailroom, FakeRuns, FakeSwitches


async def test_programs_are_let_in_and_shut_out(tmp_path: Path) -> None:
    path, switches = tmp_path / "c.db.sock", FakeSwitches()
    async with serve_control(path, FakeRuns(), switches, ["triage"], mailroom=FakeMailroom()):
        bot = await ControlClient.reach(path)
        assert bot is not None
        made = TokenMade("ci", "0" * 64, "viewer", "", ("triage",), datetime(2026, 12, 1, tzinfo=UTC))
        assert await bot.let_in(made) == "It is let in."
        assert switches.switched == [("let in", "ci", "0" * 64, local_user())]
        with pytest.raises(NotFound, match="no token ci"):
            await bot.shut_out("ci")
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do": "let_in", "token": {"token": "ci"}}\n')
        assert b"a token that is none" in await reader.readline()
        writer.close()
        await writer.wait_closed()
