"""The platform's stop button."""

from agents.core.events import Outcome
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, Office, Role, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.world import ScriptedModel, says

ROLES = {"operators": Role((), ("S01OPS",)), "admins": Role(("U01CAROL",))}


async def press(bot: Office, user: str, ts: str) -> None:
    """The stop button of a thread in which the bot says that it is at work."""
    await bot.slack.client.agents_sessions_setStatus(channel_id=INCIDENTS, thread_ts=ts, status="processing")
    await bot.page.act("stop", user=user, channel=INCIDENTS, thread_ts=ts)


async def stopped(bot: Office, number: int) -> bool:
    """Whether the run of this number comes to its end."""
    run_id = list(bot.kept.journal.rows)[number]

    async def over() -> bool | None:
        return (await bot.runs.see(run_id)).outcome is Outcome.STOPPED or None

    return await eventually(over)


async def test_whoever_asked_stops_what_runs_in_that_thread(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(2))), roles=ROLES)
    async with office(sandbox, page, kept) as bot:
        first, second = await bot.mention(), await bot.mention()
        for ts in (first, second):
            await bot.card(ts)
        await press(bot, "U01DANA", first)
        threads = [(await bot.runs.see(run_id)).trigger.place for run_id in kept.journal.rows]
        number = next(n for n, place in enumerate(threads) if place and place.thread_ts == first)
        assert await stopped(bot, number)
        other = await bot.runs.see(list(kept.journal.rows)[1 - number])
        assert not other.over
        await press(bot, "U01ALICE", second)
        assert await stopped(bot, 1 - number)


async def test_others_are_told_that_they_may_not(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("", ("write", {"n": 1}))), roles=ROLES)
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention("mine", "U01ALICE")
        await bot.card(ts)
        await press(bot, "U01DANA", ts)
        await bot.said(ts, "Only operators, and whoever asked for it, may do that.", "U01DANA")
        assert not (await bot.run()).over
