"""Lists and the audit trail: every filter says the same as a look at all events."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.ids import SYSTEM, RunId, ask_id, call_id, local_person, run_id_for
from agents.ledger import AuditPage, AuditQuery, Label
from storage.database import Database, open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.storage.stories import ALICE, BOB, PLACE, START, asked, fact, started, story, tell

RUNS = 40


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The url of a journal of several buckets, with runs side by side and of two agents."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/journal.db"

    async def fill() -> None:
        async with open_database(url) as database:
            journal = SqlJournal(database)
            stories = [story(f"s{n}", agent=f"agent{n % 2}", second=n * 60) for n in range(RUNS)]
            await asyncio.gather(*(tell(journal, *s, agent=f"agent{n % 2}") for n, s in enumerate(stories)))
            await journal.append(run_id_for("rare"), [started("rare", agent="rare", second=9e6)], after=0, agent="rare")

    asyncio.run(fill())
    return url


@pytest.fixture
async def ledger(many: str) -> AsyncIterator[SqlLedger]:
    """A ledger that reads beside whoever writes."""
    async with open_database(many, read_only=True) as database:
        yield SqlLedger(database)


async def everything(ledger: SqlLedger) -> tuple[e.Recorded, ...]:
    return (await ledger.audit(AuditQuery(limit=10_000))).events


def admits(query: AuditQuery, row: e.Recorded) -> bool:
    """What a query means, said plainly."""
    user = query.user is None or row.actor == query.user or row.actor.endswith(f"/{query.user}")
    return (
        user and query.run_id in (None, row.run_id) and query.agent in (None, row.agent)
        and query.tool in (None, getattr(row.event, "tool", None)) and (query.since is None or row.at >= query.since)
    )


async def paged(ledger: SqlLedger, query: AuditQuery) -> list[e.Recorded]:
    found: list[e.Recorded] = []
    page = AuditPage((), query.before)
    while True:
        page = await ledger.audit(AuditQuery(query.run_id, query.agent, query.tool, query.user, query.since, query.limit, page.next))
        found += page.events
        if page.next is None:
            return found
        assert len(page.events) == query.limit


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    run_id=st.sampled_from([None, None, run_id_for("s3"), RunId("run-none")]), agent=st.sampled_from([None, "agent0", "rare", "nobody"]),
    tool=st.sampled_from([None, "roll_back", "query_metrics", "nothing"]),
    user=st.sampled_from([None, "U02BOB", BOB, ALICE, SYSTEM, "BOB", "T01ACME", "%"]),
    since=st.sampled_from([None, START, START + timedelta(minutes=17, seconds=3), START + timedelta(days=999)]),
    limit=st.sampled_from([7, 50, 2000]),
)
async def test_every_combination_of_filters_and_its_pages(
    ledger: SqlLedger, run_id: RunId | None, agent: str | None, tool: str | None, user: str | None, since: datetime | None, limit: int
) -> None:
    query = AuditQuery(run_id, agent, tool, user, since, limit)
    expected = [row for row in await everything(ledger) if admits(query, row)]
    assert await paged(ledger, query) == expected


async def test_the_audit_trail_is_whole(ledger: SqlLedger) -> None:
    rows = await everything(ledger)
    assert len(rows) == RUNS * 21 + 1
    assert rows[0].run_id == run_id_for("rare")
    assert {row.run_id for row in rows} == {*(run_id_for(f"s{n}") for n in range(RUNS)), run_id_for("rare")}


async def test_events_are_found_where_the_clock_was_set_back(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    for n in range(300):
        await journal.append(run_id_for(str(n)), [started(str(n), second=1000 if n < 10 else 0)], after=0, agent="triage")
    assert len((await ledger.audit(AuditQuery(since=START + timedelta(seconds=1)))).events) == 10


async def test_runs_newest_first_with_what_they_were_asked(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    done, batches = story("done")
    await tell(journal, done, batches)
    waiting = run_id_for("waiting")
    trigger = started("waiting", "Why is it red?", place=None)
    await journal.append(waiting, [trigger, asked(waiting, 1, call_id(1), "roll_back")], after=0, agent="triage")
    newest, oldest = await ledger.runs()
    assert (newest.run_id, newest.text, newest.open_asks, newest.outcome, newest.place) == (waiting, "Why is it red?", 1, None, None)
    assert (oldest.run_id, oldest.text, oldest.open_asks, oldest.outcome, oldest.place) == (done, "Checkout is slow.", 0, "answered", PLACE)
    assert (newest.actor, newest.source, newest.agent) == (ALICE, "mention", "triage")
    assert await ledger.runs(open_only=True) == (newest,)
    assert await ledger.runs(limit=1) == (newest,)


async def test_runs_are_found_by_how_their_id_begins(ledger: SqlLedger) -> None:
    run_id = run_id_for("s7")
    assert await ledger.find_runs(run_id) == (run_id,)
    assert run_id in await ledger.find_runs(run_id[:8])
    assert len(await ledger.find_runs("run-")) == 10
    assert await ledger.find_runs("run_") == ()
    assert await ledger.find_runs(run_id.upper()) == ()


async def test_questions_and_their_time(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    a, b = run_id_for("a"), run_id_for("b")
    soon, later = timedelta(minutes=5), timedelta(hours=1)
    await journal.append(a, [started("a"), asked(a, 1, call_id(1), "restart", 10, soon)], after=0, agent="triage")
    await journal.append(b, [started("b"), asked(b, 1, call_id(1), "roll_back", 20, later)], after=0, agent="triage")
    first, second = await ledger.asks()
    assert (first.ask_id, first.run_id, first.kind, first.subject, first.state) == (ask_id(a, 1), a, "approval", "restart", "open")
    assert (first.asked_at, first.expires_at, first.decided_by) == (START + timedelta(seconds=10), START + soon, None)
    assert await ledger.due(START + soon - timedelta(microseconds=1)) == ()
    assert await ledger.due(START + soon) == (first.ask_id,)
    denied = e.ApprovalDenied(second.ask_id, call_id(1), "roll_back", "Bob", "No.")
    await journal.append(b, [fact(denied, BOB, 30)], after=2, agent="triage")
    assert await ledger.asks() == (first,)
    decided, _ = await ledger.asks(open_only=False)
    assert (decided.state, decided.decided_by, decided.decided_at) == ("denied", BOB, START + timedelta(seconds=30))
    assert await ledger.due(START + later) == (first.ask_id,)


async def test_the_longest_due_question_comes_first(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    for n, minutes in enumerate((30, 10, 20)):
        run = run_id_for(str(n))
        due = timedelta(minutes=minutes)
        await journal.append(run, [started(str(n)), asked(run, 1, call_id(1), "restart", remind=due)], after=0, agent="triage")
    asks = [ask_id(run_id_for(str(n)), 1) for n in range(3)]
    assert await ledger.due(START + timedelta(hours=1)) == (asks[1], asks[2], asks[0])
    assert await ledger.due(START + timedelta(minutes=20)) == (asks[1], asks[2])


async def test_runs_page_by_page(ledger: SqlLedger) -> None:
    everything = await ledger.runs(limit=1000)
    assert len(everything) == RUNS + 1
    paged = page = await ledger.runs(limit=7)
    while page:
        page = await ledger.runs(limit=7, before=page[-1].number)
        paged += page
    assert paged == everything
    assert await ledger.runs(open_only=True, before=everything[0].number) == ()


async def test_runs_by_their_ids(ledger: SqlLedger) -> None:
    wanted = {run_id_for("s3"), run_id_for("rare"), RunId("run-none")}
    assert await ledger.places(wanted) == {run.run_id: run for run in await ledger.runs(limit=1000) if run.run_id in wanted}
    assert await ledger.places(()) == {}


async def test_where_something_is_open(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    first, second, elsewhere = PLACE, replace(PLACE, thread_ts="2.0"), replace(PLACE, channel="C02OPS")
    abroad, closed = replace(PLACE, team="T02OTHER"), replace(PLACE, channel="C03DONE")
    places = {"a": first, "b": second, "c": elsewhere, "d": abroad, "e": closed, "f": None}
    for n, (key, place) in enumerate(places.items()):
        agent = "quiet" if key == "c" else "triage"
        await journal.append(run_id_for(key), [started(key, agent=agent, place=place, second=n)], after=0, agent=agent)
    await journal.append(run_id_for("e"), [fact(e.RunFinished(e.Outcome.ANSWERED))], after=1, agent="triage")
    assert await ledger.open_places() == (second, elsewhere, abroad)
    assert await ledger.open_places("quiet") == (elsewhere,)
    assert await ledger.open_places("nobody") == ()


async def test_what_agents_used(ledger: SqlLedger) -> None:
    all_of_it = await ledger.spend(START)
    assert [(one.agent, one.runs, one.steps, one.tokens, one.cost) for one in all_of_it] == [
        ("agent0", 20, 60, 20 * 3 * 5780, pytest.approx(6)), ("agent1", 20, 60, 20 * 3 * 5780, pytest.approx(6)), ("rare", 1, 0, 0, 0),
    ]
    late = await ledger.spend(START + timedelta(minutes=RUNS - 3))
    assert [(one.agent, one.runs) for one in late] == [("agent1", 2), ("agent0", 1), ("rare", 1)]
    assert await ledger.spend(START + timedelta(days=999)) == ()


async def test_what_people_said_of_runs(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    run, other = run_id_for("a"), run_id_for("b")
    for key, agent in (("a", "triage"), ("b", "quiet")):
        await journal.append(run_id_for(key), [started(key, agent=agent)], after=0, agent=agent)
    bad = e.FeedbackGiven("Alice", False, "It restarted the wrong service.")
    await journal.append(run, [fact(e.RunFinished(e.Outcome.ANSWERED)), fact(bad, ALICE, 5)], after=1, agent="triage")
    await journal.append(other, [fact(e.FeedbackGiven("Bob", True), BOB, 6)], after=1, agent="quiet")
    good, worse = await ledger.labels()
    assert worse == Label(run, "triage", ALICE, "Alice", False, bad.note, START + timedelta(seconds=5))
    assert good == Label(other, "quiet", BOB, "Bob", True, "", START + timedelta(seconds=6))
    assert await ledger.labels(agent="triage") == (worse,)
    assert await ledger.labels(limit=1) == (good,)


async def test_people_at_the_terminal_are_found_by_name(database: Database) -> None:
    journal, ledger = SqlJournal(database), SqlLedger(database)
    await journal.append(run_id_for("x"), [started("x")], after=0, agent="triage")
    actor = local_person("ann")
    await journal.append(run_id_for("x"), [fact(e.InputReceived("k", "Ann", "more"), actor)], after=1, agent="triage")
    assert [row.actor for row in (await ledger.audit(AuditQuery(user="ann"))).events] == [actor]
