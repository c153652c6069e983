"""A grant is used as often as it was given, not once more, whoever wants it at once and however it is written."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.core import events as e
from agents.core.errors import GrantGone, IllegalTransition, JournalConflict
from agents.core.ids import CONTROL, ActorId, GrantId, RunId, call_id, grant_id, run_id_for
from storage.append import Batch
from storage.database import Database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from storage.rebuild import rebuild
from storage.schema import payloads
from tests.storage.stories import BOB, START, asked, fact, judged, started
from tests.storage.stories import given as granted

GIVER = run_id_for("giver")
GRANT = grant_id(GIVER, 1)


async def give(journal: SqlJournal, uses: int, *, until: timedelta = timedelta(hours=1)) -> None:
    """The first run's approval comes with a grant."""
    facts = [started("giver"), asked(GIVER, 1, call_id(1), "roll_back"), granted(GIVER, uses, until=until)]
    await journal.append(GIVER, facts, after=0, agent="triage")


async def begin(journal: SqlJournal, count: int) -> list[RunId]:
    """Runs that could use it."""
    runs = [run_id_for(f"user {n}") for n in range(count)]
    await asyncio.gather(*(journal.append(run, [started(f"user {n}")], after=0, agent="triage") for n, run in enumerate(runs)))
    return runs


def use(number: int = 1, grant: GrantId = GRANT, second: float = 0) -> e.Fact:
    """The verdict that lets a run's call with this number run."""
    return fact(judged(call_id(number), "roll_back", e.Decision.ALLOW, grant), second=second)


def revoked(second: float = 0) -> e.Fact:
    return fact(e.GrantRevoked(GRANT, "roll_back", "Bob"), BOB, second)


async def left(database: Database) -> int:
    (grant,) = await SqlLedger(database).grants()
    return grant.left


async def test_of_many_who_want_the_last_uses_as_many_get_them(database: Database) -> None:
    journal = SqlJournal(database)
    await give(journal, 3)
    runs = await begin(journal, 40)
    outcomes = await asyncio.gather(*(journal.append(run, [use()], after=1, agent="triage") for run in runs), return_exceptions=True)
    got = [isinstance(outcome, tuple) for outcome in outcomes]
    assert sum(got) == 3
    assert [isinstance(outcome, GrantGone) for outcome in outcomes] == [not one for one in got]
    assert [len(await journal.read(run)) for run in runs] == [2 if one else 1 for one in got]
    assert await left(database) == 0
    with pytest.raises(GrantGone, match=f"The grant {GRANT} is used up"):
        await journal.append(runs[got.index(False)], [use()], after=1, agent="triage")


async def test_a_refused_use_is_its_callers_alone(database: Database) -> None:
    journal = SqlJournal(database)
    await give(journal, 1)
    runs = await begin(journal, 30)
    appends = [
        journal.append(run, [use() if n % 2 else fact(e.ModelAsked(1, "smart"))], after=1, agent="triage") for n, run in enumerate(runs)
    ]
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert all(isinstance(outcome, tuple) for outcome in outcomes[::2])
    assert sum(isinstance(outcome, tuple) for outcome in outcomes[1::2]) == 1


async def test_an_append_that_wants_more_than_is_left_writes_nothing(database: Database) -> None:
    journal = SqlJournal(database)
    await give(journal, 2)
    (run,) = await begin(journal, 1)
    with pytest.raises(GrantGone):
        await journal.append(run, [use(1), use(2), use(3)], after=1, agent="triage")
    assert (len(await journal.read(run)), await left(database)) == (1, 2)
    await journal.append(run, [use(1), use(2)], after=1, agent="triage")
    assert await left(database) == 0


async def test_batches_that_are_written_together_count_together(journal: SqlJournal, database: Database) -> None:
    await give(journal, 1)
    one, other = await begin(journal, 2)
    with pytest.raises(GrantGone):
        await journal.append_many([Batch(one, [use()], 1, "triage"), Batch(other, [use()], 1, "triage")])
    assert await left(database) == 1


async def test_a_use_that_meets_another_event_spends_nothing(journal: SqlJournal, database: Database) -> None:
    await give(journal, 1)
    one, other = await begin(journal, 2)
    late, right = await asyncio.gather(
        journal.append(one, [use()], after=7, agent="triage"), journal.append(other, [use()], after=1, agent="triage"),
        return_exceptions=True,
    )
    assert (type(late), isinstance(right, tuple), await left(database)) == (JournalConflict, True, 0)


@pytest.mark.parametrize(("second", "holds"), [(3599.9, True), (3600, False), (9999, False)])
async def test_a_grant_holds_until_its_time(journal: SqlJournal, second: float, holds: bool) -> None:
    await give(journal, 5)
    (run,) = await begin(journal, 1)
    if holds:
        await journal.append(run, [use(second=second)], after=1, agent="triage")
    else:
        with pytest.raises(GrantGone, match="is over"):
            await journal.append(run, [use(second=second)], after=1, agent="triage")


async def test_what_was_taken_back_is_gone_at_once(journal: SqlJournal) -> None:
    await give(journal, 5)
    one, other = await begin(journal, 2)
    before, back, behind = await asyncio.gather(
        journal.append(one, [use()], after=1, agent="triage"), journal.append(CONTROL, [revoked()], after=0, agent=""),
        journal.append(other, [use()], after=1, agent="triage"), return_exceptions=True,
    )
    assert (isinstance(before, tuple), isinstance(back, tuple)) == (True, True)
    assert isinstance(behind, GrantGone)
    assert "was taken back" in str(behind)


async def test_a_grant_that_nobody_gave_lets_nothing_run(journal: SqlJournal) -> None:
    (run,) = await begin(journal, 1)
    with pytest.raises(GrantGone, match="does not exist"):
        await journal.append(run, [use(grant=GrantId("run-none.g1"))], after=1, agent="triage")


async def test_what_is_given_and_used_in_one_append_counts(journal: SqlJournal, database: Database) -> None:
    await give(journal, 5)
    later = granted(GIVER, 1, number=2)
    with pytest.raises(GrantGone):
        await journal.append(GIVER, [later, use(2, grant_id(GIVER, 2)), use(3, grant_id(GIVER, 2))], after=3, agent="triage")
    await journal.append(GIVER, [later, use(2, grant_id(GIVER, 2))], after=3, agent="triage")
    assert [(grant.grant_id, grant.left) for grant in await SqlLedger(database).grants()] == [(grant_id(GIVER, 2), 0), (GRANT, 5)]


async def test_grants_are_listed_with_what_became_of_them(journal: SqlJournal, database: Database) -> None:
    ledger = SqlLedger(database)
    await give(journal, 5)
    await journal.append(GIVER, [granted(GIVER, 2, number=2, until=timedelta(hours=9))], after=3, agent="triage")
    (run,) = await begin(journal, 1)
    await journal.append(run, [use()], after=1, agent="triage")
    newest, oldest = await ledger.grants()
    assert (oldest.grant_id, oldest.agent, oldest.tool, oldest.arguments) == (GRANT, "triage", "roll_back", {"service": "checkout"})
    assert (oldest.by, oldest.name, oldest.given_at, oldest.until) == (BOB, "Bob", START, START + timedelta(hours=1))
    assert (oldest.uses, oldest.left, oldest.revoked_at, oldest.revoked_by) == (5, 4, None, "")
    assert await ledger.live_grants(START + timedelta(minutes=59)) == (oldest, newest)
    assert await ledger.live_grants(START + timedelta(hours=1)) == (newest,)
    assert await ledger.grants(limit=1) == (newest,)
    await journal.append(CONTROL, [fact(e.GrantRevoked(newest.grant_id, "roll_back", "Ann"), ActorId("local/ann"), 60)], after=0, agent="")
    assert await ledger.live_grants(START + timedelta(hours=1)) == ()
    back = (await ledger.grants())[0]
    assert (back.revoked_at, back.revoked_by, back.live(START)) == (START + timedelta(seconds=60), "Ann", False)


async def test_a_grant_whose_arguments_were_erased_covers_nothing(journal: SqlJournal, database: Database) -> None:
    await give(journal, 5)
    await database.write(lambda tx: tx.write(payloads.delete(), ({},)))
    (grant,) = await SqlLedger(database).grants()
    assert not grant.covers("triage", "roll_back", "t" * 64, {"service": "checkout"})
    await rebuild(database)
    assert await SqlLedger(database).grants() == (grant,)


async def test_grants_have_no_place_outside_their_stream(journal: SqlJournal) -> None:
    await give(journal, 5)
    with pytest.raises(IllegalTransition, match=f"grant_revoked has no place in {GIVER}"):
        await journal.append(GIVER, [revoked()], after=3, agent="triage")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=st.integers(1, 6), wants=st.lists(st.integers(0, 3), min_size=1, max_size=12), taken_back=st.none() | st.integers(0, 12))
async def test_no_order_of_uses_makes_more_of_a_grant(database: Database, uses: int, wants: list[int], taken_back: int | None) -> None:
    journal = SqlJournal(database)
    key = f"{uses}/{wants}/{taken_back}"
    giver, grant = run_id_for(key), grant_id(run_id_for(key), 1)
    await journal.append(giver, [started(key), granted(giver, uses)], after=0, agent="triage")
    control = len(await journal.read(CONTROL))
    facts = [[started(f"{key}/{n}"), *(use(i + 1, grant) for i in range(want))] for n, want in enumerate(wants)]
    appends = [journal.append(run_id_for(f"{key}/{n}"), one, after=0, agent="triage") for n, one in enumerate(facts)]
    if taken_back is not None:
        back = fact(e.GrantRevoked(grant, "roll_back", "Bob"), BOB)
        appends.insert(taken_back, journal.append(CONTROL, [back], after=control, agent=""))
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    if taken_back is not None:
        at = min(taken_back, len(wants))
        assert isinstance(outcomes.pop(at), tuple)
        assert not any(isinstance(outcome, tuple) for outcome, want in zip(outcomes[at:], wants[at:], strict=True) if want)
    got = sum(want for want, outcome in zip(wants, outcomes, strict=True) if isinstance(outcome, tuple))
    found = next(one for one in await SqlLedger(database).grants() if one.grant_id == grant)
    assert got <= uses
    assert found.left == uses - got
    for want, outcome in zip(wants, outcomes, strict=True):
        assert isinstance(outcome, tuple) or (isinstance(outcome, GrantGone) and want)
