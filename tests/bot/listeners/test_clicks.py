"""Clicks on the card, by everybody who may and may not."""

from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, office
from tests.bot.sandbox.acting import Page
from tests.world import ScriptedModel, says


def wants_write() -> Kept:
    """The model asks for one call that needs a countersignature, then answers."""
    return Kept(model=ScriptedModel(says("It looks wrong to me.", ("write", {"service": "checkout"})), says("It is **back** to normal.")))


async def test_an_approval_runs_the_call_and_the_answer_follows(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants_write()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        decided = await bot.card(ts, "Approved")
        assert decided["ts"] == card["ts"]
        assert not [block for block in decided["blocks"] if block["type"] == "actions"]
        assert bot.kept.toolbox.effects[0][:2] == ("write", {"service": "checkout"})
