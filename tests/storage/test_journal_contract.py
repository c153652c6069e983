"""What every Journal has to do, whatever database is under it."""

import asyncio
from dataclasses import replace
from itertools import chain

import pytest

from agents.core import events as e
from agents.core.errors import IllegalTransition, JournalConflict
from agents.core.fold import fold
from agents.core.ids import RunId, ask_id, call_id, run_id_for
from agents.core.trigger import Place, Source
from storage.append import Batch
from storage.database import Database
from storage.journal import SqlJournal
from tests.storage.stories import ALICE, PLACE, START, asked, fact, started, story, tell


def said(text: str) -> e.Fact:
    return fact(e.InputReceived(text, "Alice", text), ALICE)


def texts(recorded: tuple[e.Recorded, ...]) -> list[str]:
    return [row.event.text for row in recorded if isinstance(row.event, e.InputReceived | e.RunStarted)]


async def test_a_run_is_read_as_it_was_written(journal: SqlJournal) -> None:
    run_id, batches = story("one")
    await tell(journal, run_id, batches)
    read = await journal.read(run_id)
    assert [e.Fact(row.event, row.actor, row.at) for row in read] == list(chain(*batches))
    assert [row.seq for row in read] == list(range(1, len(read) + 1))
    assert {(row.run_id, row.agent) for row in read} == {(run_id, "triage")}
    assert fold(read).outcome == "answered"


async def test_append_returns_what_it_wrote(journal: SqlJournal) -> None:
    run_id, batches = story("one")
    first = await journal.append(run_id, batches[0], after=0, agent="triage")
    second = await journal.append(run_id, batches[1], after=1, agent="triage")
    assert (*first, *second) == await journal.read(run_id)


async def test_a_run_that_does_not_exist_has_no_events(journal: SqlJournal) -> None:
    assert await journal.read(RunId("run-none")) == ()
    assert await journal.read(RunId("run-none"), after=7) == ()


async def test_reading_goes_on_behind_what_is_known(journal: SqlJournal) -> None:
    run_id, batches = story("one")
    count = await tell(journal, run_id, batches)
    everything = await journal.read(run_id)
    for after in range(count + 2):
        assert await journal.read(run_id, after=after) == everything[after:]


@pytest.mark.parametrize("after", [0, 2, 3])
async def test_an_append_behind_another_event_than_the_last_is_refused(journal: SqlJournal, after: int) -> None:
    run_id = run_id_for("one")
    await journal.append(run_id, [started("one")], after=0, agent="triage")
    with pytest.raises(JournalConflict, match=f"{run_id} is at event 1, not at {after}"):
        await journal.append(run_id, [started("one") if after == 0 else said("late")], after=after, agent="triage")
    assert len(await journal.read(run_id)) == 1


async def test_a_run_begins_with_its_start(journal: SqlJournal) -> None:
    with pytest.raises(IllegalTransition, match="run_started"):
        await journal.append(RunId("run-none"), [said("first")], after=0, agent="triage")


async def test_nothing_cannot_be_appended(journal: SqlJournal) -> None:
    with pytest.raises(ValueError, match="nothing to append"):
        await journal.append(RunId("run-none"), [], after=0, agent="triage")


async def test_several_runs_are_written_together_or_not_at_all(journal: SqlJournal) -> None:
    a, b = run_id_for("a"), run_id_for("b")
    await journal.append_many([Batch(a, [started("a")], 0, "triage"), Batch(b, [started("b"), said("1")], 0, "triage")])
    with pytest.raises(JournalConflict):
        await journal.append_many([Batch(a, [said("x")], 1, "triage"), Batch(b, [said("y")], 1, "triage")])
    await journal.append_many([Batch(a, [said("2")], 1, "triage"), Batch(b, [said("2")], 2, "triage"), Batch(a, [said("3")], 2, "triage")])
    assert texts(await journal.read(a)) == ["Checkout is slow.", "2", "3"]
    assert texts(await journal.read(b)) == ["Checkout is slow.", "1", "2"]


async def test_of_many_who_append_at_one_place_one_wins(journal: SqlJournal) -> None:
    run_id = run_id_for("race")
    await journal.append(run_id, [started("race")], after=0, agent="triage")
    for after in range(1, 6):
        racers = [journal.append(run_id, [said(f"{after}/{n}")], after=after, agent="triage") for n in range(50)]
        outcomes = await asyncio.gather(*racers, return_exceptions=True)
        assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, JournalConflict) for outcome in outcomes) == 49
    assert len(await journal.read(run_id)) == 6


async def test_one_trigger_that_comes_often_starts_one_run(journal: SqlJournal) -> None:
    racers = [journal.append(run_id_for("x"), [started("x", str(n))], after=0, agent="triage") for n in range(20)]
    outcomes = await asyncio.gather(*racers, return_exceptions=True)
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    assert len(await journal.open_runs()) == 1


async def test_a_conflict_is_its_callers_alone(journal: SqlJournal) -> None:
    runs = [run_id_for(f"r{n}") for n in range(30)]
    await asyncio.gather(*(journal.append(r, [started(f"r{n}")], after=0, agent="triage") for n, r in enumerate(runs)))
    appends = [journal.append(r, [said(f"{n}")], after=1 if n % 3 else 9, agent="triage") for n, r in enumerate(runs)]
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [isinstance(outcome, JournalConflict) for outcome in outcomes] == [n % 3 == 0 for n in range(30)]
    assert [len(await journal.read(run)) for run in runs] == [2 if n % 3 else 1 for n in range(30)]


async def test_thousands_of_appends_at_once(journal: SqlJournal) -> None:
    async def live(n: int) -> tuple[str, ...]:
        run_id = run_id_for(f"many {n}")
        await journal.append(run_id, [started(f"many {n}", str(n))], after=0, agent="triage")
        for seq in range(1, 10):
            await journal.append(run_id, [said(f"{n}/{seq}")], after=seq, agent="triage")
        return tuple(texts(await journal.read(run_id)))

    lives = await asyncio.gather(*(live(n) for n in range(300)))
    assert lives == [(str(n), *(f"{n}/{seq}" for seq in range(1, 10))) for n in range(300)]


async def test_a_cancelled_caller_costs_nobody_else_anything(journal: SqlJournal) -> None:
    runs = [run_id_for(f"c{n}") for n in range(60)]
    for round_ in range(5):
        tasks = [
            asyncio.create_task(journal.append(r, [started(f"c{n}/{round_}")], after=0, agent="triage"))
            for n, r in enumerate([run_id_for(f"{r}/{round_}") for r in runs])
        ]
        await asyncio.sleep(0.0005 * round_)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, tuple) for outcome in outcomes[1::2])
        for n, r in enumerate(runs):
            read = await journal.read(run_id_for(f"{r}/{round_}"))
            assert len(read) == 1 or (n % 2 == 0 and not read)


async def test_open_runs_are_those_without_an_end_oldest_first(journal: SqlJournal) -> None:
    ids = [run_id_for(f"open {n}") for n in range(5)]
    for n, run_id in enumerate(ids):
        await journal.append(run_id, [started(f"open {n}")], after=0, agent="triage")
    assert await journal.open_runs() == tuple(ids)
    await journal.append(ids[1], [fact(e.RunFinished(e.Outcome.STOPPED, "Stopped by Bob."))], after=1, agent="triage")
    await journal.append(ids[0], [said("more")], after=1, agent="triage")
    assert await journal.open_runs() == (ids[0], *ids[2:])


async def test_what_comes_after_the_end_opens_nothing(journal: SqlJournal) -> None:
    run_id, batches = story("over")
    count = await tell(journal, run_id, batches)
    await journal.append(run_id, [fact(e.ClickRefused(ask_id(run_id, 1), "closed"), ALICE)], after=count, agent="triage")
    assert await journal.open_runs() == ()


async def test_the_last_run_of_a_thread(journal: SqlJournal) -> None:
    elsewhere = Place("T01ACME", "C01INCIDENTS", "1.5")
    for key, place in (("a", PLACE), ("b", PLACE), ("c", elsewhere), ("d", None)):
        await journal.append(run_id_for(key), [started(key, place=place)], after=0, agent="triage")
    await journal.append(run_id_for("a"), [said("more")], after=1, agent="triage")
    assert await journal.last_in_thread(PLACE) == run_id_for("b")
    assert await journal.last_in_thread(elsewhere) == run_id_for("c")
    assert await journal.last_in_thread(Place("T02OTHER", PLACE.channel, PLACE.thread_ts)) is None


async def test_a_run_is_found_in_the_thread_that_it_opened(journal: SqlJournal) -> None:
    channel = Place(PLACE.team, PLACE.channel, "")
    await journal.append(run_id_for("a"), [started("a", place=channel)], after=0, agent="triage")
    await journal.append(run_id_for("a"), [fact(e.PostStarted("opening"))], after=1, agent="triage")
    await journal.append(run_id_for("a"), [fact(e.PostFinished("opening", "9.1"))], after=2, agent="triage")
    assert await journal.last_in_thread(Place(PLACE.team, PLACE.channel, "9.1")) == run_id_for("a")


async def test_an_open_run_hears_its_thread_before_one_that_undoes_and_before_those_that_are_over(journal: SqlJournal) -> None:
    for key in ("a", "b", "c"):
        begun = started(key, place=PLACE)
        event = begun.event
        assert isinstance(event, e.RunStarted)
        undoes = replace(begun, event=replace(event, trigger=replace(event.trigger, source=Source.UNDO)))
        await journal.append(run_id_for(key), [undoes if key == "b" else begun], after=0, agent="triage")
    over = fact(e.RunFinished(e.Outcome.ANSWERED))
    for ending, hears in (("c", "a"), ("a", "b"), ("b", "c")):
        await journal.append(run_id_for(ending), [over], after=1, agent="triage")
        assert await journal.last_in_thread(PLACE) == run_id_for(hears)


async def test_secrets_are_taken_out_before_anything_is_written(database: Database) -> None:
    journal = SqlJournal(database, redact=lambda text: text.replace("hunter2", "[secret]"))
    run_id = run_id_for("s")
    call = e.Proposal(call_id(1), "login", {"password": "hunter2", "nested": [{"hunter2": "a hunter2"}]})
    turn = e.ModelAnswered("m", "It is hunter2", (call,), e.Stop.TOOLS, e.Usage(), 0.0, 1)
    limit = e.LimitReached(ask_id(run_id, 1), e.Limit.COST, "hunter2")
    written = await journal.append(run_id, [started("s", "hunter2?"), fact(turn), fact(limit)], after=0, agent="a")
    assert written == await journal.read(run_id)
    assert "hunter2" not in repr(written)
    assert repr(written).count("[secret]") == 6


async def test_a_time_without_its_zone_is_refused(journal: SqlJournal) -> None:
    naive = e.Fact(started("n").event, ALICE, START.replace(tzinfo=None))
    with pytest.raises(TypeError):
        await journal.append(run_id_for("n"), [naive], after=0, agent="triage")


async def test_runs_that_wait_for_nobody_come_before_those_that_wait_for_people(journal: SqlJournal) -> None:
    ids = [run_id_for(f"r{n}") for n in range(6)]
    for n, run_id in enumerate(ids):
        await journal.append(run_id, [started(f"r{n}", second=n)], after=0, agent="triage")
    for n in (0, 2, 3):
        await journal.append(ids[n], [asked(ids[n], 1, call_id(1), "restart")], after=1, agent="triage")
    await journal.append(ids[5], [fact(e.RunFinished(e.Outcome.ANSWERED))], after=1, agent="triage")
    assert await journal.open_runs() == (ids[1], ids[4], ids[0], ids[2], ids[3])
    denied = e.ApprovalDenied(ask_id(ids[2], 1), call_id(1), "restart", "Bob", "No.")
    await journal.append(ids[2], [fact(denied)], after=2, agent="triage")
    assert await journal.open_runs() == (ids[1], ids[2], ids[4], ids[0], ids[3])


async def test_the_newest_run_of_an_incident_and_those_that_heard_of_alerts_last(journal: SqlJournal) -> None:
    alert = e.SignalReceived("k", "a", "firing", "Slow", "critical", {"team": "ops"}, ("https://x.test/1",), "p95 is 2 s")
    for key in ("a", "b", "c"):
        begun = started(key)
        event = begun.event
        assert isinstance(event, e.RunStarted)
        of_one = replace(begun, event=replace(event, trigger=replace(event.trigger, incident="" if key == "c" else "alerts:x")))
        await journal.append(run_id_for(key), [of_one, fact(alert)], after=0, agent="triage")
    assert await journal.last_of_incident("alerts:x") == run_id_for("b")
    assert await journal.last_of_incident("alerts:y") is None
    assert await journal.last_of_incident("") is None
    await journal.append(run_id_for("a"), [fact(e.RunFinished(e.Outcome.ANSWERED))], after=2, agent="triage")
    assert await journal.unshown() == (run_id_for("b"),)
    await journal.append(run_id_for("a"), [fact(alert)], after=3, agent="triage")
    assert await journal.unshown() == (run_id_for("a"), run_id_for("b"))
    assert fold(await journal.read(run_id_for("a"))).signals["a"].count == 2
