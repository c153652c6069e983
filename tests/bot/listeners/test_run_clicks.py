"""Stop, take over, undo, timeline, thumbs, over the wire."""

from dataclasses import replace
from datetime import timedelta

from agents.core import events as e
from agents.core.tool import Undo
from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import kinds, wants
from tests.bot.office import Kept, Office, office
from tests.bot.sandbox.acting import Json, Page
from tests.world import WRITE, ScriptedModel, says


async def answered(bot: Office, ts: str) -> Json:
    """The answer in this thread."""
    return await bot.said(ts, "Done.")


async def test_whoever_takes_over_gets_the_case_and_the_question_is_withdrawn(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "take_over", "U01CAROL")
        await bot.said(ts, "Only operators may do that", "U01CAROL")
        await bot.click(card, "take_over", "U01ALICE")
        await bot.said(ts, "Alice Moreau took this over")
        await bot.said(ts, "approval of write(service: checkout), which did not run")
        await bot.card(ts, "Withdrawn")
        await bot.dispatcher.settled()
        assert (await bot.run()).outcome == "handed over"
        assert bot.kept.toolbox.effects == []


async def test_an_approved_call_is_taken_back_by_a_run_of_its_own(sandbox: Sandbox, page: Page) -> None:
    kept = wants()
    kept.toolbox.define(replace(WRITE, undo=Undo("keyed", {"service": "{service}"}, timedelta(minutes=10))))
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "approve", "U01ALICE")
        await bot.said(ts, "It can be undone until")
        done = await bot.card(ts, "Approved")
        await bot.click(done, "undo", "U01CAROL")
        await bot.said(ts, "Only operators, and those who may approve write, can undo it", "U01CAROL")
        await bot.click(done, "undo", "U01BOB")
        await bot.said(ts, "Undoing write", "U01BOB")
        await bot.click(await bot.card(ts, "Approval needed: keyed"), "approve", "U01ALICE")
        await bot.said(ts, "Done: keyed")
        assert [effect[:2] for effect in kept.toolbox.effects] == [("write", {"service": "checkout"}), ("keyed", {"service": "checkout"})]
        await bot.click(done, "undo", "U01BOB")
        await bot.said(ts, "It is being undone already", "U01BOB")


async def test_the_timeline_is_for_those_who_may_read(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention()
        message = await answered(bot, ts)
        await bot.click(message, "timeline", "U01CAROL")
        assert "asked triage (mention)" in str((await bot.modal("U01CAROL"))["blocks"])
        await bot.click(message, "timeline", "U01GUS")
        await bot.said(ts, "Only members of this workspace who may read", "U01GUS")


async def test_a_thumb_up_is_thanked_for_and_counts_once(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention()
        message = await answered(bot, ts)
        good = f"good:{(await bot.run()).run_id}"
        await bot.click(message, "feedback", "U01DANA", value=good)
        await bot.said(ts, "Thank you. It is kept", "U01DANA")
        await bot.click(message, "feedback", "U01DANA", value=good)
        await bot.said(ts, "That is kept already", "U01DANA")
        [given] = await kinds(bot, "feedback_given")
        assert given == e.FeedbackGiven("Dana Reyes", True, "")


async def test_a_thumb_down_asks_what_was_wrong(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention()
        message = await answered(bot, ts)
        await bot.click(message, "feedback", "U01BOB", value=f"bad:{(await bot.run()).run_id}")
        assert await bot.submit("U01BOB", await bot.modal("U01BOB"), note={"value": "It looked at the wrong service."}) is None
        await bot.said(ts, "Thank you. It is kept", "U01BOB")
        [given] = await kinds(bot, "feedback_given")
        assert given == e.FeedbackGiven("Bob Lindqvist", False, "It looked at the wrong service.")


async def test_a_run_is_stopped_by_an_operator(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("Hm.", ("write", {"service": "checkout"}))))
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        run_id = (await bot.run()).run_id
        blocks = [{"type": "actions", "block_id": "b", "elements": [
            {"type": "button", "action_id": "stop", "value": run_id, "text": {"type": "plain_text", "text": "Stop"}}
        ]}]
        posted = await bot.slack.client.chat_postMessage(channel=card["channel"], thread_ts=ts, text="stop", blocks=blocks)
        stopper = {"channel": card["channel"], "ts": posted["ts"]}
        await bot.click(stopper, "stop", "U01CAROL")
        await bot.said(ts, "Only operators", "U01CAROL")
        await bot.click(stopper, "stop", "U01ALICE")
        await bot.said(ts, "Stopped by Alice Moreau")
        await bot.card(ts, "Withdrawn")
