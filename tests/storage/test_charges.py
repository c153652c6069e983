"""What counts against the limits of a day and of a minute, read from the database, is what all events together say."""

from datetime import timedelta

from sqlalchemy import delete

from agents.core import events as e
from agents.core.charges import charge_of
from agents.core.fold import fold
from agents.core.ids import ask_id, run_id_for
from agents.ledger import AuditQuery
from storage.database import Database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.schema import payloads
from tests.storage.stories import BOB, START, answered, fact, started, story, tell


async def test_it_is_what_the_events_say(journal: SqlJournal, database: Database) -> None:
    ledger = SqlLedger(database)
    assert await ledger.charges(START, START) == ()
    for n in range(25):  # several buckets
        await tell(journal, *story(f"s{n}", agent=f"agent{n % 2}", second=n * 60), agent=f"agent{n % 2}")
    rows = tuple(reversed((await ledger.audit(AuditQuery(limit=10_000))).events))
    for since, started_since in ((0, 0), (600, 900), (900, 600), (1e9, 1e9)):
        day, minute = START + timedelta(seconds=since), START + timedelta(seconds=started_since)
        wanted = [
            charge for row in rows
            if (charge := charge_of(row)) and charge.at >= (minute if charge.kind == "started" else day)
        ]
        assert list(await ledger.charges(day, minute)) == wanted


async def test_what_was_erased_counts_all_the_same(journal: SqlJournal, database: Database) -> None:
    run_id = run_id_for("k")
    await journal.append(run_id, [started("k"), fact(e.ModelAsked(1, "smart")), fact(answered(cost=0.25))], after=0, agent="triage")
    await database.write(lambda tx: tx.write(delete(payloads), [{}]))
    assert [charge.cost for charge in await SqlLedger(database).charges(START, START)] == [0.25]


async def test_runs_that_wait_for_a_limit_are_found_until_they_do_not(journal: SqlJournal, database: Database) -> None:
    ledger = SqlLedger(database)
    for key in ("a", "b", "c"):
        limit = e.Limit.STEPS if key == "c" else e.Limit.DAY
        asked = fact(e.LimitReached(ask_id(run_id_for(key), 1), limit, "x"))
        await journal.append(run_id_for(key), [started(key), asked], after=0, agent="triage")
    assert await ledger.paused(e.Limit.DAY) == ((run_id_for("a"), "triage"), (run_id_for("b"), "triage"))
    lifted = fact(e.LimitLifted(ask_id(run_id_for("a"), 1), e.Limit.DAY, "a new day has begun (UTC)"))
    raised = fact(e.LimitAnswered(ask_id(run_id_for("b"), 1), e.Limit.DAY, "raise", "Bob"), BOB)
    for key, end in (("a", lifted), ("b", raised)):
        await journal.append(run_id_for(key), [end], after=2, agent="triage")
        assert fold(await journal.read(run_id_for(key))).open_asks == ()
    assert await ledger.paused(e.Limit.DAY) == ()
    assert {ask.state for ask in await ledger.asks(open_only=False)} == {"lifted", "raise", "open"}
    assert [(charge.kind, charge.name) for charge in await ledger.charges(START, START)] == [("raised", "Bob")]
