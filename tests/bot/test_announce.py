"""Channels are told of a halt where something waits, once, and of its end in the same message; also across crashes."""

from dataclasses import replace

import aiohttp

from agents.core.ids import CONTROL, person
from bot.sandbox.app import Sandbox, running
from bot.sandbox.seed import acme
from tests.bot.listeners.asking import ops
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.world import ScriptedModel, says

TEAM = "T01SANDBOX"
LEADS = "C01OPSLEADS"
ALICE = person(TEAM, "U01ALICE")


def asks(times: int = 2) -> Kept:
    """Each run wants one call that needs a countersignature."""
    return Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(times))))


async def told(bot: Office, channel: str = INCIDENTS, user: str = "U01ALICE") -> list[Json]:
    """The messages of the bot in the channel itself that everybody sees."""
    return [one for one in await bot.page.messages(user, channel) if one["user"] == "U01BOT" and not one["ephemeral"]]


async def test_each_channel_where_something_waits_is_told_once(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, asks()) as bot:
        await bot.card(await bot.mention())
        await bot.card(await bot.mention(user="U01ALICE", channel=LEADS), user="U01ALICE", channel=LEADS)
        await ops(bot, "halt triage because of <!channel>")
        await bot.front.announcer.catch_up()
        await bot.front.announcer.catch_up()
        for channel in (INCIDENTS, LEADS):
            [message] = await told(bot, channel)
            assert "*Alice Moreau has halted triage*" in message["text"]
            assert "of <!channel>" in str(message["blocks"][1])
            assert "`/ops resume triage`" in str(message["blocks"])
        assert await told(bot, "C01GENERAL") == []
        await ops(bot, "resume triage", "U01BOB")
        await bot.front.announcer.catch_up()
        for channel in (INCIDENTS, LEADS):
            [message] = await told(bot, channel)
            assert "*Bob Lindqvist has resumed triage*" in message["text"]
            assert "Alice Moreau had halted it" in str(message["blocks"])
        calls = len(await bot.calls("chat.update"))
        await bot.front.announcer.catch_up()
        assert len(await bot.calls("chat.update")) == calls


async def test_a_second_halt_is_told_anew(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, asks(1)) as bot:
        await bot.card(await bot.mention())
        for _ in range(2):
            await ops(bot, "halt")
            await bot.front.announcer.catch_up()
            await ops(bot, "resume")
            await bot.front.announcer.catch_up()
        assert ["resumed every agent" in one["text"] for one in await told(bot)] == [True, True]


async def test_what_a_crash_cut_off_is_caught_up_with_at_the_next_start(sandbox: Sandbox, page: Page) -> None:
    kept = asks(1)
    async with office(sandbox, page, kept) as bot:
        await bot.card(await bot.mention())
        await ops(bot, "halt triage")
    async with office(sandbox, page, kept) as bot:
        await bot.front.announcer.catch_up()
        assert len(await told(bot)) == 1
    assert kept.journal.rows[CONTROL].pop().event.kind == "halt_told"  # it was posted, and the crash came before that was written
    async with office(sandbox, page, kept) as bot:
        await bot.front.announcer.catch_up()
        assert len(await told(bot)) == 1
        assert kept.journal.rows[CONTROL][-1].event.kind == "halt_told"
        await ops(bot, "resume triage")
    async with office(sandbox, page, kept) as bot:
        await bot.front.announcer.catch_up()
        assert ["has resumed triage" in one["text"] for one in await told(bot)] == [True]


async def test_a_channel_that_cannot_be_told_is_given_up_and_the_others_are_told() -> None:
    workspace = acme()
    async with (
        running(workspace=workspace) as sandbox, aiohttp.ClientSession() as session,
        office(sandbox, Page(session, sandbox.url), asks()) as bot,
    ):
        await bot.card(await bot.mention())
        await bot.card(await bot.mention(user="U01ALICE", channel=LEADS), user="U01ALICE", channel=LEADS)
        workspace.channels[LEADS] = replace(workspace.channels[LEADS], members=("U01ALICE", "U01BOB"))
        for _ in range(2):
            await bot.switchboard.halt("", ALICE)
            await bot.front.announcer.catch_up()
            assert {one.channel: one.ts == "" for one in bot.standing.switches.told.values()} == {INCIDENTS: False, LEADS: True}
            await bot.switchboard.resume("", ALICE)
            await bot.front.announcer.catch_up()
            assert all(one.lifted for one in bot.standing.switches.told.values())
        assert len(await told(bot)) == 2
        assert await told(bot, LEADS) == []


async def test_a_channel_in_which_something_comes_to_wait_later_is_told_too(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(channels={"#incidents": "triage"})) as bot:
        await ops(bot, "halt triage")
        await bot.front.announcer.catch_up()
        assert await told(bot) == []
        await bot.mention("why?")

        async def whispered() -> Json | None:
            return next((one for one in await page.messages() if one["ephemeral"] and "is kept and begins when" in one["text"]), None)

        assert "Alice Moreau has halted triage" in (await eventually(whispered))["text"]
        await bot.front.announcer.catch_up()
        assert len(await told(bot)) == 1
        assert [one["text"] for one in await page.messages() if one["ephemeral"]] == [(await eventually(whispered))["text"]]
