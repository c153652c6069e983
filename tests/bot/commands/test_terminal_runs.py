"""The terminal without a running bot: ask, look, decide."""

import asyncio
import json
import re
from datetime import UTC, datetime

from agents.core.events import Fact, FeedbackGiven
from agents.core.ids import RunId, person
from storage.database import open_database
from storage.journal import SqlJournal
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


def test_a_run_from_the_terminal_is_stopped(countersign: Terminal) -> None:
    run_id = countersign("ask", "checkout is slow").output.split()[0]
    stopped = countersign("stop", run_id[:9])
    assert stopped.exit_code == 0, stopped.output
    assert ["Stopped: it begins nothing more." in stopped.output, "over: stopped" in stopped.output] == [True, True]
    again = countersign("stop", run_id)
    assert (again.exit_code, f"{run_id} is over already." in again.output) == (1, True)
    assert countersign("approvals").output == "Nothing waits for anybody.\n"
    reads = countersign("undo", run_id, "c1")
    assert (reads.exit_code, "query_metrics cannot be undone." in reads.output) == (1, True)
    unknown = countersign("undo", run_id, "c9")
    assert (unknown.exit_code, "has no call c9. Nothing that it did can be undone." in unknown.output) == (1, True)


def test_a_halt_outlives_the_terminal(countersign: Terminal) -> None:
    assert "works" in countersign("agents").output
    halted = countersign("halt", "triage", "--reason", "Sale.")
    assert (halted.exit_code, "It is recorded; no bot is running." in halted.output) == (0, True), halted.output
    agent, other, *_ = json.loads(countersign("agents", "--json").output)
    assert (agent["name"], agent["halt"]["reason"], "rollback_service" in agent["tools"]) == ("triage", "Sale.", True)
    assert (other["name"], other["halt"]) == ("janitor", None)
    asked = countersign("ask", "checkout is slow")
    assert asked.exit_code == 3, asked.output
    assert "has halted triage. It goes on after: countersign resume triage" in asked.output
    assert (countersign("halt", "triage").exit_code, countersign("resume").exit_code) == (1, 1)
    assert "There is no agent traige. There is: triage, janitor, pipeline." in countersign("halt", "traige").output
    resumed = countersign("resume", "triage")
    assert (resumed.exit_code, "triage goes on." in resumed.output) == (0, True)
    control = json.loads(countersign("show", "control", "--json").output)
    assert ([event["event"]["kind"] for event in control["events"]], control["halts"]) == (["halted", "resumed"], {})


def test_what_is_wrong_with_a_decision_is_said(countersign: Terminal) -> None:
    run_id = countersign("ask", "checkout is slow").output.split()[0]
    wrong = {
        ("approve", run_id, "--any", "reason"): "Add --for or --uses",
        ("approve", run_id, "--for", "8d"): "8d is too long: a grant holds for 7d at most.",
        ("approve", run_id, "--for", "soon"): "'soon' is no length of time",
        ("approve", run_id, "--uses", "0"): "--uses",
        ("approve", run_id, "--uses", "2", "--any", "raeson"): 'has no argument raeson here; did you mean "reason"?',
        ("edit", run_id): "Say what to change",
        ("edit", run_id, "--arg", "reason"): "'reason' is not NAME=VALUE",
        ("spend", "--since", "yesterday"): "no length of time",
    }
    for command, said in wrong.items():
        result = countersign(*command)
        assert (result.exit_code, said in result.output) == (2, True), (command, result.output)
    for name in ("revoke", "stop"):
        result = countersign(name, "zzz")
        assert (result.exit_code, "There is no" in result.output) == (1, True)
    own = countersign("edit", run_id, "--arg", "reason=another one")
    assert (own.exit_code, "somebody else has to countersign it" in own.output) == (1, True)


def test_figures_and_pages(countersign: Terminal) -> None:
    run_ids = [countersign("ask", f"checkout is slow {n}").output.split()[0] for n in range(2)]
    first = countersign("runs", "--limit", "1")
    assert (run_ids[1] in first.output, "There is more: add --before" in first.output) == (True, True)
    behind = countersign("runs", "--limit", "1", "--before", first.output.split()[-1])
    assert (run_ids[0] in behind.output, "There is more" in behind.output) == (True, False)
    assert countersign("runs", "--before", "1").output == "No more runs.\n"
    (used,) = json.loads(countersign("spend", "--json").output)
    assert (used["agent"], used["runs"], used["steps"]) == ("triage", 2, 4)
    assert used["today"] == {"spent": used["today"]["spent"], "most": 50, "raised_by": ""}
    assert abs(used["today"]["spent"] - used["cost"]) < 1e-6
    told = countersign("spend", "--since", "1h").output
    assert "triage  2     4" in told
    assert f"triage has spent ${used['cost']:.2f} of $50.00 today (UTC)." in told
    assert countersign("labels").output == "Nobody has said anything of a run yet.\n"
    assert countersign("grants", "--all").output == "No grant was ever given.\n"
    assert countersign("show", "control").output == "Nobody has halted anything or taken a grant back yet.\n"


def test_labels_are_cases(countersign: Terminal) -> None:
    run_id = countersign("ask", "checkout is slow").output.split()[0]

    async def judge() -> None:
        async with open_database(countersign.environment["DATABASE_URL"]) as database:
            journal = SqlJournal(database)
            seq = len(await journal.read(RunId(run_id)))
            bad = Fact(FeedbackGiven("Dana", False, "It was\nsearch."), person("T1", "U1"), datetime.now(UTC))
            await journal.append(RunId(run_id), [bad], after=seq, agent="triage")

    asyncio.run(judge())
    listed = countersign("labels", "--agent", "triage").output
    assert ["bad" in listed, "It was search." in listed] == [True, True]
    (line,) = countersign("labels", "--json").output.splitlines()
    case = json.loads(line)
    assert (case["run_id"], case["good"], case["note"], case["by"]) == (run_id, False, "It was\nsearch.", "T1/U1")
    assert (case["asked"], case["outcome"]) == (["checkout is slow"], None)
    assert [call["tool"] for call in case["calls"]][-1] == "rollback_service"
    assert countersign("labels", "--agent", "other", "--json").output == ""
