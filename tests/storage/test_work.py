"""What runs did, as their events say it: when they decided and ended, and whether they needed people."""

from datetime import timedelta

import pytest

from agents.core import events as e
from agents.core.ids import ask_id, call_id, run_id_for
from storage.database import Database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.storage.stories import START, answered, asked, fact, started


async def test_a_run_decides_with_its_first_word_for_people(journal: SqlJournal, database: Database) -> None:
    run_id = run_id_for("k")
    ledger = SqlLedger(database)
    await journal.append(run_id, [started("k"), fact(e.ModelAsked(1, "smart")), fact(answered())], after=0, agent="triage")
    (open_,) = await ledger.work(START + timedelta(days=9))
    assert (open_.decided_at, open_.ended_at, open_.outcome, open_.escalated, open_.cost) == (None, None, None, False, 0.1)
    await journal.append(run_id, [asked(run_id, 1, call_id(1), "restart", second=7)], after=3, agent="triage")
    await journal.append(run_id, [fact(e.RunFinished(e.Outcome.ANSWERED), second=90)], after=4, agent="triage")
    (over,) = await ledger.work(START)
    assert (over.decided_at, over.ended_at) == (START + timedelta(seconds=7), START + timedelta(seconds=90))
    assert (over.outcome, over.escalated) == ("answered", False)
    assert await ledger.work(START + timedelta(seconds=91)) == ()


@pytest.mark.parametrize(
    ("event", "escalated"),
    [
        (e.LimitReached(ask_id(run_id_for("k"), 1), e.Limit.STEPS, "25 turns"), True),
        (e.RunFinished(e.Outcome.HANDED_OVER), True),
        (e.RunFinished(e.Outcome.FAILED), False),
    ],
)
async def test_what_needed_people_was_escalated(journal: SqlJournal, database: Database, event: e.Event, escalated: bool) -> None:
    await journal.append(run_id_for("k"), [started("k"), fact(event, second=3)], after=0, agent="triage")
    (run,) = await SqlLedger(database).work(START)
    assert (run.escalated, run.decided_at) == (escalated, START + timedelta(seconds=3))
