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
        refused = json.loads(countersign("audit", "--run", ask.partition(".")[0], "--json").output)["events"][0]
        assert refused["event"]["kind"] == "click_refused"
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
