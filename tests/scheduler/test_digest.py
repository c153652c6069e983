"""Digests: at their time, once, whatever crashes, and only where there is something to say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core.errors import SurfaceError
from agents.core.events import Outcome
from agents.core.finding import Mark
from agents.core.ids import SYSTEM, RunId, person
from agents.core.state import Run
from agents.core.trigger import Place, Source, Trigger
from agents.digests import Digest, plain
from agents.monitors import Looked
from agents.noise import Noise
from scheduler.digest import Digests
from scheduler.timetable import Cron
from tests.bot.findings import finding, signal
from tests.bot.kept import MemoryBook
from tests.bot.watched import ORDERS, MemoryFindings, MemorySamples
from tests.world import ALICE, NOON, TEAM, Bot, World

BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = datetime(2026, 11, 22, 7, tzinfo=NOON.tzinfo)
"""Eight in Berlin on the morning after NOON, a Sunday."""
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
MONITORS = {name: replace(ORDERS, name=name) for name in ("orders", "users", "disk")}


def digest(kind: Literal["daily", "weekly"] = "daily", line: str = "0 8 * * *") -> Digest:
    return Digest("#data", kind, Cron(line, BERLIN), frozenset(MONITORS), "triage")


class Days:
    """A world with monitors, in which time passes."""

    def __init__(self, *digests: Digest) -> None:
        self.world = World()
        self.digests = digests or (digest(),)
        self.book = MemoryBook()
        self.samples = MemorySamples()
        self.known = True

    def at_work(self, bot: Bot) -> Digests:
        """The digests of a bot."""
        findings = MemoryFindings(self.world.journal)
        return Digests(
            digests=self.digests, book=self.book, samples=self.samples, findings=findings,
            noise=Noise(MONITORS, findings, self.world.journal), see=bot.runs.see, runs=bot.runs, place_of=self.place,
            links=lambda found: {one.run.run_id: f"https://acme.slack.com/archives/C1/p{one.run.run_id[-4:]}" for one in found},
            clock=self.world.clock,
        )

    async def place(self, channel: str) -> Place:
        if not self.known:
            raise SurfaceError(f"Slack does not say what {channel} is")
        return Place(TEAM, channel.replace("#data", "C1"), "")

    async def tell(self, bot: Bot, *signals: object, monitor: str = "orders") -> RunId:
        place = Place(TEAM, "C2", "")
        trigger = Trigger(Source.FINDING, monitor, person(TEAM, "m"), monitor, place, incident=f"monitor:{monitor}", quiet=True)
        run_id = await bot.incidents.alert(trigger, signals or (signal(),), "volume", "triage")  # type: ignore[arg-type]
        assert run_id is not None
        await bot.settled(run_id)
        return run_id

    async def posted(self, bot: Bot) -> Sequence[Run]:
        """The digests that there are, oldest first."""
        runs = [await bot.runs.see(run_id) for run_id in self.world.journal.rows]
        return [run for run in runs if run.trigger.source is Source.SCHEDULE]

    async def until(self, bot: Bot, at: datetime) -> str:
        """Move on to this moment and look; the newest digest."""
        self.world.clock.now = at
        await self.at_work(bot).tick()
        found = await self.posted(bot)
        return found[-1].text if found else ""


def lines(text: str) -> str:
    """Long lines in several."""
    return "\n".join(piece for line in text.split("\n") for piece in wrap(line, 120, subsequent_indent="   ") or [""])


async def test_nothing_is_said_where_nothing_is_to_be_said() -> None:
    days = Days()
    async with days.world.running() as bot:
        for hours in range(0, 80, 2):
            assert await days.until(bot, NOON + hours * HOUR) == ""


async def eventful(days: Days, bot: Bot) -> None:
    """What a day may bring."""
    new = NOON + 3 * HOUR
    many = [signal(found=finding(subject=f"shop.t{n}", since=new), series=str(n)) for n in range(5)]
    run_id = await days.tell(bot, *many)
    await bot.incidents.mark(run_id, Mark.ACKNOWLEDGED, ALICE)
    full = "90 % is reached in 5 to 9 days."
    disk = finding("disk", measure="forecast(used)", subject="disk `a*`", direction="above", since=new, observed=None, why=full)
    await days.tell(bot, signal(found=disk, severity="critical"), monitor="disk")
    gone = finding("users", measure="freshness", subject="users", since=new, direction="above")
    await days.tell(bot, signal(found=gone), monitor="users")
    days.world.clock.pass_(hours=2)
    await days.tell(bot, signal(2, "resolved", found=gone), monitor="users")
    await days.samples.put(Looked("users", 1, "d", NOON, NOON, NOON, NOON, "Connection refused", new))


async def test_a_day_in_one_message_once() -> None:
    days = Days()
    async with days.world.running() as bot:
        await days.until(bot, NOON)
        days.world.clock.pass_(hours=3)
        await eventful(days, bot)
        assert lines(await days.until(bot, EIGHT + MINUTE)) == snapshot("""\
Daily digest, Sun 22 Nov 2026
7 new findings, 1 over, 6 open.

**New**
- Warning: `volume of shop.t0` 407 rows, expected 1,180 to 1,620 rows, since Sat 16:00 CET, and 4 more of this incident
   · Alice looks after it · [Open](https://acme.slack.com/archives/C1/pague)

**Nearing a limit**
- Critical: `forecast(used) of disk 'a''` – 90 % is reached in 5 to 9 days. ·
   [Open](https://acme.slack.com/archives/C1/peahw)

**Over**
- `freshness of users` for 2h · [Open](https://acme.slack.com/archives/C1/p4hfj)

**Could not look**
- `users` for 16h: Connection refused\
""")
        [run] = await days.posted(bot)
        await bot.settled(run.run_id)
        run = await bot.runs.see(run.run_id)
        assert (run.outcome, run.trigger.actor, run.trigger.quiet) == (Outcome.RESOLVED, SYSTEM, True)
        assert list(run.posts) == ["opening"]
        for minutes in (2, 30, 600):
            await days.until(bot, EIGHT + minutes * MINUTE)
        assert len(await days.posted(bot)) == 1
        assert days.world.model.prompts == []


async def test_what_is_silent_is_no_reason_and_what_goes_on_is_told_again_the_next_day() -> None:
    days = Days()
    async with days.world.running() as bot:
        await days.until(bot, NOON)
        run_id = await days.tell(bot)
        await bot.incidents.mark(run_id, Mark.SNOOZED, ALICE, until=EIGHT + 2 * HOUR)
        assert await days.until(bot, EIGHT) == ""
        text = await days.until(bot, EIGHT + DAY)
        assert "0 new findings, 0 over, 1 open." in text
        assert "**Still open**" in text


async def test_a_weekly_one_has_the_week_and_what_was_too_loud() -> None:
    days = Days(digest("weekly", "0 8 * * sun"))
    async with days.world.running() as bot:
        await days.until(bot, NOON - 6 * DAY)
        for number in range(3):
            days.world.clock.now = NOON - (5 - number) * DAY
            run_id = await days.tell(bot, replace(signal(number), began=str(number)))
            await bot.incidents.mark(run_id, Mark.FALSE_ALARM, ALICE)
            await bot.settled(run_id)
        assert await days.until(bot, NOON) == ""
        text = await days.until(bot, EIGHT)
        assert text.startswith("Weekly digest, Sun 22 Nov 2026\n3 new findings, 3 over, 0 open.")
        assert "**Too many false alarms**\n- volume of orders: 3 false alarms in a week" in text
        assert "a false alarm, says Alice" in text


async def test_a_pause_of_days_is_one_digest_of_all_of_them() -> None:
    days = Days()
    async with days.world.running() as bot:
        await days.until(bot, NOON)
        run_id = await days.tell(bot)
        await bot.incidents.mark(run_id, Mark.EXCLUDE, ALICE)
    async with days.world.running() as bot:
        assert "1 new finding, 1 over" in await days.until(bot, EIGHT + 3 * DAY + HOUR)
        assert len(await days.posted(bot)) == 1


async def test_a_channel_that_cannot_be_found_now_gets_it_later() -> None:
    days = Days()
    async with days.world.running() as bot:
        await days.until(bot, NOON)
        await days.tell(bot)
        days.known = False
        assert await days.until(bot, EIGHT) == ""
        days.known = True
        assert "1 new finding" in await days.until(bot, EIGHT + HOUR)


class Cut(Exception):
    """The power is gone."""


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_a_power_cut_at_any_step_posts_one(step: int) -> None:
    days = Days()
    async with days.world.running() as bot:
        await days.until(bot, NOON)
        await days.tell(bot)
    put, count = days.book.put, 0

    async def cut(kept: object) -> bool:
        nonlocal count
        count += 1
        if count == 1 and step > 1:
            if step == 3:
                await put(kept)  # type: ignore[arg-type]
            raise Cut
        return await put(kept)  # type: ignore[arg-type]

    days.book.put = cut  # type: ignore[method-assign]
    days.known = step != 1
    async with days.world.running() as bot:
        try:
            await days.until(bot, EIGHT)
        except Cut:
            assert step > 1
    days.known = True
    async with days.world.running() as bot:
        await days.until(bot, EIGHT + MINUTE)
        await days.until(bot, EIGHT + 2 * MINUTE)
        assert len(await days.posted(bot)) == 1


@given(st.text(max_size=200))
def test_what_others_write_stays_on_its_line(text: str) -> None:
    assert not set("\n`*~[]") & set(plain(text))
