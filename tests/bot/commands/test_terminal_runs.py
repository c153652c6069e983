"""The terminal without a running bot: ask, look, decide."""

import json
import re

from tests.bot.commands.conftest import Terminal


def test_a_run_from_the_terminal_waits_is_denied_and_ends(countersign: Terminal) -> None:
    asked = countersign("ask", "checkout is slow, customers are complaining")
    assert asked.exit_code == 3, asked.output
    assert "in this process, no bot is running" in asked.output
    assert "judged: ask by" in asked.output
    run_id = re.search(r"run-\w+", asked.output)
    assert run_id is not None
    assert f"countersign approve {run_id[0]}.a1" in asked.output

    own = countersign("approve", run_id[0][:9])
    assert own.exit_code == 1
    assert "You asked for this, so somebody else has to countersign it." in own.output
    waiting = countersign("approvals")
    assert "rollback_service" in waiting.output
    assert re.search(r"expires in (4h|3h 59m)", waiting.output)

    denied = countersign("deny", run_id[0], "--reason", "not now")
    assert denied.exit_code == 0, denied.output
    assert "denied rollback_service: not now" in denied.output
    assert countersign.rollbacks() == 0
    assert countersign("approvals").output == "Nothing waits for anybody.\n"
    again = countersign("deny", f"{run_id[0]}.a1", "--reason", "twice")
    assert (again.exit_code, "already decided: denied by" in again.output) == (1, True)


def test_runs_can_be_listed_shown_and_searched(countersign: Terminal) -> None:
    run_id = countersign("ask", "checkout is slow").output.split()[0]
    listed = json.loads(countersign("runs", "--json").output)
    assert [(run["run_id"], run["open_asks"], run["actor"].startswith("local/")) for run in listed] == [(run_id, 1, True)]
    assert run_id in countersign("runs", "--open").output
    shown = countersign("show", run_id.removeprefix("run-")[:4])
    assert shown.exit_code == 0
    assert "asked triage (terminal): checkout is slow" in shown.output
    assert "model asked" not in shown.output
    assert "model asked, step 1, tier smart" in countersign("show", run_id, "--full").output
    events = json.loads(countersign("show", run_id, "--json").output)["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    found = countersign("audit", "--tool", "rollback_service", "--since", "1h", "--run", run_id)
    assert "judged: ask by “partial autonomy, high risk” (risk high, effect internal)" in found.output
    page = json.loads(countersign("audit", "--limit", "1", "--json").output)
    assert len(page["events"]) == 1
    assert page["next"] is not None
    assert countersign("audit", "--user", "U0NOBODY").output == "Nothing of that kind happened.\n"


def test_what_does_not_exist_is_named(countersign: Terminal) -> None:
    assert "There is no database at" in countersign("runs").output
    assert countersign("ask", "checkout is slow").exit_code == 3
    for command in (("show", "zzz"), ("approve", "zzz"), ("approve", "zzz.a1")):
        result = countersign(*command)
        assert (result.exit_code, "There is no run zzz." in result.output) == (1, True)
    run_id = countersign("runs", "--json")
    ask = json.loads(run_id.output)[0]["run_id"] + ".a7"
    assert "names no question. Questions of this run:" in countersign("approve", ask).output
    assert countersign("ask", "--agent", "traige", "hello").exit_code == 1
    assert countersign("ask", "--no-wait", "hello").exit_code == 2
    assert countersign("ask", "  ").exit_code == 2
    assert countersign("audit", "--since", "yesterday").exit_code == 2
    assert countersign("answer", ask, "perhaps").exit_code == 2
