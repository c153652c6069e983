"""A run in its stream, over the wire: whatever happens to it, in the end a reader sees each word of the answer exactly once."""

import asyncio
import json
import re
from collections import deque
from collections.abc import Sequence

import aiohttp
import pytest

from agents.core import events as e
from agents.core.ids import AskId, person
from bot.live import TEXT
from bot.sandbox.app import Sandbox, running
from bot.sandbox.seed import acme
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import Json, Page
from tests.world import ScriptedModel, says

ALICE = person("T01SANDBOX", "U01ALICE")
READING = says("First i00001 i00002 of it.", ("read", {"x": 1}))


def words(count: int, letter: str = "w") -> str:
    """A text of so many different words, in lines."""
    return "\n".join(" ".join(f"{letter}{n:05d}" for n in range(at, min(at + 9, count))) for at in range(0, count, 9))


def seen(messages: Sequence[Json], letter: str = "w") -> list[str]:
    """Those words as they stand in the messages, in order."""
    return re.findall(rf"{letter}\d{{5}}", json.dumps([message["blocks"] for message in messages]))


async def told(bot: Office, count: int, ts: str | None = None) -> list[Json]:
    """The thread once the run is over; the answer of `count` words stands in it, whole and once, and no stream is left open."""
    ts = ts or await bot.mention()

    async def over() -> bool | None:
        runs = [await bot.runs.see(run_id) for run_id in list(bot.kept.journal.rows)]
        return any(run.over and run.trigger.place and run.trigger.place.thread_ts == ts for run in runs) or None

    await eventually(over, 10)
    await bot.dispatcher.settled()
    assert not bot.surface._telling._told
    thread = await bot.page.thread(ts)
    assert seen(thread) == words(count).split()
    assert not any(message["streaming"] for message in thread)
    return thread


def writing(count: int, **more: object) -> Kept:
    """A model that reads something and then answers so many words, in small pieces."""
    return Kept(model=ScriptedModel(READING, says(words(count)), cut=40, pause=0.005, **more))  # type: ignore[arg-type]  # given by name


async def test_a_run_begins_works_and_ends_in_one_message(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, writing(100)) as bot:
        thread = await told(bot, 100)
        assert len(thread) == 2
        told_of = ["plan", "task_card", "markdown", "task_card", "markdown"]
        behind = ["section", "context", "actions", "context_actions"]
        assert [block["type"] for block in thread[1]["blocks"]] == [*told_of, *behind]
        plan, first, said, step, _, rests_on, small, *_ = thread[1]["blocks"]
        assert (plan["title"][:18], first["status"]) == ("Done after 2 steps", "complete")
        assert (step["title"], step["status"]) == ("read(x: 1)", "complete")
        assert seen(thread, "i") == ["i00001", "i00002"]
        assert "First" in said["text"]
        assert "`read` (x: 1)" in rests_on["text"]["text"]
        assert "2 steps" in small["elements"][0]["text"]
        run = await bot.run()
        assert run.posts["answer:2"].ts == run.posts["progress"].ts == thread[1]["ts"]
        assert thread[1]["metadata"]["event_payload"] == {"key": f"{run.run_id}/answer:2"}
        assert len(await bot.calls("chat.appendStream")) > 3


async def test_what_the_model_writes_is_seen_while_it_writes(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(model=ScriptedModel(says(words(60)), cut=20, pause=0.03))) as bot:
        ts = await bot.mention()

        async def growing() -> bool | None:
            thread = await page.thread(ts)
            return (len(thread) > 1 and thread[1]["streaming"] and 5 < len(seen(thread)) < 60) or None

        await eventually(growing)
        await told(bot, 60, ts)


async def test_a_model_that_writes_nothing_on_the_way_ends_in_the_stream_too(sandbox: Sandbox, page: Page) -> None:
    kept = writing(50)
    kept.model.cut = 0
    kept.toolbox.gate = asyncio.Event()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.said(ts, "read(x: 1)")
        kept.toolbox.gate.set()
        assert len(await told(bot, 50, ts)) == 2


async def test_without_streams_one_message_is_edited(sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    await page.act("faults", unknown_methods=["chat.startStream", "chat.appendStream", "chat.stopStream"])
    async with office(sandbox, page, writing(100)) as bot:
        first = await bot.mention()

        async def growing() -> bool | None:
            return bool(0 < len(seen(await page.thread(first))) < 100 and "read(x: 1): done" in str(await page.thread(first))) or None

        await eventually(growing)
        thread = await told(bot, 100, first)
        assert len(thread) == 3
        assert seen(thread[1:2], "i") == ["i00001", "i00002"]
        bot.kept.model.script.extend([READING, says(words(20))])
        await told(bot, 20)
        assert len(await bot.calls("chat.startStream")) == 1
        assert caplog.text.count("This workspace has no streams (unknown_method): one message is edited instead.") == 1


async def test_a_stream_that_is_sealed_goes_on_as_a_message_that_is_edited() -> None:
    now = [1_700_000_000.0]
    async with running(workspace=acme(lambda: now[0])) as sandbox, aiohttp.ClientSession() as session:
        page = Page(session, sandbox.url)
        async with office(sandbox, page, writing(200)) as bot:
            ts = await bot.mention()
            await bot.said(ts, "w00020")
            now[0] += 400
            thread = await told(bot, 200, ts)
            assert len(thread) == 3
            assert seen(thread, "i") == ["i00001", "i00002"]
            assert "*Done*" in str(thread[1]["blocks"])


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
async def test_a_line_that_breaks_loses_and_doubles_nothing(sandbox: Sandbox, page: Page, method: str, heard: bool) -> None:
    kept = writing(60)
    kept.breaks[method] = deque([heard])
    async with office(sandbox, page, kept) as bot:
        thread = await told(bot, 60)
        assert seen(thread, "i") == ["i00001", "i00002"]
        assert not kept.breaks[method]


async def test_streams_that_are_asked_for_too_often_hold_nothing_up(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", rate_limit={"method": "chat.startStream", "times": 1, "retry_after": 60})
    async with office(sandbox, page, writing(60)) as bot:
        bot.kept.model.script.extend([READING, says(words(60))])
        assert len(await told(bot, 60)) == 3
        assert len(await told(bot, 60)) == 3
        assert len(await bot.calls("chat.startStream")) == 1


async def test_appends_that_are_too_many_are_sent_later(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, writing(60)) as bot:
        await page.act("faults", rate_limit={"method": "chat.appendStream", "times": 2, "retry_after": 0})
        assert len(await told(bot, 60)) == 2


@pytest.mark.parametrize("heard", [True, False])
async def test_a_line_that_breaks_when_the_stream_starts_leaves_one_message(sandbox: Sandbox, page: Page, heard: bool) -> None:
    kept = writing(60)
    kept.breaks["chat.startStream"] = deque([heard])
    kept.toolbox.gate = asyncio.Event()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.said(ts, "read(x: 1)")
        kept.toolbox.gate.set()
        assert len(await told(bot, 60, ts)) == (3 if heard else 2)


async def test_text_that_the_model_takes_back_is_not_left_standing(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says(words(100)), cut=40, pause=0.01, voids="v00001 v00002 and\n"))
    async with office(sandbox, page, kept) as bot:
        assert seen(await told(bot, 100), "v") == []


async def test_an_answer_of_forty_thousand_characters(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(READING, says(words(5700)), cut=400, pause=0.002))
    assert len(words(5700)) > 39_000 > TEXT
    async with office(sandbox, page, kept) as bot:
        assert len(await told(bot, 5700)) > 5


async def test_an_answer_that_the_length_limit_cut_in_two(sandbox: Sandbox, page: Page) -> None:
    whole = words(80)
    script = ScriptedModel(READING, says(whole[:203], stop=e.Stop.LENGTH), says(whole[203:]), cut=30, pause=0.005)
    async with office(sandbox, page, Kept(model=script)) as bot:
        assert len(await told(bot, 80)) == 2


async def test_a_crash_after_the_stream_was_stopped_repeats_nothing(sandbox: Sandbox, page: Page) -> None:
    kept = writing(60)
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await told(bot, 60, ts)
        run = await bot.run()
    rows = kept.journal.rows[run.run_id]
    del rows[next(n for n, row in enumerate(rows) if isinstance(row.event, e.PostFinished) and row.event.post == "answer:2"):]
    async with office(sandbox, page, kept) as bot:
        await bot.runs.recover()
        assert len(await told(bot, 60, ts)) == 2
        assert (await bot.run()).posts["answer:2"].ts == run.posts["progress"].ts


async def test_a_crash_in_the_middle_of_a_stream(sandbox: Sandbox, page: Page) -> None:
    kept = writing(60)
    kept.toolbox.gate = asyncio.Event()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.said(ts, "read(x: 1)")
        await bot.run()
    kept.toolbox.gate = None
    async with office(sandbox, page, kept) as bot:
        await bot.runs.recover()
        thread = await told(bot, 60, ts)
        assert len(thread) == 3
        assert seen(thread, "i") == ["i00001", "i00002"]


async def test_two_runs_in_one_channel_do_not_mix(sandbox: Sandbox, page: Page) -> None:
    script = ScriptedModel(says(words(90)), says(words(90)), cut=40, pause=0.005)
    async with office(sandbox, page, Kept(model=script)) as bot:
        first, second = await bot.mention("one"), await bot.mention("two")

        async def both() -> bool | None:
            found = [await bot.runs.see(run_id) for run_id in list(bot.kept.journal.rows)]
            return (len(found) == 2 and all(run.over for run in found)) or None

        await eventually(both)
        for ts in (first, second):
            assert seen(await page.thread(ts)) == words(90).split()


async def test_a_run_that_waits_for_people_has_no_open_stream(sandbox: Sandbox, page: Page) -> None:
    script = ScriptedModel(says("Restart i00001 i00002.", ("write", {"x": 1})), says(words(60)), cut=20, pause=0.005)
    async with office(sandbox, page, Kept(model=script)) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)

        async def rests() -> bool | None:
            message = (await page.thread(ts))[1]
            return (not message["streaming"] and "it waits for a decision" in str(message["blocks"])) or None

        await eventually(rests)
        assert seen((await page.thread(ts))[1:2], "i") == ["i00001", "i00002"]
        run = await bot.run()
        await bot.runs.answer(AskId(f"{run.run_id}.a1"), "approve", ALICE)
        thread = await told(bot, 60, ts)
        assert [message["ts"] for message in thread][2] == card["ts"]
        assert len(thread) == 4
        assert "*Done*" in str(thread[1]["blocks"])


async def test_hostile_text_is_harmless_wherever_it_ends_up(sandbox: Sandbox, page: Page) -> None:
    hostile = "<!channel> <@U01ALICE> &lt;!here&gt; ![x](https://evil.example/p.png)\n[bank](https://evil.example) "
    for more in ("w00000", "`<@U01ALICE>` w00000", "[a](<https://evil.example>) w00000", "```\n<!channel> w00000"):
        async with office(sandbox, page, Kept(model=ScriptedModel(READING, says(hostile + more), cut=7, pause=0.003))) as bot:
            thread = await told(bot, 1)
            for block in [block for message in thread[1:] for block in message["blocks"]]:
                text = block["text"] if block["type"] == "markdown" else block.get("text", {}).get("text", "")
                assert not re.search(r"<[@!]", text)
                assert "[bank](https://evil.example) (evil.example)" in text or "[bank]" not in text


async def test_a_secret_is_not_shown_while_it_is_written(sandbox: Sandbox, page: Page) -> None:
    kept = writing(60)
    kept.redact = lambda text: text.replace("w00011", "[redacted]")
    async with office(sandbox, page, kept) as bot:
        await told(bot, 60)
        assert "w00011" not in str([call["arguments"] for call in await bot.calls("chat.appendStream")])
