"""A model that thinks, whole: what it thought is kept for it over a crash, and no person ever reads it."""

import json

from agents.core import events as e
from tests.whole.town import INCIDENTS, Town, settled

THOUGHT = "Somebody says that checkout is slow."


async def test_thinking_survives_a_restart_comes_back_and_is_shown_to_nobody(acme: Town) -> None:
    """The sandbox's model refuses a request whose thinking is missing or changed, so the answer proves that it came back."""
    async with acme.bot():
        ts = await acme.mention("checkout is slow")
        card = await acme.card(ts)
    async with acme.bot() as bot:
        await acme.alice.click(INCIDENTS, card, "details")
        details = await acme.alice.views()
        await acme.alice.click(INCIDENTS, card, "approve")
        await acme.answer(ts)
        await acme.dana.command(INCIDENTS, "/ops audit")
        await settled(bot)
    asked = [request["body"] for request in (await acme.get("model/log"))["requests"]]
    assert THOUGHT in str(asked[-1]["messages"][1]["content"][0])
    kept = [row.event.thinking for row in await acme.events() if isinstance(row.event, e.ModelAnswered)]
    assert [bool(thinking) for thinking in kept] == [True, True, False, False]
    shown = json.dumps([await acme.dana.thread(INCIDENTS, ts), await acme.dana.channel(INCIDENTS), details])
    said = json.dumps((await acme.get("page/log"))["calls"])
    for private in (THOUGHT, json.loads(kept[0][32:])[0]["signature"]):
        assert private not in shown
        assert private not in said
