"""Refused requests in the audit: told, and never so many that they fill the journal."""

from datetime import timedelta

from agents.core.errors import JournalError
from agents.core.events import RequestsRefused
from agents.core.ids import CONTROL
from agents.switchboard import Switchboard
from bot.http.refusals import KINDS, Refusals
from tests.bot.kept import MemoryLedger
from tests.world import World


def refusals(world: World) -> Refusals:
    async def wake_all() -> int:
        return 0

    switchboard = Switchboard(
        journal=world.journal, standing=world.standing, ledger=MemoryLedger(world.journal), directory=world.directory, wake_all=wake_all,
        agents=("triage",), clock=world.clock,
    )
    return Refusals(switchboard, world.clock)


def told(world: World) -> list[RequestsRefused]:
    return [row.event for row in world.journal.rows.get(CONTROL, []) if isinstance(row.event, RequestsRefused)]


async def test_an_attack_of_a_day_is_less_than_two_hundred_events_and_tells_of_every_request() -> None:
    world = World()
    book = refusals(world)
    for _ in range(24 * 3600 // 10):
        for number in range(20):
            book.note("/slack/events", 401, "Not signed by Slack.", f"203.0.113.{number}")
        world.clock.now += timedelta(seconds=10)
        await book.flush()
    await book.flush(at_once=True)
    assert len(told(world)) < 110
    assert sum(sum(event.counts.values()) for event in told(world)) == 24 * 3600 // 10 * 20
    assert [event.seconds for event in told(world)[:5]] == [10, 60, 120, 240, 480]
    assert told(world)[0].addresses.count("203.") == 10


async def test_after_a_quiet_time_the_first_is_told_at_once_again() -> None:
    world = World()
    book = refusals(world)
    for _ in range(3):
        book.note("/slack/events", 401, "Not signed by Slack.", "203.0.113.7")
        await book.flush()
        world.clock.now += timedelta(hours=1)
        await book.flush()
    assert len(told(world)) == 3


async def test_many_kinds_are_told_as_others() -> None:
    world = World()
    book = refusals(world)
    for number in range(1000):
        book.note(f"/webhooks/{number}", 401, "Not signed.", "203.0.113.7")
    await book.flush()
    (event,) = told(world)
    assert (len(event.counts), event.counts["others"]) == (KINDS + 1, 1000 - KINDS)


async def test_what_cannot_be_written_down_is_told_later() -> None:
    world = World()
    book = refusals(world)
    rows, world.journal.rows = world.journal.rows, None  # type: ignore[assignment]  # a journal that is broken

    async def broken(*_: object) -> None:
        raise JournalError("The disk is full.")

    note = book._switchboard.note
    book._switchboard.note = broken  # type: ignore[method-assign,assignment]
    book.note("/slack/events", 401, "Not signed by Slack.", "203.0.113.7")
    await book.flush()
    world.journal.rows = rows
    book._switchboard.note = note  # type: ignore[method-assign]
    book.note("/slack/events", 401, "Not signed by Slack.", "203.0.113.8")
    await book.flush(at_once=True)
    (event,) = told(world)
    assert (event.counts, event.addresses) == ({"/slack/events 401: Not signed by Slack.": 2}, "203.0.113.7, 203.0.113.8")
