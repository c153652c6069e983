"""The API against its own description: whatever is sent, nothing breaks, and what comes back is what was described."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.bot.http.clients import SECRETS, served
from tests.world import ScriptedModel, World, says

EXAMPLES = 4
"""For each operation; what lies at its boundaries is tried beside."""


CONFIG = """
[parameters]
ask_id = "{ask}"
[[operations]]
include-name = "POST /v1/approvals/{{ask_id}}"
[operations.checks]
positive_data_acceptance.expected-statuses = ["2xx", "403", "409", "422"]
"""
"""A question that there is. Whether the arguments of a decision fit depends on its call, so the description cannot say it."""


@pytest.mark.slow
async def test_nothing_that_is_sent_breaks_it_and_every_answer_is_as_described(tmp_path: Path) -> None:
    async with served(World(model=ScriptedModel(says("", ("write", {"service": "checkout"}))))) as api:
        _, run = await api.call("POST", "/v1/runs", "operator", {"agent": "triage", "prompt": "Do it.", "wait": 5})
        config = tmp_path / "schemathesis.toml"
        config.write_text(CONFIG.format(ask=run["gates"][0]["id"]), encoding="utf-8")
        command = (
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{api.url}/openapi.json",
            "--header", f"Authorization: Bearer {SECRETS['admin']}", "--include-path-regex", "^/(v1|healthz)",
            "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES), "--seed", "4711",
            "--generation-database", "none", "--request-timeout", "10", "--continue-on-failure", "--no-color", "--checks", "all",
        )
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
