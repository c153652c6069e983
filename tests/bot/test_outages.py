"""What does not answer is written down and told where runs are affected, once, and its end in the same message; also across crashes."""

from datetime import datetime, timedelta

from agents.core.ids import CONTROL, ActorId, RunId
from agents.core.trigger import Place
from agents.ports import Caller
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, Office, now, office
from tests.bot.sandbox.acting import INCIDENTS, Json, Page

TEAM = "T01SANDBOX"
LEADS = "C01OPSLEADS"
WHAT = "host deploy.internal"


class Watch:
    """The time, which can be moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


def fails(bot: Office, channel: str = INCIDENTS, times: int = 5) -> None:
    """Calls of a run in this channel get no answer."""
    with bot.breakers.calling(Caller(RunId("run-x"), "triage", Place(TEAM, channel, "1.1"), ActorId("T1/U1"))):
        for _ in range(times):
            bot.breakers.failed(WHAT, "it answers 503")


def refused(bot: Office, channel: str) -> None:
    """A run in this channel meets the open breaker."""
    with bot.breakers.calling(Caller(RunId("run-y"), "triage", Place(TEAM, channel, "1.1"), ActorId("T1/U1"))):
        assert bot.breakers.refusal(WHAT)


def kinds(kept: Kept) -> list[str]:
    """What stands in the stream."""
    return [row.event.kind for row in kept.journal.rows.get(CONTROL, ())]


async def told(bot: Office, channel: str = INCIDENTS) -> list[Json]:
    """The messages of the bot in the channel itself that everybody sees."""
    return [one for one in await bot.page.messages("U01ALICE", channel) if one["user"] == "U01BOT" and not one["ephemeral"]]


async def test_each_channel_that_is_affected_is_told_once(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        fails(bot, times=4)
        await bot.front.outages.catch_up()
        assert kinds(kept) == []
        fails(bot, times=1)
        for _ in range(2):
            await bot.front.outages.catch_up()
        [message] = await told(bot)
        assert "*`deploy.internal` is not answering*" in message["text"]
        assert "it answers 503" in message["text"]
        assert await told(bot, LEADS) == []
        refused(bot, LEADS)
        await bot.front.outages.catch_up()
        assert len(await told(bot, LEADS)) == len(await told(bot)) == 1
        bot.breakers.answered(WHAT)
        for _ in range(2):
            await bot.front.outages.catch_up()
        for channel in (INCIDENTS, LEADS):
            [message] = await told(bot, channel)
            assert "*`deploy.internal` answers again*" in message["text"]
            assert "It had not answered since" in str(message["blocks"])
        assert len(await bot.calls("chat.update")) == 2
        assert kinds(kept) == ["breaker_opened", *["breaker_told"] * 4, "breaker_closed", "breaker_told", "breaker_told"]


async def test_one_that_flaps_is_one_message(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept()) as bot:
        for _ in range(3):
            fails(bot)
            await bot.front.outages.catch_up()
            [message] = await told(bot)
            assert "is not answering*" in message["text"]
            bot.breakers.answered(WHAT)
            await bot.front.outages.catch_up()
            [message] = await told(bot)
            assert "answers again*" in message["text"]
        assert len(await bot.calls("chat.postMessage")) == 1


async def test_a_restart_says_that_it_does_not_know(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        fails(bot)
        await bot.front.outages.catch_up()
    async with office(sandbox, page, kept) as bot:
        await bot.front.outages.catch_up()
        [message] = await told(bot)
        assert "The bot was restarted" in message["text"]
        assert "the next call tells whether it answers now" in message["text"]
        assert bot.standing.switches.open_outages == frozenset()


async def test_a_crash_while_it_was_posted_leaves_one_message_that_tells_of_the_end(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        fails(bot)
        await bot.front.outages.catch_up()
    assert kept.journal.rows[CONTROL].pop().event.kind == "breaker_told"  # it was posted, and the crash came before that was written
    async with office(sandbox, page, kept) as bot:
        await bot.front.outages.catch_up()
        [message] = await told(bot)
        assert "The bot was restarted" in message["text"]
        assert [one.shows for one in bot.standing.switches.outages_told.values()] == ["end"]


async def test_a_crash_before_it_was_posted_leaves_nothing_to_tell(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        await bot.switchboard.breaker_opened(WHAT, now(), "it answers 503")
        await bot.switchboard.breaker_told(WHAT, INCIDENTS, "nothing")
    async with office(sandbox, page, kept) as bot:
        for _ in range(2):
            await bot.front.outages.catch_up()
        assert await told(bot) == []
        assert kinds(kept) == ["breaker_opened", "breaker_told", "breaker_closed", "breaker_told"]


async def test_what_nobody_calls_is_not_said_to_be_down_for_ever(sandbox: Sandbox, page: Page) -> None:
    watch = Watch()
    async with office(sandbox, page, Kept(clock=watch)) as bot:
        fails(bot)
        await bot.front.outages.catch_up()
        watch.ahead = timedelta(hours=1)
        await bot.front.outages.catch_up()
        [message] = await told(bot)
        assert "Nobody has called it for a while" in message["text"]


async def test_a_channel_that_cannot_be_told_holds_up_no_other(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept()) as bot:
        fails(bot)
        refused(bot, "C0NOWHERE")
        await bot.front.outages.catch_up()
        bot.breakers.answered(WHAT)
        await bot.front.outages.catch_up()
        assert {one.channel: bool(one.ts) for one in bot.standing.switches.outages_told.values()} == {INCIDENTS: True, "C0NOWHERE": False}
        assert len(await told(bot)) == 1
