"""`countersign schedules`, with a bot and without one."""

import json
from pathlib import Path

import pytest

from tests.bot.commands.conftest import Terminal

SCHEDULES = """
schedules:
  - {name: nightly, cron: "30 2 * * *", zone: Europe/Berlin, agent: triage, channel: "#incidents", prompt: Report.}
  - {name: by-hand, every: 1d, agent: triage, prompt: "How are all services?", enabled: false}
"""


@pytest.fixture
def terminal(countersign: Terminal) -> Terminal:
    """The command line with some schedules."""
    text = Path(countersign.environment["COUNTERSIGN_CONFIG"]).read_text(encoding="utf-8")
    Path("countersign.yaml").write_text(text + SCHEDULES, encoding="utf-8")
    Path("runbooks").mkdir()
    countersign.environment["COUNTERSIGN_CONFIG"] = "countersign.yaml"
    return countersign


def test_without_a_bot_they_are_listed_and_what_is_done_is_kept(terminal: Terminal) -> None:
    listed = terminal("schedules")
    assert listed.exit_code == 0, listed.output
    assert "nightly   30 2 * * * (Europe/Berlin)  next " in listed.output
    assert "switched off in the configuration" in listed.output
    coming = terminal("schedules", "--next", "3").output.splitlines()
    assert len(coming) == 7
    assert "02:30 CE" in coming[1]
    paused = terminal("schedules", "pause", "nightly")
    assert (paused.exit_code, "It is recorded; no bot is running." in paused.output) == (0, True)
    assert "paused by" in terminal("schedules").output
    again = terminal("schedules", "pause", "nightly")
    assert (again.exit_code, "nightly is paused already." in again.output) == (1, True)
    one, _ = json.loads(terminal("schedules", "--json").output)
    assert (one["name"], one["paused"], one["next"]) == ("nightly", True, None)
    assert terminal("schedules", "resume", "nightly").exit_code == 0
    told = terminal("show", "control").output
    assert "paused the schedule nightly" in told


def test_mistakes(terminal: Terminal) -> None:
    assert terminal("schedules", "run").exit_code == 2
    unknown = terminal("schedules", "run", "weekly")
    assert (unknown.exit_code, "There is no schedule weekly. There is: nightly, by-hand." in unknown.output) == (1, True)
    assert "is not one of 'pause', 'resume', 'run'" in terminal("schedules", "stop", "nightly").output
    checked = terminal("check", "--json")
    found = {one["name"]: one for one in json.loads(checked.stdout)}
    assert found["schedule nightly"]["text"].startswith("30 2 * * * (Europe/Berlin): ")
    assert found["channel #incidents"]["text"] == "triage works there; nightly speaks there"


def test_beside_a_bot_it_runs_now(terminal: Terminal) -> None:
    with terminal.bot():
        done = terminal("schedules", "run", "by-hand")
        assert (done.exit_code, done.output) == (0, "by-hand runs now, whatever its times are.\n")

        def over() -> str | None:
            by_hand = json.loads(terminal("schedules", "--json").output)[1]
            return by_hand["run_id"] if by_hand["outcome"] == "answered" else None

        run_id = terminal.until(over)
    assert run_id in terminal("runs").output
