"""Clicks on the card, by everybody who may and may not."""

from collections import deque

import pytest

from agents.core import events as e
from agents.core.ids import AskId
from agents.ports import Unknown
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, Office, office, title
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.world import ScriptedModel, says


def wants(tool: str = "write") -> Kept:
    """The model asks for one call that needs a countersignature, then answers."""
    return Kept(model=ScriptedModel(says("It looks wrong to me.", (tool, {"service": "checkout"})), says("It is **back** to normal.")))


async def kinds(bot: Office, kind: str) -> list[e.Event]:
    """The run's events of this kind."""
    return [row.event for rows in bot.kept.journal.rows.values() for row in rows if row.event.kind == kind]


async def test_an_approval_runs_the_call_and_the_answer_follows(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        decided = await bot.card(ts, "Approved")
        assert decided["ts"] == card["ts"]
        assert not [block for block in decided["blocks"] if block["type"] == "actions"]
        assert bot.kept.toolbox.effects[0][:2] == ("write", {"service": "checkout"})
        assert card["metadata"]["event_payload"] == {"key": f"{(await bot.run()).run_id}/card:{(await bot.run()).run_id}.a1"}


async def test_a_denial_asks_for_the_reason_and_the_model_reads_it(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "deny", "U01BOB")
        assert await bot.submit("U01BOB", await bot.modal("U01BOB"), reason={"value": "Not during the sale"}) is None
        denied = await bot.card(ts, "Denied")
        assert "Not during the sale" in str(denied["blocks"])
        await bot.said(ts, "It is *back* to normal.")
        assert bot.kept.toolbox.effects == []
        assert "Not during the sale" in str(bot.kept.model.prompts[-1].messages)


async def test_details_are_for_members(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "details", "U01GUS")
        await bot.said(ts, "Only members of this workspace who may read", user="U01GUS")
        assert (await page.see("views", user="U01GUS"))["views"] == []


async def test_details_show_the_whole_call(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        await bot.click(await bot.card(await bot.mention()), "details", "U01CAROL")
        view = await bot.modal("U01CAROL")
        assert '"service": "checkout"' in str(view["blocks"])
        assert "version v1" in str(view["blocks"])


@pytest.mark.parametrize(
    ("user", "code", "words"),
    [
        ("U01CAROL", "approver", "not among those who may decide"),
        ("U01DANA", "initiator", "You asked for this"),
        ("U01GUS", "guest", "Guests cannot decide"),
    ],
)
async def test_who_may_not_decide_is_told_in_private(sandbox: Sandbox, page: Page, user: str, code: str, words: str) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "approve", user)
        assert (await bot.said(ts, words, user))["ephemeral"]
        assert words not in str(await page.thread(ts, "U01BOB"))
        assert [refused.code for refused in await kinds(bot, "click_refused")] == [code]  # type: ignore[union-attr]  # of this kind
        assert title(await bot.card(ts)) == "Approval needed: write"
        assert bot.kept.toolbox.effects == []


async def test_the_second_click_on_a_decided_card_is_told_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        ask = AskId(next(b for b in card["blocks"] if b["type"] == "actions")["elements"][0]["value"])
        await bot.runs.answer(ask, "approve", (await bot.run()).trigger.actor)  # refused: the initiator
        await bot.click(card, "deny", "U01BOB")
        view = await bot.modal("U01BOB")
        await bot.click(card, "approve", "U01ALICE")
        await bot.card(ts, "Approved")
        await bot.submit("U01BOB", view)
        await bot.said(ts, "already decided: granted by Alice Moreau", "U01BOB")
        assert len(bot.kept.toolbox.effects) == 1


async def test_a_call_in_doubt_is_settled_by_a_button(sandbox: Sandbox, page: Page) -> None:
    kept = wants()
    kept.toolbox.results["write"] = deque([Unknown("The connection broke.")])
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "approve", "U01ALICE")
        await bot.click(await bot.card(ts, "Did this happen?"), "resolve_happened", "U01ALICE")
        await bot.card(ts, "Settled")
        await bot.said(ts, "It is *back* to normal.")


async def test_a_limit_is_answered_by_an_operator_or_ended_by_whoever_asked(sandbox: Sandbox, page: Page) -> None:
    failing = says("Again.", ("read", {"x": "no number"}))
    async with office(sandbox, page, Kept(model=ScriptedModel(failing, failing))) as bot:
        ts = await bot.mention()
        card = await bot.card(ts, "Paused")
        await bot.click(card, "limit_raise", "U01DANA")
        await bot.said(ts, "Only operators may raise a limit", "U01DANA")
        await bot.click(card, "stop", "U01DANA")
        await bot.said(ts, "Stopped by Dana Reyes")
        await bot.card(ts, "Was paused")


async def test_a_button_of_a_run_that_is_gone_says_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        bot.kept.journal.rows.clear()
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "not known here any more", "U01ALICE", INCIDENTS)
        await bot.click(card, "details", "U01ALICE")
        await bot.said(ts, "There is no run", "U01ALICE", INCIDENTS)
