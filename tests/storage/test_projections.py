"""Projections hold nothing but what is in the events."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from agents.core import events as e
from agents.core.ids import CONTROL, CallId, RunId, ask_id, call_id, grant_id, run_id_for
from agents.core.trigger import Place
from storage.append import Batch
from storage.database import Database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.rebuild import PROJECTIONS, rebuild
from tests.storage.stories import ALICE, BOB, START, asked, fact, given, judged, started, story, tell

REMIND, ESCALATE, EXPIRE = timedelta(minutes=30), timedelta(hours=1), timedelta(hours=4)


async def projected(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    return {
        table.name: [row._asdict() for row in await database.read(select(table).order_by(*table.primary_key))] for table in PROJECTIONS
    }


def talk(key: str) -> tuple[RunId, list[list[e.Fact]]]:
    """A run in which people edit, grant, are reminded, stop, and say what they think of it."""
    run, first, second, third = run_id_for(key), call_id(1), call_id(2), call_id(3)
    a1, a2, a3, a4, a5 = (ask_id(run_id_for(key), n) for n in range(1, 6))

    def question(number: int, call: CallId, tool: str) -> e.Fact:
        return asked(run, number, call, tool, remind=REMIND, escalate=ESCALATE)

    return run, [
        [started(key, place=Place("T01ACME", "C01INCIDENTS", "")), fact(e.PostFinished("opening", "9.1"))],
        [question(1, first, "roll_back"), question(2, second, "restart")],
        [fact(e.ApprovalReminded(a1, first, "roll_back"))],
        [fact(e.ApprovalEscalated(a1, first, "roll_back")), fact(e.ApprovalEscalated(a2, second, "restart"))],
        [fact(e.CallEdited(a1, first, "roll_back", "Bob", {"service": "search"}), BOB), question(3, first, "roll_back")],
        [fact(e.VoteCast(a3, first, "roll_back", "Bob"), BOB), fact(e.ApprovalGranted(a3, first, "roll_back", (BOB,)), BOB), given(run, 9)],
        [fact(judged(third, "roll_back", e.Decision.ALLOW, grant_id(run, 1)))],
        [fact(e.DoubtRaised(a4, third, "roll_back", "?", ()))],
        [fact(e.LimitReached(a5, e.Limit.COST, "It has used $1."))],
        [fact(e.RunStopped("Alice"), ALICE, 60)],
        [fact(e.FeedbackGiven("Alice", False, "It was the wrong service."), ALICE, 61), fact(e.FeedbackGiven("Bob", True), BOB, 62)],
    ]


async def test_whatever_people_say_is_the_same_made_anew(database: Database) -> None:
    journal = SqlJournal(database)
    stories = [talk(f"t{n}") for n in range(8)]
    await asyncio.gather(*(tell(journal, *told, agent=f"agent {n % 2}") for n, told in enumerate(stories)))
    back = fact(e.GrantRevoked(grant_id(stories[0][0], 1), "roll_back", "Bob"), BOB, 70)
    await journal.append(CONTROL, [fact(e.Halted("", "Bob", "Sale."), BOB), back], after=0, agent="")
    before = await projected(database)
    assert [len(rows) for rows in before.values()] == [8, 40, 8, 16, 0, 0, 0, 0]
    await rebuild(database)
    assert await projected(database) == before


async def test_what_is_written_at_once_is_projected_as_if_it_were_not(journal: SqlJournal, database: Database) -> None:
    run, batches = talk("slow")
    await tell(journal, run, batches)
    at_once, rows = talk("fast")
    await journal.append_many([Batch(at_once, [one for batch in rows for one in batch], 0, "triage")])
    ledger = SqlLedger(database)
    asks = await ledger.asks(open_only=False)
    states = [[ask.state for ask in asks if ask.run_id == one] for one in (run, at_once)]
    assert states == [["withdrawn", "open", "granted", "withdrawn", "superseded"]] * 2
    assert [(ask.decided_by, ask.decided_at) for ask in asks if ask.state == "withdrawn"] == [(ALICE, START + timedelta(seconds=60))] * 4
    assert [ask.kind for ask in await ledger.asks()] == ["doubt", "doubt"]
    assert [grant.left for grant in await ledger.grants()] == [8, 8]
    assert await ledger.due(START + timedelta(days=99)) == ()


@pytest.mark.parametrize(("remind", "escalate", "moments"), [
    (REMIND, ESCALATE, [REMIND, ESCALATE, EXPIRE]), (ESCALATE, REMIND, [REMIND, ESCALATE, EXPIRE]),
    (REMIND, None, [REMIND, EXPIRE]), (None, REMIND, [REMIND, EXPIRE]), (None, None, [EXPIRE]),
    (EXPIRE * 2, EXPIRE * 3, [EXPIRE]), (REMIND, EXPIRE * 2, [REMIND, EXPIRE]),
])
async def test_a_question_is_due_when_something_of_it_is(
    journal: SqlJournal, database: Database, remind: timedelta | None, escalate: timedelta | None, moments: list[timedelta]
) -> None:
    run, ledger = run_id_for("one"), SqlLedger(database)
    ask = ask_id(run, 1)
    await journal.append(run, [started("one"), asked(run, 1, call_id(1), "restart", remind=remind, escalate=escalate)], after=0, agent="a")
    events: dict[timedelta | None, e.Event] = {
        remind: e.ApprovalReminded(ask, call_id(1), "restart"), escalate: e.ApprovalEscalated(ask, call_id(1), "restart"),
        EXPIRE: e.ApprovalExpired(ask, call_id(1), "restart"),
    }
    for seq, moment in enumerate(moments, 2):
        assert await ledger.due(START + moment - timedelta(microseconds=1)) == ()
        assert await ledger.due(START + moment) == (ask,)
        await journal.append(run, [fact(events[moment])], after=seq, agent="a")
    assert await ledger.due(START + timedelta(days=99)) == ()


async def test_projections_made_anew_are_the_same(database: Database) -> None:
    journal = SqlJournal(database)
    await asyncio.gather(*(tell(journal, *story(f"s{n}", second=n * 60), agent=f"agent {n % 3}") for n in range(60)))
    waiting = run_id_for("open")
    await journal.append(waiting, [started("open"), asked(waiting, 1, call_id(1), "roll_back")], after=0, agent="triage")
    before = await projected(database)
    assert [len(rows) for rows in before.values()] == [61, 181, 0, 0, len(before["marks"]), 0, 0, 0]
    assert await rebuild(database) == 60 * 21 + 2
    assert await projected(database) == before


async def test_a_run_as_lists_show_it(database: Database) -> None:
    journal = SqlJournal(database)
    run_id, batches = story("one")
    await tell(journal, run_id, batches)
    (summary,) = await SqlLedger(database).runs()
    assert (summary.steps, summary.tokens, summary.cost) == (3, 3 * 5780, 0.3)
    assert (summary.outcome, summary.open_asks) == ("answered", 0)
    assert (summary.started_at, summary.moved_at) == (batches[0][0].at, batches[-1][-1].at)
