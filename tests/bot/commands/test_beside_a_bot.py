"""The terminal beside a running bot, over the control socket, in real processes."""

import json
from pathlib import Path

from tests.bot.commands.conftest import Terminal


def reported(countersign: Terminal) -> str:
    """Dana reports trouble in Slack; the question that comes of it."""
    countersign.page("POST", "post", json={"user": "U01DANA", "channel": "C01INCIDENTS", "text": "@countersign checkout is slow"})

    def asked() -> str | None:
        result = countersign("approvals", "--json")
        asks = json.loads(result.output) if result.exit_code == 0 else []
        return asks[0]["ask_id"] if asks else None

    return str(countersign.until(asked))


def test_an_operator_at_the_terminal_approves_what_was_asked_in_slack(countersign: Terminal) -> None:
    with countersign.bot():
        ask = reported(countersign)
        assert countersign.rollbacks() == 0
        approved = countersign("approve", ask)
        assert (approved.exit_code, approved.output) == (0, "Approved. It runs now.\n")
        countersign.until(countersign.rollbacks)
        again = countersign("approve", ask)
        assert (again.exit_code, "This was already decided: granted by" in again.output) == (1, True)
        events = json.loads(countersign("audit", "--run", ask.partition(".")[0], "--json").output)["events"]
        refused = next(row for row in events if row["event"]["kind"] == "click_refused")
        assert refused["actor"].startswith("local/")
        handed_over = countersign("ask", "--no-wait", "is checkout healthy?")
        assert (handed_over.exit_code, "in the running bot" in handed_over.output) == (0, True)
    assert not Path("c.db.sock").exists()


def test_a_decision_without_a_bot_is_recorded_and_drives_nothing(countersign: Terminal) -> None:
    with countersign.bot() as bot:
        ask = reported(countersign)
        bot.kill()
        bot.wait()
    assert Path("c.db.sock").exists()
    approved = countersign("approve", ask)
    assert approved.exit_code == 0, approved.output
    assert "It is recorded, and the run goes on when the bot runs" in approved.output
    assert countersign.rollbacks() == 0
    with countersign.bot():
        countersign.until(countersign.rollbacks)


def test_an_operator_at_the_terminal_edits_halts_grants_and_takes_back(countersign: Terminal) -> None:
    with countersign.bot():
        ask = reported(countersign)
        edited = countersign("edit", ask, "--arg", "reason=Slow since the deploy of this morning.")
        assert (edited.exit_code, edited.output) == (0, "Changed. It did not run: a new card asks about the changed call.\n")

        def asked_anew() -> str | None:
            asks = json.loads(countersign("approvals", "--json").output)
            return asks[0]["ask_id"] if asks and asks[0]["ask_id"] != ask else None

        second = countersign.until(asked_anew)
        assert "changed it\n  {\n    \"reason\": \"Slow since the deploy of this morning.\"," in countersign("approvals").output

        halted = countersign("halt", "--reason", "Sale.")
        assert (halted.exit_code, halted.output.startswith("Every agent is halted")) == (0, True), halted.output
        assert "halted by" in countersign("agents").output
        refused = countersign("approve", second)
        assert (refused.exit_code, "has halted every agent" in refused.output) == (1, True)
        assert "Every agent goes on." in countersign("resume").output

        granted = countersign("approve", second, "--for", "30m", "--uses", "3", "--any", "reason")
        assert granted.exit_code == 0, granted.output
        assert 'with service = "checkout", to_version = ' in granted.output
        assert "; any reason:" in granted.output
        assert "calls like it run without asking up to 3 times" in granted.output
        countersign.until(countersign.rollbacks)
        (grant,) = json.loads(countersign("grants", "--json").output)
        assert (grant["left"], grant["uses"], sorted(grant["arguments"])) == (3, 3, ["service", "to_version"])
        assert "3 of 3" in countersign("grants").output
        assert "Taken back: from now on rollback_service asks again." in countersign("revoke", ask.partition(".")[0]).output
        assert countersign("grants").output.startswith("No grant holds.")
        assert "taken back by" in countersign("grants", "--all").output
        control = countersign("show", "control").output
        assert ["halted every agent: Sale." in control, "took back the grant" in control] == [True, True]
        assert "took back the grant" in countersign("audit", "--run", "control").output


def test_a_run_of_slack_is_stopped_where_no_bot_runs_and_ends_when_one_does(countersign: Terminal) -> None:
    with countersign.bot() as bot:
        ask = reported(countersign)
        bot.kill()
        bot.wait()
    stopped = countersign("stop", ask.partition(".")[0], "--take-over")
    assert stopped.exit_code == 0, stopped.output
    assert "It is recorded, and the run goes on when the bot runs" in stopped.output
    assert countersign("approvals").output == "Nothing waits for anybody.\n"
    assert countersign("approve", ask).exit_code == 1
    with countersign.bot():
        countersign.until(lambda: json.loads(countersign("runs", "--json").output)[0]["outcome"] == "handed over")
    assert countersign.rollbacks() == 0
