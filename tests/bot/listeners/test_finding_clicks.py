"""Clicks on reports, over the wire: who may, twice, too late, after a restart, and what the report shows of them."""

from agents.core import events as e
from agents.core.finding import Mark
from agents.core.ids import RunId, person
from bot.sandbox.app import Sandbox
from tests.bot.findings import cause, finding, signal, tell
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import Json, Page
from tests.world import ScriptedModel, says


async def report(bot: Office, words: str = "Warning: volume of shop.orders") -> Json:
    """The report in the channel, once it holds these words."""
    async def found() -> Json | None:
        return next((m for m in await bot.page.messages() if words in str(m["blocks"])), None)

    return await eventually(found)


async def whispered(bot: Office, words: str, user: str = "U01DANA") -> None:
    """Wait until this was said to them alone."""
    async def found() -> bool | None:
        return any(m["ephemeral"] and words in m["text"] for m in await bot.page.messages(user)) or None

    await eventually(found)


async def kept_by(bot: Office, shown: Json) -> Json:
    """The message as somebody still has it before their eyes whatever becomes of it: its elements can be used."""
    copy = await bot.slack.client.chat_postMessage(channel=shown["channel"], text="as it was", blocks=shown["blocks"])
    return {"channel": shown["channel"], "ts": copy["ts"]}


async def marks(bot: Office, run_id: RunId) -> list[tuple[Mark, str]]:
    return [(one.mark, one.name) for one in (await bot.runs.see(run_id)).marks]


async def test_one_message_shows_what_goes_on_until_it_is_over(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        run_id = await tell(bot.incidents)
        first = await report(bot)
        for number in range(2, 6):
            await tell(bot.incidents, signal(number))
        await report(bot, "told 5 times")
    async with office(sandbox, page, kept) as bot:
        await tell(bot.incidents, signal(6, found=finding(observed=300.0)))
        assert (await report(bot, "*300 rows*"))["ts"] == first["ts"]
        assert await tell(bot.incidents, signal(7, "resolved")) == run_id
        over = await report(bot, "Resolved: volume of shop.orders")
        assert over["ts"] == first["ts"]
        await bot.dispatcher.settled()
        assert (await bot.runs.see(run_id)).outcome is e.Outcome.RESOLVED
        assert len(await page.messages()) == 1
        assert await page.thread(first["ts"]) == [over]
    assert kept.model.prompts == []


async def test_somebody_looks_after_it_once_however_often_they_click(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        shown = await kept_by(bot, await report(bot))
        for _ in range(2):
            await bot.click(shown, "finding_ack", "U01DANA")
        await whispered(bot, "That is noted already")
        await report(bot, "*Dana Reyes* looks after it")
        assert await marks(bot, run_id) == [(Mark.ACKNOWLEDGED, "Dana Reyes")]


async def test_a_snooze_ends_when_it_was_said(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        shown = await report(bot)
        await bot.click(shown, "finding_snooze", "U01BOB", selected=f"{run_id}|1d")
        await report(bot, ":zzz: Silent until")
        [mark] = (await bot.runs.see(run_id)).marks
        assert mark.until is not None
        assert 86_400 <= (mark.until - mark.at).total_seconds() <= 86_460


async def test_whoever_may_not_is_told_so_and_it_is_recorded_once(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        shown = await report(bot)
        for action in ("finding_ack", "finding_false", "finding_investigate"):
            await bot.click(shown, action, "U01GUS")
        await whispered(bot, "Only full members of this workspace who may read what agents do can say", "U01GUS")
        await whispered(bot, "Only full members of this workspace who may read what agents do can have", "U01GUS")
        await bot.click(shown, "finding_expected", "U01DANA", selected=f"{run_id}|learn")
        await whispered(bot, "Only operators can make it normal", "U01DANA")
        assert await marks(bot, run_id) == []
        refused = [(row.actor, row.event) for row in await bot.kept.journal.read(run_id)]
        codes = [(actor, event.code) for actor, event in refused if isinstance(event, e.ClickRefused)]
        assert codes == [("T01SANDBOX/U01GUS", "role"), ("T01SANDBOX/U01DANA", "role")]
        assert bot.kept.model.prompts == []


async def test_what_is_over_stays_what_was_said_of_it(sandbox: Sandbox, page: Page) -> None:
    kept = Kept()
    async with office(sandbox, page, kept) as bot:
        run_id = await tell(bot.incidents)
        shown = await report(bot)
        await bot.click(shown, "finding_false", "U01DANA")
        over = await report(bot, "*A false alarm*, says *Dana Reyes*")
        assert not any(block["type"] == "actions" for block in over["blocks"])
    async with office(sandbox, page, kept) as bot:  # a click on what somebody still had before their eyes
        old = await kept_by(bot, shown)
        await bot.click(old, "finding_expected", "U01BOB", selected=f"{run_id}|exclude")
        await whispered(bot, "It is over: Dana Reyes has said that it was a false alarm.", "U01BOB")
        await bot.click(old, "finding_ack", "U01ALICE")
        await whispered(bot, "It is over: Dana Reyes has said that it was a false alarm.", "U01ALICE")
        assert await marks(bot, run_id) == [(Mark.FALSE_ALARM, "Dana Reyes")]


async def test_somebody_has_it_looked_into_once(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("stg_orders drops what has no region.")))
    async with office(sandbox, page, kept) as bot:
        run_id = await tell(bot.incidents)
        shown = await report(bot)
        old = await kept_by(bot, shown)
        for _ in range(3):
            await bot.click(old, "finding_investigate", "U01DANA")
        await whispered(bot, "It is being looked into. The answer comes in the thread.")
        await bot.said(shown["ts"], "stg_orders drops what has no region.")
        await report(bot, "It was looked into: see the thread.")
        [prompt] = kept.model.prompts
        assert "Suspect 1 (measured): raw.orders" in str(prompt.messages)
        assert "where does it come from" in str(prompt.messages)
        assert len(kept.journal.rows) == 1
        assert await tell(bot.incidents, signal(2, "resolved")) == run_id
        over = await report(bot, "Resolved: volume of shop.orders")
        assert "It was looked into" in str(over["blocks"])


async def test_what_is_over_is_looked_into_by_a_run_that_continues_it(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("A late load.")))
    async with office(sandbox, page, kept) as bot:
        run_id = await tell(bot.incidents)
        await report(bot)
        await tell(bot.incidents, signal(2, "resolved"))
        shown = await report(bot, "Resolved: volume of shop.orders")
        await bot.dispatcher.settled()
    async with office(sandbox, page, kept) as bot:
        old = await kept_by(bot, shown)
        for _ in range(2):
            await bot.click(old, "finding_investigate", "U01ALICE")
        await bot.said(shown["ts"], "A late load.")
        await bot.dispatcher.settled()
        assert len(kept.journal.rows) == 2
        run = await bot.run()
        assert (run.trigger.continues, run.trigger.actor) == (run_id, "T01SANDBOX/U01ALICE")
        assert "Suspect 1 (measured): raw.orders" in str(kept.model.prompts[0].messages)


async def test_an_agent_that_is_halted_is_not_asked_and_whoever_clicks_is_told(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await tell(bot.incidents)
        shown = await report(bot)
        await bot.switchboard.halt("", person("T01SANDBOX", "U01ALICE"), "a drill")
        await bot.click(shown, "finding_investigate", "U01DANA")
        await whispered(bot, "halted", "U01DANA")
        assert bot.kept.model.prompts == []


async def test_a_storm_is_one_message(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        many = [signal(found=finding(subject=f"shop.table_{n}"), series=str(n)) for n in range(40)]
        await tell(bot.incidents, *many, trigger=cause(monitor="warehouse"))
        await report(bot, "and 39 more")
        await report(bot, "and 33 more")
        assert len(await page.messages()) == 1


async def test_a_menu_of_another_version_does_nothing(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        run_id = await tell(bot.incidents)
        shown = await report(bot)
        strange = {"type": "plain_text", "text": "For ever"}
        menus = [
            {"type": "actions", "elements": [
                {"type": "static_select", "action_id": name, "placeholder": strange,
                 "options": [{"text": strange, "value": f"{run_id}|for ever"}]}
            ]}
            for name in ("finding_snooze", "finding_expected")
        ]  # fmt: skip
        old = await kept_by(bot, {**shown, "blocks": menus})
        for name in ("finding_snooze", "finding_expected"):
            await bot.click(old, name, "U01ALICE", selected=f"{run_id}|for ever")
        await whispered(bot, "This menu is of another version of the bot.", "U01ALICE")
        await bot.dispatcher.settled()
        assert await marks(bot, run_id) == []
