"""The examples of docs/api.md do what the page says."""

import asyncio
import json
import os
import shutil

import pytest

from agents.core.ids import CONTROL
from tests.bot.http.clients import SECRETS, served
from tests.test_docs import ROOT, blocks
from tests.world import ScriptedModel, World, says

PAGE = ROOT / "docs" / "api.md"
WRITES = says("", ("write", {"service": "checkout"}))


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_the_examples_work() -> None:
    async with served(World(model=ScriptedModel(WRITES, says("It is done.")))) as api:
        told = {"URL": api.url, "TOKEN": SECRETS["operator"], "APPROVER": SECRETS["approver"], "ADMIN": SECRETS["admin"]}
        for line, block in ((line, block) for line, block in blocks(PAGE, "sh") if "curl" in block):
            over = "/stop" in block  # it is answered with 409, because the run is over by then
            said = await output(block if over else block.replace("curl ", "curl --fail-with-body "), told, f"{PAGE.name}:{line}")
            if "/events" in block:
                assert "\nid: 4\n" in said
                assert said.rstrip().rpartition("event: ")[2].startswith("run_finished")
                continue
            answer = json.loads(said)
            assert (answer.get("status") == 409) == over
            if "RUN" not in told:
                told |= {"RUN": answer["id"], "ASK": answer["gates"][0]["id"]}
        assert api.world.toolbox.effects
        assert {row.event.kind for row in api.world.journal.rows[CONTROL]} >= {"halted", "resumed"}


async def output(command: str, environment: dict[str, str], where: str) -> str:
    """What a command of the page prints."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ, **environment}
    )
    said = (await asyncio.wait_for(process.communicate(), 20))[0].decode()
    assert process.returncode == 0, f"{where} {said}"
    return said
