"""What was used lately beyond the one run, and runs that wait for their agent's day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agents.core import events as e
from agents.core.approval import Refusal
from agents.core.budget import Limits, Used
from agents.core.ids import SYSTEM, RunId, person
from agents.meter import Meter
from scheduler.sweeps import BudgetSweep
from tests.agents.core.histories import A1, answered, begins
from tests.bot.kept import MemoryLedger
from tests.memory import MemoryJournal
from tests.world import AGENT, ALICE, TEAM, Bot, Clock, ScriptedModel, World, says, the_ask, voter

CAROL = person(TEAM, "U_CAROL")
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def row(event: e.Event, at: datetime, agent: str = "triage", seq: int = 1) -> e.Recorded:
    return e.Recorded(RunId("run-x"), seq, at, SYSTEM, agent, event)


def test_starts_of_a_minute_are_counted_over_all_agents() -> None:
    clock = Clock()
    meter = Meter(clock)
    used = meter.used("triage")
    assert (dict(used.calls), used.calls.get("write", 0)) == ({}, 0)
    meter.note([row(begins(), clock.now), row(begins(2, tool="read"), clock.now, "watcher")])
    clock.pass_(seconds=40)
    meter.note([row(begins(3), clock.now)])
    assert dict(meter.used("watcher").calls) == {"write": 2, "read": 1}
    clock.pass_(seconds=20)
    assert dict(used.calls) == {"write": 1}  # what was looked at before is live
    assert len(used.calls) == 1


def test_calls_that_are_about_to_start_count_until_they_are_written_or_not() -> None:
    meter = Meter(Clock())
    facts = [e.Fact(begins(), SYSTEM, Clock().now)] * 3
    with meter.reserved(facts):
        assert meter.used("other").calls["write"] == 3
    assert "write" not in meter.used("other").calls


def test_a_day_is_that_of_utc_and_of_one_agent() -> None:
    clock = Clock()
    meter = Meter(clock)
    meter.note([row(answered("Hello."), clock.now), row(answered("Hello."), clock.now)])
    assert (meter.used("triage").spent, meter.used("watcher").spent) == (0.02, 0.0)
    meter.note([row(e.LimitAnswered(A1, e.Limit.DAY, "raise", "Carol"), clock.now)])
    assert replace(meter.used("triage"), calls={}) == Used({}, 0.02, 0.02, "Carol")
    clock.now = MIDNIGHT
    assert replace(meter.used("triage"), calls={}) == Used()
    meter.note([row(answered("Hello."), MIDNIGHT), row(answered("Late."), MIDNIGHT - timedelta(seconds=1))])
    assert meter.used("triage").spent == 0.01


async def test_a_restart_forgets_nothing() -> None:
    clock, journal = Clock(), MemoryJournal()
    meter = Meter(clock)
    yesterday, before = clock.now - timedelta(days=1), clock.now - timedelta(seconds=61)
    rows = [
        row(answered("Old."), yesterday), row(begins(1), before), row(answered("Hello."), before), row(begins(2), clock.now),
        row(e.LimitAnswered(A1, e.Limit.DAY, "raise", "Carol"), clock.now), row(answered("More."), clock.now),
    ]
    journal.rows[RunId("run-x")] = rows
    meter.note(rows[2:])
    restarted = Meter(clock)
    await restarted.fill(journal)
    for one in (meter, restarted):
        assert dict(one.used("triage").calls) == {"write": 1}
        assert replace(one.used("triage"), calls={}) == Used({}, 0.02, 0.01, "Carol")


def world(*script: object) -> World:
    """An agent that may spend two turns' worth a day; Carol is its admin."""
    made = World(ScriptedModel(*script), agents={"triage": replace(AGENT, limits=Limits(cost_per_day=0.002))})  # type: ignore[arg-type]
    made.directory.known = {CAROL: voter(CAROL, "admins"), ALICE: replace(voter(ALICE, "operators"))}
    return made


def sweep(world: World, bot: Bot) -> BudgetSweep:
    return BudgetSweep(MemoryLedger(world.journal), world.rules_for, bot.dispatcher.wake)


async def test_the_day_is_raised_once_for_all_runs_that_wait() -> None:
    here = world(says("One.", ("read", {})), says("Two.", ("read", {})), says("Three."), says("Four."), says("Five."))
    async with here.running() as bot:
        first = await bot.ask(key="k1")
        second, third = await bot.ask(key="k2"), await bot.ask(key="k3")
        runs = (first, second, third)
        assert [(run.asks[the_ask(run)].limit, run.steps) for run in runs] == [(e.Limit.DAY, 2), (e.Limit.DAY, 0), (e.Limit.DAY, 0)]
        assert len(here.model.prompts) == 2
        refusal = await bot.runs.answer(the_ask(first), "raise", ALICE)
        assert isinstance(refusal, Refusal)
        assert await sweep(here, bot).sweep() == 0
        assert not isinstance(await bot.runs.answer(the_ask(second), "raise", CAROL), Refusal)
        assert (await bot.settled(second.run_id)).answer == "Three."
        assert await sweep(here, bot).sweep() == 2
        assert {(await bot.settled(run.run_id)).answer for run in (first, third)} == {"Four.", "Five."}
        fourth = await bot.ask(key="k4")
        assert fourth.asks[the_ask(fourth)].detail.startswith("triage has spent 0.01 of 0.00 US dollars today")
        assert here.events(third.run_id, "limit_lifted") == [
            e.LimitLifted(the_ask(runs[2]), e.Limit.DAY, "Carol has raised it, for all runs of the agent")
        ]
        assert await sweep(here, bot).sweep() == 0


async def test_a_new_day_begins_by_itself_also_where_nobody_was_there_at_midnight() -> None:
    here = world(says("One.", ("read", {})), says("Two.", ("read", {})), says("Three."))
    async with here.running() as bot:
        run = await bot.ask()
        assert run.asks[the_ask(run)].limit is e.Limit.DAY
        here.clock.now = MIDNIGHT - timedelta(seconds=1)
        assert await sweep(here, bot).sweep() == 0
    here.clock.now = MIDNIGHT + timedelta(hours=9)
    here._standing = None  # another process
    async with here.running() as bot:
        await bot.runs.recover()
        run = await bot.settled(run.run_id)
        assert (run.answer, [ask.state for ask in run.asks.values()]) == ("Three.", ["lifted"])


async def test_after_a_restart_nothing_is_asked_twice_and_what_was_spent_counts() -> None:
    here = world(says("One.", ("read", {})), says("Two.", ("read", {})))
    async with here.running() as bot:
        run = await bot.ask()
    here._standing = None
    async with here.running() as bot:
        await bot.runs.recover()
        run = await bot.settled(run.run_id)
        new = await bot.ask(key="k2")
        assert len(here.events(run.run_id, "limit_reached")) == len(here.events(new.run_id, "limit_reached")) == 1
        assert len(here.model.prompts) == 2


async def test_a_halted_agent_is_not_woken() -> None:
    here = world(says("One.", ("read", {})), says("Two.", ("read", {})))
    async with here.running() as bot:
        run = await bot.ask()
        here.clock.now = MIDNIGHT
        halt = e.Fact(e.Halted("", "Carol"), CAROL, here.clock.now)
        await here.journal.append(RunId("control"), [halt], after=0, agent="")
        await here.standing.refresh()
        assert await sweep(here, bot).sweep() == 0
        assert (await bot.settled(run.run_id)).open_asks
