"""The copy of what people have said ahead: told of what is written, it holds what looking everything up again would find."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.core import events as e
from agents.core.ids import CONTROL, ActorId, AskId, CallId, GrantId, RunId
from agents.core.tool import Effect, Repeat, Risk
from agents.standing import Standing
from tests.memory import MemoryJournal
from tests.world import ALICE, NOON, trigger

RUN, GRANT, HOUR = RunId("run-x"), GrantId("run-x.g1"), timedelta(hours=1)
GIVEN = e.GrantGiven(GRANT, AskId("run-x.q1"), CallId("c1"), "write", "d", {"x": 1}, NOON + HOUR, 2, "Alice")
USED = e.CallJudged(CallId("c2"), "write", e.Decision.ALLOW, ("a grant",), Risk.HIGH, Effect.EXTERNAL, Repeat.NEVER, grant=GRANT)


@dataclass
class Told:
    """A journal with one grant, and a copy that was told of each event."""

    journal: MemoryJournal
    standing: Standing
    now: datetime = NOON

    async def write(self, *events: e.Event) -> None:
        """Write these events of the run, and tell of them."""
        after = len(await self.journal.read(RUN))
        facts = [e.Fact(event, ALICE, NOON) for event in events]
        self.standing.note(await self.journal.append(RUN, facts, after=after, agent="triage"))

    async def looked_up(self) -> Standing:
        """Another copy, that has looked everything up just now."""
        other = Standing(self.journal, self.journal, lambda: self.now)
        await other.refresh()
        return other


async def told() -> Told:
    journal = MemoryJournal()
    made = Told(journal, Standing(journal, journal, lambda: made.now))
    await made.write(e.RunStarted("triage", trigger(), "Do it."), GIVEN)
    return made


async def test_a_grant_is_there_as_soon_as_it_is_written_and_used_up_likewise() -> None:
    one = await told()
    for left in (2, 1, 0):
        assert [grant.left for grant in one.standing.grants("triage")] == [left]
        assert one.standing.grants("triage") == (await one.looked_up()).grants("triage")
        assert one.standing.grants("other") == ()
        if left:
            await one.write(USED)


async def test_it_ends_with_its_time() -> None:
    one = await told()
    assert one.standing.grants("triage")
    one.now = NOON + HOUR
    assert one.standing.grants("triage") == ()


async def test_what_was_taken_back_is_gone_when_the_switches_are_followed() -> None:
    one = await told()
    revoked = e.Fact(e.GrantRevoked(GRANT, "write", "Alice"), ActorId(ALICE), NOON)
    await one.journal.append(CONTROL, [revoked], after=0, agent="")
    await one.standing.follow()
    assert one.standing.grants("triage") == ()
    assert (await one.looked_up()).grants("triage") == ()
