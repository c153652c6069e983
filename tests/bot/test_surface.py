"""The surface in the sandbox's workspace: keys, search, rate limits, progress."""

from agents.core.ids import AskId, person
from agents.core.state import Run
from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import Json, Page
from tests.world import ScriptedModel, says

ALICE = person("T01SANDBOX", "U01ALICE")


async def waiting_run(bot: Office) -> Run:
    """A run whose card stands."""
    await bot.card(await bot.mention())
    await bot.dispatcher.settled()
    return await bot.run()


async def thread_of(bot: Office, run: Run) -> list[Json]:
    """What stands in the run's thread."""
    assert run.trigger.place is not None
    return await bot.page.thread(run.trigger.place.thread_ts)


async def test_a_message_that_stands_already_is_adopted(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        run = await waiting_run(bot)
        card = f"card:{run.run_id}.a1"
        before = await thread_of(bot, run)
        found = await bot.surface.post(run, card, search=True)
        assert (found.ts, found.shows) == (run.posts[card].ts, "")  # what it shows is not known, so it is brought up to date next
        assert (await bot.surface.post(run, "progress", search=True)).ts == run.posts["progress"].ts
        assert len(await thread_of(bot, run)) == len(before)


async def test_a_message_that_does_not_stand_is_posted(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        run = await waiting_run(bot)
        posted = await bot.surface.post(run, "answer:1", search=True)
        assert posted.ts
        assert posted.ts not in [post.ts for post in run.posts.values()]


async def test_a_crash_between_the_parts_of_an_answer_repeats_none_of_them(sandbox: Sandbox, page: Page) -> None:
    words = "\n".join(f"line {n} " + "x" * 90 for n in range(300))
    async with office(sandbox, page, Kept(model=ScriptedModel(says(words)))) as bot:
        await bot.said(await bot.mention(), "line 299")
        await bot.dispatcher.settled()
        run = await bot.run()
        stood = await thread_of(bot, run)
        assert len(stood) > 5
        await bot.slack.client.chat_delete(channel="C01INCIDENTS", ts=stood[3]["ts"])
        assert (await bot.surface.post(run, "answer:1", search=True)).ts == run.posts["answer:1"].ts
        assert len(await thread_of(bot, run)) == len(stood)


async def test_a_thread_of_many_pages_is_searched_whole(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        run = await waiting_run(bot)
        assert run.trigger.place is not None
        for n in range(250):
            await bot.slack.client.chat_postMessage(channel="C01INCIDENTS", thread_ts=run.trigger.place.thread_ts, text=f"noise {n}")
        posted = await bot.surface.post(run, "answer:1", search=False)
        assert (await bot.surface.post(run, "answer:1", search=True)).ts == posted.ts
        assert len(await bot.calls("conversations.replies")) >= 2


async def test_429s_are_waited_out(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        await page.act("faults", rate_limit={"method": "chat.postMessage", "times": 3, "retry_after": 0})
        run = await waiting_run(bot)
        assert run.posts["progress"].ts
        assert run.posts[f"card:{run.run_id}.a1"].ts
        await page.act("faults", rate_limit={"method": "chat.update", "times": 3, "retry_after": 0})
        await bot.runs.answer(AskId(f"{run.run_id}.a1"), "approve", ALICE)
        await bot.dispatcher.settled()
        assert "Approved" in str(await thread_of(bot, run))


async def test_progress_says_what_happens_just_now(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        run = await waiting_run(bot)
        bot.surface.progress(run, "reads <!channel> the graph")

        async def shown() -> bool | None:
            return "reads &lt;!channel&gt; the graph" in str(await thread_of(bot, run)) or None

        await eventually(shown)


async def test_a_message_that_is_gone_is_given_up(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        run = await waiting_run(bot)
        card = f"card:{run.run_id}.a1"
        await bot.slack.client.chat_delete(channel="C01INCIDENTS", ts=run.posts[card].ts or "")
        await bot.runs.answer(AskId(f"{run.run_id}.a1"), "approve", ALICE)
        await bot.dispatcher.settled()
        assert (await bot.run()).outcome == "answered"


async def test_nothing_is_said_of_progress_once_it_is_over(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention()
        await bot.said(ts, "Done.")
        await bot.dispatcher.settled()
        bot.surface.progress(await bot.run(), "it is over, so this goes nowhere")
        assert "goes nowhere" not in str(await page.thread(ts))
