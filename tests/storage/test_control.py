"""The stream of people's switches: a chain like a run's, and never taken for a run."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agents.core import events as e
from agents.core.errors import IllegalTransition, JournalConflict, JournalTampered
from agents.core.ids import CONTROL, GrantId, RunId, run_id_for
from agents.core.switches import fold_switches
from agents.ledger import AuditQuery
from storage.database import Database, open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.storage.stories import BOB, START, fact, started

HALTED = fact(e.Halted("triage", "Bob", "Sale."), BOB, 10)
RESUMED = fact(e.Resumed("triage", "Bob"), BOB, 20)


async def switch(journal: SqlJournal) -> tuple[e.Recorded, ...]:
    """A run, a halt that a channel was told of, its end, and a grant that was taken back."""
    await journal.append(run_id_for("one"), [started("one")], after=0, agent="triage")
    first = await journal.append(CONTROL, [HALTED], after=0, agent="triage")
    told = fact(e.HaltTold("triage", "C01INCIDENTS", "1.5"), second=11)
    second = await journal.append(CONTROL, [told, RESUMED], after=1, agent="triage")
    back = fact(e.GrantRevoked(GrantId("run-x.g1"), "roll_back", "Bob"), BOB, 30)
    return (*first, *second, *await journal.append(CONTROL, [back], after=3, agent=""))


async def test_it_is_read_as_it_was_written(journal: SqlJournal) -> None:
    written = await switch(journal)
    assert await journal.read(CONTROL) == written
    assert await journal.read(CONTROL, after=2) == written[2:]
    switches = fold_switches(written)
    assert (switches.seq, dict(switches.halts), set(switches.revoked)) == (4, {}, {"run-x.g1"})


async def test_any_switch_can_be_the_first(journal: SqlJournal) -> None:
    await journal.append(CONTROL, [RESUMED], after=0, agent="triage")
    with pytest.raises(JournalConflict, match="control is at event 1, not at 0"):
        await journal.append(CONTROL, [HALTED], after=0, agent="triage")


@pytest.mark.parametrize(("stream", "facts", "after"), [
    (CONTROL, [started("one")], 0), (CONTROL, [fact(e.ModelAsked(1, "smart"))], 0), (CONTROL, [HALTED, started("one")], 0),
    (RunId("run-none"), [HALTED], 0), (run_id_for("one"), [started("one"), HALTED], 0),
])
async def test_runs_and_switches_do_not_mix(journal: SqlJournal, stream: RunId, facts: list[e.Fact], after: int) -> None:
    with pytest.raises(IllegalTransition, match="has no place in"):
        await journal.append(stream, facts, after=after, agent="triage")
    assert await journal.read(stream) == ()


async def test_no_list_of_runs_has_it(journal: SqlJournal, database: Database) -> None:
    await switch(journal)
    ledger = SqlLedger(database)
    assert await journal.open_runs() == (run_id_for("one"),)
    assert [run.run_id for run in await ledger.runs()] == [run_id_for("one")]
    assert await ledger.find_runs("con") == ()
    assert await ledger.find_runs("") == (run_id_for("one"),)
    assert await ledger.places([CONTROL]) == {}


async def test_the_audit_trail_has_it(journal: SqlJournal, database: Database) -> None:
    written = await switch(journal)
    ledger = SqlLedger(database)
    assert (await ledger.audit(AuditQuery(run_id=CONTROL))).events == written[::-1]
    assert (await ledger.audit(AuditQuery(since=START + timedelta(seconds=1)))).events == written[::-1]
    by_agent = (await ledger.audit(AuditQuery(agent="triage", user="U02BOB"))).events
    assert [row.event.kind for row in by_agent] == ["resumed", "halted"]
    assert [row.run_id for row in (await ledger.audit(AuditQuery(tool="roll_back"))).events] == [CONTROL]


async def test_why_somebody_halted_is_redacted(database: Database) -> None:
    journal = SqlJournal(database, redact=lambda text: text.replace("hunter2", "[secret]"))
    facts = [fact(e.Halted("", "hunter2", "It said hunter2."), BOB)]
    written = await journal.append(CONTROL, facts, after=0, agent="")
    assert written == await journal.read(CONTROL)
    assert written[0].event == e.Halted("", "[secret]", "It said [secret].")


async def test_a_change_of_it_is_found(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        await switch(SqlJournal(database))
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET actor = 'T01ACME/U03MALLORY' WHERE kind = 'halted'")
    async with open_database(f"sqlite:///{tmp_path}/journal.db") as database:
        with pytest.raises(JournalTampered, match="control event 1"):
            await SqlJournal(database).read(CONTROL)
