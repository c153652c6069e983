"""`countersign inbox`, with and without a running bot."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from agents.ports import Delivery
from storage.database import open_database
from storage.inbox import SqlInbox
from tests.bot.commands.conftest import Terminal


async def _parked() -> None:
    async with open_database("sqlite:///c.db") as database:
        inbox = SqlInbox(database)
        for number in (1, 2):
            await inbox.receive(Delivery(f"alerts:{number}", "webhook", {"n": number}, datetime.now(UTC) - timedelta(hours=2)))
            await inbox.failed(f"alerts:{number}", "KeyError: 'labels'", times=5)
            await inbox.park(f"alerts:{number}", datetime.now(UTC))


def test_what_is_parked_is_listed_replayed_and_dropped_without_a_bot(countersign: Terminal) -> None:
    asyncio.run(_parked())
    listed = countersign("inbox")
    assert listed.exit_code == 0, listed.output
    assert [word in listed.output for word in ("parked", "webhook", "2h", "alerts:1", "KeyError: 'labels'")] == [True] * 5
    replayed = countersign("inbox", "replay", "1")
    assert (replayed.exit_code, "Delivery 1 is tried again.\nIt is recorded; no bot is running." in replayed.output) == (0, True)
    dropped = countersign("inbox", "drop", "2")
    assert (dropped.exit_code, "Delivery 2 is dropped" in dropped.output) == (0, True)
    (left,) = json.loads(countersign("inbox", "--json").output)
    assert (left["number"], left["attempts"], left["parked_at"]) == (1, 0, None)
    again = countersign("inbox", "drop", "2")
    assert (again.exit_code, "There is no delivery 2 that waits" in again.output) == (1, True)
    told = countersign("show", "control").output
    assert "had the delivery alerts:1 tried again" in told
    assert "dropped the delivery alerts:2" in told


def test_a_running_bot_does_it(countersign: Terminal) -> None:
    asyncio.run(_parked())
    with countersign.bot():
        assert "Delivery 1 is dropped" in countersign("inbox", "drop", "1").output
        assert [one["number"] for one in json.loads(countersign("inbox", "--json").output)] == [2]
