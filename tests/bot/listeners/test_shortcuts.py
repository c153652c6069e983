"""“Triage this” on messages of all kinds."""

from dataclasses import replace

import aiohttp

from agents.core.trigger import Source
from bot.sandbox.app import Sandbox, running
from bot.sandbox.seed import acme
from tests.bot.listeners.asking import ops
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Json, Page

ALERTS = "C01ALERTS"


async def pick(bot: Office, ts: str, user: str = "U01ALICE", channel: str = INCIDENTS) -> str:
    """Pick a message; what the picker alone is told."""
    before = len([one for one in await bot.page.messages(user, channel) if one["ephemeral"]])
    await bot.page.act("shortcut", user=user, callback_id="triage_this", channel=channel, ts=ts)

    async def told() -> Json | None:
        new = [one for one in await bot.page.messages(user, channel) if one["ephemeral"]][before:]
        return new[0] if new else None

    return str((await eventually(told))["text"])


async def test_a_message_is_looked_into_in_its_thread(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await page.say("checkout is slow\nis it the deploy, @bob?")
        assert "triage looks into it. It answers <https://acme.slack.com/archives/" in await pick(bot, ts)
        await bot.said(ts, "Done.")
        run = await bot.run()
        assert run.text == "Look into this message of Dana Reyes:\n\n> checkout is slow\n> is it the deploy, @Bob Lindqvist?"
        assert (run.trigger.source, run.trigger.actor, run.tainted) == (Source.SHORTCUT, "T01SANDBOX/U01ALICE", False)
        await bot.dispatcher.settled()
        assert "has been given this message before" in await pick(bot, ts, "U01BOB")
        assert len(bot.kept.journal.rows) == 1


async def test_what_outsiders_wrote_or_picked_taints(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        alert = (await page.act("post", user="U01GRAFANA", channel=ALERTS, text="", blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": "disk full"}}
        ]))["ts"]
        await pick(bot, alert, channel=ALERTS)
        run = await bot.run()
        assert (run.tainted, run.text) == (True, "Look into this message of Grafana:\n\n> disk full")
        await pick(bot, await page.say("hello", "U01GUS"))
        assert (await bot.run()).tainted
        await pick(bot, await page.say("mine"), "U01GUS")
        assert (await bot.run()).tainted


async def test_where_the_bot_is_not_it_says_how_to_invite_it() -> None:
    workspace = acme()
    general = workspace.channels["C01GENERAL"]
    workspace.channels["C01GENERAL"] = replace(general, members=("U01DANA", "U01ALICE"))
    async with (
        running(workspace=workspace) as sandbox, aiohttp.ClientSession() as session,
        office(sandbox, Page(session, sandbox.url)) as bot,
    ):
        ts = await bot.page.say("look!", channel="C01GENERAL")
        assert "Invite it with `/invite`" in await pick(bot, ts, channel="C01GENERAL")
        assert bot.kept.journal.rows == {}


async def test_a_message_in_a_thread_and_one_that_nobody_is_there_for(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(channels={"#incidents": "triage"})) as bot:
        ts = await page.say("a thread")
        reply = await page.say("in it", thread_ts=ts)
        await bot.page.act("shortcut", user="U01ALICE", callback_id="triage_this", channel=INCIDENTS, ts=reply)
        await bot.said(ts, "Done.")
        run = await bot.run()
        assert run.trigger.place
        assert (run.trigger.place.thread_ts, run.text.endswith("> in it")) == (ts, True)
        assert "looks into it" in await pick(bot, await page.say("elsewhere", channel="C01GENERAL"), channel="C01GENERAL")


async def test_a_halted_agent_says_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await ops(bot, "halt")
        assert "has halted every agent" in await pick(bot, await page.say("look"))


async def test_other_shortcuts_are_nobody_s(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await page.act("shortcut", user="U01ALICE", callback_id="another", channel=INCIDENTS, ts=await page.say("x"))
        await page.act("shortcut", user="U01ALICE", callback_id="global")
        await bot.said(await bot.mention(), "Done.")
        assert len(bot.kept.journal.rows) == 1
