"""Reports with everything real behind them: one message over restarts, what people say of it, false alarms too many, and the digest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agents.core.finding import Mark
from agents.core.ids import person
from agents.core.schedule import Kept
from bot.build import open_store
from bot.digesting import digests_of
from bot.sandbox.visitor import Message, words_of
from bot.serve import wired
from tests.bot.findings import cause, finding, signal, tell
from tests.bot.office import eventually
from tests.whole.town import BOT, INCIDENTS, Town, key_of, settled

ALICE = person("T01SANDBOX", "U01ALICE")


async def report(town: Town, words: str) -> Message:
    """The report in the channel, once it says this."""
    async def look() -> Message | None:
        shown = (m for m in await town.dana.channel(INCIDENTS) if m["user"] == BOT and not m["ephemeral"])
        return next((m for m in shown if words in str(m["blocks"])), None)

    return await eventually(look)


async def pick(town: Town, message: Message, action: str, value: str, user: str = "U01ALICE") -> None:
    """Pick something in a menu of a message."""
    click = {"user": user, "channel": INCIDENTS, "message_ts": message["ts"], "action_id": action, "selected": value}
    await town.post("page/click", click)


async def test_one_message_over_restarts_until_somebody_says_what_it_was(shop: Town) -> None:
    async with shop.bot() as bot:
        run_id = await tell(bot.engine.incidents)
        first = await report(shop, "is too low")
        await shop.dana.click(INCIDENTS, first, "finding_ack")
        await report(shop, "*Dana Reyes* looks after it")
    async with shop.bot() as bot:
        await tell(bot.engine.incidents, signal(2, found=finding(observed=300.0)))
        worse = await report(shop, "*300 rows*")
        await pick(shop, worse, "finding_snooze", f"{run_id}|1w")
        await report(shop, "Silent until")
    async with shop.bot() as bot:
        await pick(shop, await report(shop, "Silent until"), "finding_expected", f"{run_id}|learn")
        over = await report(shop, "this is normal from now on")
        await settled(bot)
        assert over["ts"] == first["ts"]
        assert key_of(over) == f"{run_id}/opening"
        assert [m["ts"] for m in await shop.dana.channel(INCIDENTS) if m["user"] == BOT] == [first["ts"]]
        await shop.alice.command(INCIDENTS, "/ops report")

        async def listed() -> Message | None:
            found = (m for m in await shop.alice.channel(INCIDENTS) if m["ephemeral"] and "*1 finding*" in str(m["blocks"]))
            return next(found, None)

        assert "expected, says Alice Moreau" in words_of(await eventually(listed))


async def test_a_mark_whose_outcome_was_not_shown_before_a_crash_is_shown_after_it(shop: Town) -> None:
    async with shop.bot() as bot:
        run_id = await tell(bot.engine.incidents)
        await report(shop, "is too low")
        await tell(bot.engine.incidents, signal(2, "resolved"))
        await report(shop, "It is back to normal.")
        await settled(bot)
        bot.engine.dispatcher.wake = lambda run_id, *, urgent=False: None  # type: ignore[method-assign]  # as if the power went
        await bot.engine.incidents.mark(run_id, Mark.FALSE_ALARM, ALICE)
    async with shop.bot():
        await report(shop, "*A false alarm*")


async def test_one_false_alarm_too_many_has_less_proposed_once(shop: Town) -> None:
    for number in range(3):
        async with shop.bot() as bot:
            began = replace(signal(number, found=finding(measure="value", score=3.0)), began=str(number))
            await tell(bot.engine.incidents, began)
            message = await report(shop, "is too low")
            await shop.alice.click(INCIDENTS, message, "finding_false")
            await report(shop, "*A false alarm*")
            await settled(bot)
    reports = [m for m in await shop.dana.channel(INCIDENTS) if m["user"] == BOT and not m["ephemeral"]]
    threads = [await shop.bots_messages(m["ts"]) for m in reports]
    assert sorted(len(thread) for thread in threads) == [1, 2, 2]
    assert "3 false alarms in a week" in str([words_of(thread[-1]) for thread in threads])
    assert "With sensitivity: 0.31 instead of 1" in str([words_of(thread[-1]) for thread in threads])


async def test_the_digest_comes_once_and_can_be_asked(shop: Town) -> None:
    now = datetime.now(UTC)
    [digest] = shop.config.digests
    due = digest.times.after(now)
    async with open_store(shop.settings, str) as store:
        await store.schedules.put(Kept(digest.name, 1, "", now - timedelta(hours=1)))
        async with wired(shop.settings, shop.config, store) as bot:
            await tell(bot.engine.incidents, trigger=cause())
            await settled(bot)
            for late in (1, 2, 90):
                await digests_of(bot.slack, bot.engine, store, shop.config, lambda: due + timedelta(seconds=late)).tick()  # noqa: B023
                await settled(bot)
    async with shop.bot():
        posted = [m for m in await shop.dana.channel(INCIDENTS) if "Daily digest" in str(m["blocks"])]
        [message] = posted
        assert "1 new finding, 0 over, 1 open." in words_of(message)
        assert "volume of shop.orders (region=eu)" in words_of(message)
        await shop.dana.post(INCIDENTS, "status of checkout?", message["ts"])
        await shop.answer(message["ts"])
