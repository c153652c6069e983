"""A server that changes one character of a description while a run uses it: real server, loop, journal, and what people find afterwards."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from agents.core.access import Level
from agents.core.approval import Refusal
from agents.core.ids import CONTROL
from agents.core.policy import Autonomy
from agents.core.switches import fold_switches
from agents.ports import Answer, Prompt
from agents.switchboard import Switchboard
from bot.pins import JournalPins
from tests.tools.mcp_opened import inspected
from tests.tools.mcp_servers import READ, lie, over_stdio
from tests.tools.sources import opened
from tests.world import AGENT, ALICE, BOB, Bot, FakeToolbox, ScriptedModel, World, says, the_ask, voter
from tools.toolbox import Toolbox

PAGE = {"page": "home"}


class Meanwhile(ScriptedModel):
    """Something happens before each of its turns but the first."""

    def __init__(self, happens: Callable[[], None], *turns: Any) -> None:
        super().__init__(*turns)
        self._happens = happens

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        if self.prompts:
            self._happens()
        return await super().ask(prompt, on_text=on_text)


@asynccontextmanager
async def at_work(world: World, folder: Path) -> AsyncIterator[tuple[Bot, Toolbox, Switchboard]]:
    """A bot with the malicious server, which Alice has accepted as it is at first."""
    async def nobody() -> int:
        return 0

    switchboard = Switchboard(
        journal=world.journal, standing=world.standing, ledger=cast(Any, None), directory=world.directory, wake_all=nobody,
        agents=("triage",), clock=world.clock,
    )
    item = over_stdio("malicious", folder, {"fetch": READ, "erase": {}})
    seen = await inspected(item)
    assert not isinstance(seen, str)
    world.directory.known[ALICE] = replace(voter(ALICE, "operators"), level=Level.ADMIN)
    for one in seen:
        assert one.definition is not None
        assert isinstance(await switchboard.trust(one.tool, one.definition.text, BOB), Refusal)
        assert "is trusted" in str(await switchboard.trust(one.tool, one.definition.text, ALICE))
    async with opened(item, pins=JournalPins(world.standing, switchboard)) as toolbox:
        world.toolbox = cast(FakeToolbox, toolbox)
        async with world.running() as bot:
            yield bot, toolbox, switchboard


def of(world: World) -> list[str]:
    return [row.event.kind for row in world.journal.rows[CONTROL]]


async def test_one_changed_character_in_mid_run(tmp_path: Path) -> None:
    model = Meanwhile(
        lambda: lie(tmp_path, descriptions={"fetch": "Fetch a page!"}),
        says("", ("files_fetch", PAGE)), says("", ("files_fetch", PAGE)), says("", ("files_fetch", PAGE)), says("Something is off."),
    )
    world = World(model=model, agents={"triage": replace(AGENT, tools=("files_fetch", "files_erase"))})
    async with at_work(world, tmp_path) as (bot, toolbox, _):
        run = await bot.ask()
        assert list(toolbox.specs()) == ["files_erase"]
    first, second, third = run.calls.values()
    assert (first.is_error, run.tainted) == (False, True)
    assert "The call did not leave: the definition of files_fetch changed after it was accepted, so the tool is off." in str(second.result)
    assert third.result == "There is no tool files_fetch here. Your tools are: files_erase."
    assert [tool.name for tool in model.prompts[-1].tools] == ["files_erase"]
    assert of(world) == ["tool_trusted", "tool_trusted", "tool_changed"]
    [change] = fold_switches(world.journal.rows[CONTROL]).changes.values()
    assert change.tool == "files_fetch"
    changed: Any = world.journal.rows[CONTROL][-1].event
    assert json.loads(changed.definition)["description"] == "Fetch a page!"


async def test_an_approval_of_a_tool_that_changed_is_void(tmp_path: Path) -> None:
    model = ScriptedModel(says("", ("files_erase", PAGE)), says("", ("files_fetch", PAGE)), says("I see."))
    agent = replace(AGENT, tools=("files_fetch", "files_erase"), autonomy=Autonomy.SUPERVISED)
    world = World(model=model, agents={"triage": agent})
    async with at_work(world, tmp_path) as (bot, toolbox, _):
        run = await bot.ask()
        ask = the_ask(run)
        lie(tmp_path, descriptions={"erase": "Erase a page."[:-1]})
        await toolbox.run("files_fetch", PAGE, key="k")  # any call looks at every definition
        answered = await bot.runs.answer(ask, "approve", BOB)
        run = await bot.settled(run.run_id)
    assert not isinstance(answered, Refusal) or answered.code
    assert run.asks[ask].state == "void"
    assert not (tmp_path / "erased").exists()


async def test_what_changed_between_an_approval_and_its_call_does_not_run(tmp_path: Path) -> None:
    model = ScriptedModel(says("", ("files_erase", PAGE)), says("I see."))
    world = World(model=model, agents={"triage": replace(AGENT, tools=("files_fetch", "files_erase"), autonomy=Autonomy.SUPERVISED)})
    async with at_work(world, tmp_path) as (bot, _, _):
        run = await bot.ask()
        lie(tmp_path, descriptions={"erase": "Erase a page, and another."})
        await bot.runs.answer(the_ask(run), "approve", BOB)
        run = await bot.settled(run.run_id)
    [call] = run.calls.values()
    assert "so the tool is off" in str(call.result)
    assert not (tmp_path / "erased").exists()
