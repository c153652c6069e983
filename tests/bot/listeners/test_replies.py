"""A question in words: answered in the thread or in the dialog, over the wire."""

from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import kinds
from tests.bot.office import Kept, office
from tests.bot.sandbox.acting import Page
from tests.world import ScriptedModel, says

QUESTION = {"question": "Which cluster is it, blue or green?", "to": "operators"}


def asking() -> Kept:
    """The model asks people something, then answers."""
    return Kept(model=ScriptedModel(says("I cannot tell.", ("ask_human", QUESTION)), says("It is the **blue** one.")))


async def test_a_reply_in_the_thread_is_the_answer(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, asking()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts, "A question for you")
        assert "Which cluster is it" in str(card["blocks"])
        assert "S01OPS" in str(card["blocks"])
        await page.act("post", user="U01BOB", channel=card["channel"], thread_ts=ts, text="The blue one.")
        await bot.said(ts, "It is the *blue* one.")
        assert "The blue one." in str(bot.kept.model.prompts[-1].messages[-1].texts)
        assert (await bot.card(ts, "Was asked"))["ts"] == card["ts"]


async def test_a_reply_in_the_dialog_is_the_answer(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, asking()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts, "A question for you"), "reply", "U01ALICE")
        assert await bot.submit("U01ALICE", await bot.modal("U01ALICE"), words={"value": "Blue, since Monday."}) is None
        await bot.said(ts, "It is the *blue* one.")
        (heard,) = await kinds(bot, "input_received")
        assert "Blue, since Monday." in str(heard)


async def test_a_crash_while_it_waits_asks_nobody_twice(sandbox: Sandbox, page: Page) -> None:
    kept = asking()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.card(ts, "A question for you")
    async with office(sandbox, page, kept) as bot:
        await bot.runs.recover()
        card = await bot.card(ts, "A question for you")
        await page.act("post", user="U01DANA", channel=card["channel"], thread_ts=ts, text="Blue.")
        await bot.said(ts, "It is the *blue* one.")
        assert len(await kinds(bot, "help_asked")) == 1
        assert sum("A question for you" in str(one) or "Was asked" in str(one) for one in await page.thread(ts)) == 1


async def test_a_guest_has_no_use_of_the_button_but_may_write(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, asking()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts, "A question for you")
        await bot.click(card, "reply", "U01GUS")
        await bot.said(ts, "Only members of this workspace", user="U01GUS")
        await page.act("post", user="U01GUS", channel=card["channel"], thread_ts=ts, text="Blue.")
        await bot.said(ts, "It is the *blue* one.")
        assert (await bot.run()).tainted
