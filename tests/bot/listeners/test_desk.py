"""Nothing that arrived is lost, and nothing is done twice."""

import pytest

from agents.ports import Delivery
from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, eventually, now, office
from tests.bot.sandbox.acting import Page


async def test_one_event_that_is_delivered_again_and_again_is_one_run(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await page.act("faults", redelivery_seconds=0.05, drop_acks=4, duplicate_events=2)
        ts = await bot.mention()
        await bot.said(ts, "Done.")

        async def dealt_with() -> bool | None:
            return (bool(bot.kept.inbox.kept) and not await bot.kept.inbox.pending()) or None

        await eventually(dealt_with)
        assert len(bot.kept.journal.rows) == 1
        assert len([m for m in await page.thread(ts) if "Done." in str(m["blocks"])]) == 1


async def test_what_cannot_be_written_down_is_not_acked_and_comes_again(
    sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(sandbox, page) as bot:
        await page.act("faults", redelivery_seconds=0.05, ack_seconds=0.2)
        bot.kept.inbox.broken = True
        ts = await bot.mention()

        async def failed() -> bool | None:
            return "The disk is full" in caplog.text or None

        await eventually(failed)
        assert bot.kept.journal.rows == {}
        bot.kept.inbox.broken = False
        await bot.said(ts, "Done.")
        assert len(bot.kept.journal.rows) == 1


async def test_what_a_crash_left_in_the_inbox_is_handled_at_the_next_start(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.said(ts, "Done.")
        body = (await page.thread(ts))[0]
    event = {"type": "app_mention", "user": "U01BOB", "text": "<@U01BOT> left behind", "ts": body["ts"], "channel": body["channel"]}
    lost = {"type": "event_callback", "team_id": "T01SANDBOX", "event_id": "EvLOST", "event": event}
    kept.journal.rows.clear()
    kept.inbox.kept["T01SANDBOX:event:EvLOST"] = Delivery("T01SANDBOX:event:EvLOST", "event", lost, now())
    async with office(sandbox, page, kept) as bot:
        assert (await bot.run()).text == "left behind"
        assert await kept.inbox.pending() == ()
        await bot.dispatcher.settled()


async def test_a_click_that_a_crash_left_behind_decides_after_the_start(sandbox: Sandbox, page: Page) -> None:
    kept = wants()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        ask = next(b for b in card["blocks"] if b["type"] == "actions")["elements"][0]["value"]
    click = {
        "type": "block_actions", "team": {"id": "T01SANDBOX"}, "user": {"id": "U01ALICE", "team_id": "T01SANDBOX"}, "trigger_id": "old",
        "channel": {"id": card["channel"]}, "container": {"thread_ts": ts},
        "actions": [{"action_id": "approve", "value": ask, "action_ts": "1.1"}],
    }
    for name in ("approve", "deny"):
        body = {**click, "actions": [{"action_id": name, "value": ask, "action_ts": f"1.{name}"}]}
        kept.inbox.kept[name] = Delivery(name, "action", body, now())
    async with office(sandbox, page, kept) as bot:
        await bot.card(ts, "Approved")
        await bot.said(ts, "could not be opened in time", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        assert len(kept.toolbox.effects) == 1


async def test_what_breaks_is_kept_told_and_logged(sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    kept = wants()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        rows, kept.journal.rows = kept.journal.rows, None  # type: ignore[assignment]  # a journal that is broken
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "Something went wrong here", "U01ALICE")
        assert "could not be handled" in caplog.text
        kept.journal.rows = rows
        assert len(await kept.inbox.pending()) == 1
    async with office(sandbox, page, kept) as bot:
        await bot.card(ts, "Approved")
        assert await kept.inbox.pending() == ()
        await bot.dispatcher.settled()
