"""A question in words, in a browser, with the real bot: asked with what was found, answered in the dialog, told how it ended."""

import pytest

from tests.whole.quiet import called
from tests.whole.town import Town, settled
from tests.whole.windows import picture, press, said, windows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_an_agent_that_cannot_go_on_asks_the_operators(acme: Town) -> None:
    asks = {"tool": "ask_human", "arguments": {"question": "orders-db is behind. Is the batch job meant to run now?", "to": "operators"}}
    await acme.scene(
        "is the database well",
        {"when": {"turn": 1}, "say": "I look.", "calls": [{"tool": "database_status", "arguments": {"database": "orders-db"}}]},
        {"when": {"turn": 2}, "say": "I cannot tell from here.", "calls": [asks]},
        {"when": {"turn": 3}, "say": "The batch job is meant to run, so this will pass by itself."},
    )
    async with acme.bot() as bot, windows(acme) as browser:
        ts = await acme.mention("is the database well?")
        alice = await browser.thread("U01ALICE", ts)
        await said(alice, "Is the batch job meant to run now?")
        await settled(bot)
        await picture(alice, "help-1-asked")
        await press(alice, "Answer")
        dialog = alice.page.get_by_role("dialog")
        await dialog.get_by_label("Your answer").fill("Yes, until six.")
        await picture(alice.page, "help-2-dialog")
        await press(dialog, "Answer")
        await said(alice, "this will pass by itself")
        await settled(bot)
        await picture(alice, "help-3-answered")
    assert await called(acme) == {"card": {"U01ALICE", "U01BOB"}}
