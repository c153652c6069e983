"""Findings as lists know them: what opened, what is over, what people said of it, and the same once more from the events alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import select

from agents.core import events as e
from agents.core.finding import Finding, Mark
from agents.core.ids import ActorId, RunId, run_id_for
from agents.core.trigger import Source
from agents.monitors import Marking, fingerprint_of
from storage.append import Batch
from storage.database import Database
from storage.findings import SqlFindings
from storage.journal import SqlJournal
from storage.rebuild import rebuild
from storage.schema import finding_marks, findings, payloads
from tests.storage.stories import BOB, START, fact, started

FINDING = Finding("orders", "volume", "analytics.orders", "below", START, "Far below Fridays.")
ORDERS, OTHER = fingerprint_of("orders", "volume"), fingerprint_of("orders_eu", "volume")
MINUTE = timedelta(minutes=1)


def heard(
    status: Literal["firing", "resolved"], second: float, *, name: str = ORDERS, began: str = "100", source: Finding | None = FINDING
) -> e.Fact:
    key = f"{name}/{began}/{status}/{second}"
    return fact(e.SignalReceived(key, name, status, "Fewer orders", "high", {}, (), "", began, finding=source), second=second)


def marked(mark: Mark, second: float, until: Any = None) -> e.Fact:
    return fact(e.FindingMarked(mark, "Bob", until), BOB, second)


def of_monitor(key: str, source: Source = Source.FINDING) -> e.Fact:
    begun = started(key)
    assert isinstance(begun.event, e.RunStarted)
    trigger = replace(begun.event.trigger, source=source, incident=f"monitor:{key}", actor=ActorId(f"monitor/{key}"))
    return replace(begun, event=replace(begun.event, trigger=trigger))


async def tell(journal: SqlJournal, key: str, facts: Sequence[e.Fact], *, at_once: bool = False) -> RunId:
    run_id = run_id_for(key)
    batches = [facts] if at_once else [[one] for one in facts]
    seq = len(await journal.read(run_id))
    for batch in batches:
        await journal.append_many([Batch(run_id, batch, seq, "pipeline")])
        seq += len(batch)
    return run_id


@pytest.fixture
def book(database: Database) -> SqlFindings:
    return SqlFindings(database)


async def rows(database: Database) -> list[Any]:
    return [await database.read(select(table).order_by(*table.primary_key)) for table in (findings, finding_marks)]


async def test_a_finding_opens_is_heard_of_and_is_over(journal: SqlJournal, book: SqlFindings) -> None:
    run = await tell(journal, "orders", [of_monitor("orders"), heard("firing", 1), heard("firing", 9)])
    (found,) = await book.findings(monitor="orders", open_only=True)
    assert (found.run_id, found.incident, found.fingerprint, found.began) == (run, "monitor:orders", ORDERS, "100")
    assert (found.monitor, found.status, found.opened_at, found.resolved_at) == ("orders", "firing", START + timedelta(seconds=1), None)
    await tell(journal, "orders", [heard("resolved", 60, source=None), heard("firing", 61)])
    (found,) = await book.findings()
    assert (found.status, found.resolved_at) == ("resolved", START + MINUTE)
    assert await book.findings(open_only=True) == ()
    await tell(journal, "orders", [heard("firing", 90, began="200")])
    assert [one.began for one in await book.findings()] == ["200", "100"]


async def test_what_people_say_is_of_the_findings_that_there_were(journal: SqlJournal, book: SqlFindings) -> None:
    until = START + timedelta(days=1)
    other = fingerprint_of("orders", "b")
    story = [of_monitor("orders"), heard("firing", 1), marked(Mark.SNOOZED, 2, until), heard("firing", 3, name=other)]
    await tell(journal, "orders", [*story, marked(Mark.FALSE_ALARM, 4), heard("firing", 5, began="200")])
    third, second, first = await book.findings()
    alarm = Marking(Mark.FALSE_ALARM, "Bob", START + timedelta(seconds=4))
    assert first.marks == (Marking(Mark.SNOOZED, "Bob", START + timedelta(seconds=2), until), alarm)
    assert (second.marks, third.marks) == ((alarm,), ())
    assert [one.status for one in (first, second, third)] == ["resolved", "resolved", "firing"]


async def test_monitors_and_times_are_told_apart(journal: SqlJournal, book: SqlFindings) -> None:
    await tell(journal, "orders", [of_monitor("orders"), heard("firing", 1), heard("resolved", 60)])
    await tell(journal, "eu", [of_monitor("eu"), heard("firing", 1, name=OTHER)])
    assert [one.monitor for one in await book.findings()] == ["orders_eu", "orders"]
    assert [one.monitor for one in await book.findings(monitor="orders")] == ["orders"]
    assert [one.monitor for one in await book.findings(since=START + 2 * MINUTE)] == ["orders_eu"]
    assert len(await book.findings(since=START + MINUTE)) == 2


async def test_alerts_of_other_systems_are_none(journal: SqlJournal, book: SqlFindings) -> None:
    heard_of = [heard("firing", 1, source=None), heard("resolved", 2, source=None)]
    await tell(journal, "alerts", [of_monitor("alerts", Source.WEBHOOK), *heard_of])
    assert await book.findings() == ()


async def test_made_anew_it_is_the_same_also_where_content_was_erased(journal: SqlJournal, database: Database) -> None:
    story = [
        of_monitor("orders"), heard("firing", 1), heard("firing", 2, name=OTHER), heard("resolved", 3), heard("firing", 4, began="200"),
        marked(Mark.EXCLUDE, 5), heard("firing", 6, began="300"), heard("resolved", 7, name=OTHER), marked(Mark.LEARN, 8),
    ]  # fmt: skip
    await tell(journal, "orders", story)
    await tell(journal, "again", [replace(of_monitor("again")), *story[1:]], at_once=True)
    before = await rows(database)
    assert [len(one) for one in before] == [8, 4]
    one, other = ([(row.status, row.resolved_at, row.told_at) for row in before[0][half:half + 4]] for half in (0, 4))
    assert one == other
    await rebuild(database)
    assert await rows(database) == before
    await database.write(lambda tx: tx.write(payloads.delete(), ({},)))
    await rebuild(database)
    assert await rows(database) == before
