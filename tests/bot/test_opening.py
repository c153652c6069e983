"""A run without a message of somebody's opens its thread in its channel, once."""

from agents.core.trigger import Place, Source, Trigger
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.world import DANA, ScriptedModel, says


async def test_it_answers_in_the_thread_that_it_opened(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("It is the database.")))
    async with office(sandbox, page, kept) as bot:
        place = Place(bot.slack.team, INCIDENTS, "")
        trigger = Trigger(Source.WEBHOOK, "alert:1", DANA, "Alertmanager", place, tainted=True)
        for _ in range(2):
            await bot.runs.start(trigger, "HighLatency on checkout\np95 is 2,310 ms <!channel>", "triage")

        async def opened() -> str | None:
            found = [message for message in await page.messages() if "HighLatency" in str(message)]
            assert len(found) < 2
            return str(found[0]["ts"]) if found else None

        ts = await eventually(opened)
        answer = await bot.said(ts, "It is the database.")
        assert answer["thread_ts"] == ts
        assert "<!channel>" not in str(answer)
        heard = await kept.journal.last_in_thread(Place(bot.slack.team, INCIDENTS, ts))
        assert heard == (await bot.run()).run_id
