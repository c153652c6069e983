"""Whose end is to be told when, as the events have it; and when tokens were used."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from agents.core import events as e
from agents.core.ids import run_id_for
from storage.append import Batch
from storage.database import Database, open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.rebuild import rebuild
from storage.schema import callbacks
from storage.uses import SqlUses
from tests.storage.stories import START, fact, started

DONE = fact(e.RunFinished(e.Outcome.STOPPED))


def awaited(key: str) -> e.Fact:
    """A run starts whose end somebody waits for."""
    begun = started(key)
    assert isinstance(begun.event, e.RunStarted)
    trigger = replace(begun.event.trigger, callback="https://hooks.example.com/x")
    return replace(begun, event=replace(begun.event, trigger=trigger))


async def test_an_end_is_due_until_it_was_told_or_given_up(journal: SqlJournal, database: Database) -> None:
    ledger, one, other = SqlLedger(database), run_id_for("one"), run_id_for("other")
    await journal.append(one, [awaited("one")], after=0, agent="triage")
    await journal.append(other, [started("other"), DONE], after=0, agent="triage")
    assert await ledger.callbacks(START + timedelta(days=1)) == ()
    await journal.append(one, [DONE], after=1, agent="triage")
    assert await ledger.callbacks(START) == (one,)
    again = START + timedelta(minutes=5)
    await journal.append(one, [fact(e.CallbackTried(1, 500, "no", again))], after=2, agent="triage")
    assert [await ledger.callbacks(at) for at in (again - timedelta(microseconds=1), again)] == [(), (one,)]
    await rebuild(database)
    assert await ledger.callbacks(again) == (one,)
    await journal.append(one, [fact(e.CallbackTried(2, 200))], after=3, agent="triage")
    assert await ledger.callbacks(START + timedelta(days=99)) == ()


async def test_what_is_written_at_once_is_due_as_if_it_were_not(journal: SqlJournal, database: Database) -> None:
    run = run_id_for("fast")
    tried = [fact(e.CallbackTried(attempt, 500, "no", START + timedelta(hours=attempt))) for attempt in (1, 2)]
    await journal.append_many([Batch(run, [awaited("fast"), DONE, *tried], 0, "triage")])
    (row,) = await database.read(select(callbacks.c.due_at, callbacks.c.run_id))
    assert (row.run_id, await SqlLedger(database).callbacks(START + timedelta(hours=1))) == (run, ())
    assert await SqlLedger(database).callbacks(START + timedelta(hours=2)) == (run,)


async def test_the_last_use_of_a_token_is_known_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.db"
    async with open_database(url) as database:
        uses = SqlUses(database)
        for minutes, token in ((0, "ci"), (5, "ci"), (3, "other")):
            await uses.note(token, START + timedelta(minutes=minutes))
    async with open_database(url, read_only=True) as database:
        assert await SqlUses(database).all() == {"ci": START + timedelta(minutes=5), "other": START + timedelta(minutes=3)}
