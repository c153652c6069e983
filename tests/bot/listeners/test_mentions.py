"""What people write: which of it becomes a run, and which run."""

from typing import Any

import pytest

from agents.core.trigger import Place, Source
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.world import ScriptedModel, says


async def test_a_mention_gives_one_run_a_sign_of_life_and_an_answer(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention("what of @alice & <b>?")
        await bot.said(ts, "Done.")
        run = await bot.run()
        assert (run.text, run.trigger.source, run.trigger.actor) == ("what of @Alice Moreau & <b>?", Source.MENTION, "T01SANDBOX/U01DANA")
        assert (run.trigger.actor_name, run.trigger.tainted) == ("Dana Reyes", False)
        assert run.trigger.place == Place("T01SANDBOX", INCIDENTS, ts)
        await bot.dispatcher.settled()
        assert len(bot.kept.journal.rows) == 1
        assert len([m for m in await page.thread(ts) if "Done." in str(m["blocks"])]) == 1
        await bot.said(ts, "*Done* after 1 step")


async def test_a_direct_message_needs_no_mention(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = (await page.act("post", user="U01DANA", channel="D01DANA", text="how is checkout?"))["ts"]
        await bot.said(ts, "Done.", channel="D01DANA")
        run = await bot.run()
        assert (run.text, run.trigger.source) == ("how is checkout?", Source.DIRECT_MESSAGE)


async def test_a_reply_goes_to_the_open_run_and_later_continues_it(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("", ("write", {"a": 1})), says("First."), says("Second.")))
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await page.act("post", user="U01BOB", channel=INCIDENTS, text="mind the sale", thread_ts=ts)

        async def heard() -> bool | None:
            return bool((await bot.run()).unread) or None

        await eventually(heard)
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "First.")
        assert "mind the sale" in str(kept.model.prompts[-1].messages)
        await bot.dispatcher.settled()
        await page.act("post", user="U01DANA", channel=INCIDENTS, text="and now?", thread_ts=ts)
        await bot.said(ts, "Second.")
        first, second = [await bot.runs.see(run_id) for run_id in kept.journal.rows]
        assert second.trigger.continues == first.run_id


async def test_a_reply_on_the_heels_of_its_mention_waits_for_the_run(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(channels={"#incidents": "triage"})) as bot:
        await page.act("faults", rate_limit={"method": "conversations.info", "times": 2, "retry_after": 1})
        ts = await bot.mention()
        await page.act("post", user="U01BOB", channel=INCIDENTS, text="mind the sale", thread_ts=ts)

        async def heard() -> bool | None:
            return "mind the sale" in str([prompt.messages for prompt in bot.kept.model.prompts]) or None

        await eventually(heard)


async def test_talk_that_is_not_meant_for_the_bot_is_left_alone(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = (await page.act("post", user="U01DANA", channel=INCIDENTS, text="lunch?"))["ts"]
        await page.act("post", user="U01BOB", channel=INCIDENTS, text="yes", thread_ts=ts)
        await bot.said(await bot.mention(), "Done.")
        assert len(bot.kept.journal.rows) == 1
        assert [key for key in bot.kept.inbox.kept if ":event:" in key]


async def test_a_mention_without_words_is_told_what_to_do(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        ts = await bot.mention("")
        async def told() -> bool | None:
            return any("Say what you need" in m["text"] for m in await page.messages()) or None

        await eventually(told)
        assert ts
        assert bot.kept.journal.rows == {}


async def test_a_guests_words_taint_the_run(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await bot.said(await bot.mention(user="U01GUS"), "Done.")
        assert (await bot.run()).tainted


async def test_what_is_said_in_a_channel_for_outsiders_taints_whoever_says_it(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(channels={"#incidents": "triage"}, tainted=frozenset({"#incidents"}))
    async with office(sandbox, page, kept) as bot:
        await bot.said(await bot.mention(), "Done.")
        run = await bot.run()
        assert (run.tainted, run.trigger.channel) == (True, "#incidents")


async def test_of_outsiders_who_are_mentioned_their_names_are_not_read(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await bot.said(await bot.mention("tell <@U01GUS> and <@U01ALICE>"), "Done.")
        run = await bot.run()
        assert (run.tainted, run.text) == (False, "tell @U01GUS and @Alice Moreau")


@pytest.mark.parametrize(
    ("channels", "agent"),
    [
        ({"#incidents": "triage"}, "triage"),
        ({"#general": "triage"}, None),
        ({"dm": "triage"}, None),
        ({}, "triage"),
    ],
)
async def test_the_channel_says_which_agent_listens(sandbox: Sandbox, page: Page, channels: dict[str, Any], agent: str | None) -> None:
    async with office(sandbox, page, Kept(channels=channels)) as bot:
        ts = await bot.mention()
        if agent:
            await bot.said(ts, "Done.")
            assert (await bot.run()).agent == agent
        else:
            async def told() -> bool | None:
                return any("No agent listens" in m["text"] for m in await page.messages()) or None

            await eventually(told)
            assert bot.kept.journal.rows == {}


async def test_a_channel_whose_name_cannot_be_asked_just_now_is_asked_again(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(channels={"#incidents": "triage"})) as bot:
        await page.act("faults", rate_limit={"method": "conversations.info", "times": 9, "retry_after": 0})
        await bot.said(await bot.mention(), "Done.")


async def test_nothing_that_is_posted_or_updated_is_unfurled_or_linked_by_slack(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("I write.", ("write", {"x": 1})), says("See https://evil.test/?d=secret.")))
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "evil.test")
        calls = [*await bot.calls("chat.postMessage"), *await bot.calls("chat.update")]
        assert calls
        for call in calls:
            sent = call["arguments"]
            assert (sent["parse"], str(sent["unfurl_links"]), str(sent["unfurl_media"])) == ("none", "False", "False"), call["method"]
        assert not any("<https://evil.test" in str(message["blocks"]) for message in await page.thread(ts))


async def test_a_hostile_answer_is_posted_whole_and_mentions_nobody(sandbox: Sandbox, page: Page) -> None:
    words = "<!channel> <@U01CAROL> " + "\n".join(f"line {n} &<> \u202e" for n in range(4000))
    async with office(sandbox, page, Kept(model=ScriptedModel(says(words)))) as bot:
        ts = await bot.mention()
        await bot.said(ts, "line 3999 ")
        shown = str([message["blocks"] for message in await page.thread(ts) if message["user"] == "U01BOT"])
        assert "<!channel>" not in shown
        assert "<@U01CAROL>" not in shown
        assert all(f"line {n} &amp;" in shown for n in range(4000))
        assert not [call for call in await bot.calls("chat.postMessage") if not call["ok"]]
