"""`/ops schedules` and the Home tab: how schedules stand, and what operators do with them."""

from datetime import timedelta

from agents.core.ids import CONTROL
from agents.schedules import Schedule
from bot.sandbox.app import Sandbox
from scheduler.timekeeper import Timekeeper
from scheduler.timetable import Every
from tests.bot.listeners.asking import ask, ops, turned, values, words
from tests.bot.listeners.test_home import open_home
from tests.bot.office import Kept, Office, Role, now, office
from tests.bot.sandbox.acting import Page
from tests.world import ScriptedModel, says

ROLES = {"operators": Role((), ("S01OPS",)), "admins": Role(("U01CAROL",))}
NIGHTLY = Schedule("nightly", Every(timedelta(days=1)), "triage", "Report.")
IDLE = Schedule("idle", Every(timedelta(hours=1)), "triage", "Look.", "#incidents", enabled=False)


def kept() -> Kept:
    return Kept(ScriptedModel(says("All is well.")), roles=ROLES, schedules={one.name: one for one in (NIGHTLY, IDLE)})


def timekeeper(bot: Office) -> Timekeeper:
    """What looks at the schedules of this bot."""
    async def nowhere(channel: str) -> None:
        raise AssertionError(channel)

    return Timekeeper(
        calendar=bot.calendar, book=bot.kept.book, standing=bot.standing, runs=bot.runs, skips=bot.switchboard.skipped,
        place_of=nowhere, clock=now,  # type: ignore[arg-type]
    )


async def test_they_are_listed_paused_and_resumed(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept()) as bot:
        await timekeeper(bot).tick()
        shown = await ask(bot, "schedules")
        assert "*nightly* · `every 1d` · triage\nnext <!date^" in words(shown)
        assert "*idle* · `every 1h` · triage in #incidents\nswitched off in the configuration · never ran" in words(shown)
        assert values(await ask(bot, "schedules", "U01DANA")) == {}
        assert "Only operators may pause schedules." in await ops(bot, "schedules pause nightly", "U01DANA")
        [row] = [block for block in shown["blocks"] if block["block_id"] == "schedule:nightly"]
        assert [one["value"] for one in row["elements"]] == ["nightly", "nightly"]
        await bot.page.act(
            "click", user="U01ALICE", channel=shown["channel"], message_ts=shown["ts"], action_id="schedule_pause",
            block_id="schedule:nightly",
        )
        assert "nightly is paused already." in await until(bot, "schedules pause nightly", "paused already")
        assert "paused by Alice" in words(await ask(bot, "schedules"))
        assert "paused by Alice" in await open_home(bot, "Schedules")
        assert "goes on with its next time" in await ops(bot, "schedules resume nightly")
        assert "There is no schedule weekly. There is: nightly, idle." in await ops(bot, "schedules run weekly")
        assert "One thing at a time" in await ops(bot, "schedules run nightly pause nightly")
        assert [row.event.kind for row in bot.kept.journal.rows[CONTROL]] == ["schedule_paused", "schedule_resumed"]


async def until(bot: Office, text: str, wanted: str) -> str:
    """The answer to a command once it says this: clicks are dealt with beside it."""
    for _ in range(50):
        if wanted in (answer := await ops(bot, text)):
            return answer
    raise AssertionError(wanted)


async def test_a_run_by_hand_and_what_the_audit_says(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept()) as bot:
        assert "nightly runs now" in await ops(bot, "schedules run nightly", "U01BOB")
        await timekeeper(bot).tick()
        run = await bot.run()
        await bot.dispatcher.settled()
        assert (run.trigger.actor_name, run.text.splitlines()[-1]) == ("Bob Lindqvist", "Report.")
        shown = words(await ask(bot, "schedules"))
        assert f"`{run.run_id}`, answered" in shown
        assert "Bob Lindqvist wants a run of the schedule nightly now" in await ops(bot, "audit")


async def test_a_button_takes_the_list_with_it(sandbox: Sandbox, page: Page) -> None:
    single = Kept(ScriptedModel(), roles=ROLES, schedules={"nightly": NIGHTLY})
    async with office(sandbox, page, single) as bot:
        after = await turned(bot, await ask(bot, "schedules"), "schedule_pause")
        assert words(after).startswith("nightly is paused: its times start nothing until somebody resumes it.")
        assert "schedule_resume" in values(after)


async def test_without_schedules_there_is_nothing_to_show(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        assert "No schedule is configured." in await ops(bot, "schedules")
        assert "Schedules" not in await open_home(bot)
