"""One stream: what it sends, and when it stops being one."""

import asyncio
from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.trigger import Place
from bot.live import TEXT, Live
from bot.sandbox.app import Sandbox
from bot.views.stream import opening
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.bot.views.made import run_of, started, turn
from tools.redact import Redactor

RUN = run_of(started())


async def live_in(sandbox: Sandbox, page: Page, lifetime: float = 60.0, redact: Callable[[str], str] = str) -> Live:
    """A stream that has begun."""
    client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
    ts = await page.say("slow")
    stream = await client.chat_startStream(
        channel=INCIDENTS, thread_ts=ts, recipient_team_id="T01SANDBOX", recipient_user_id="U01DANA", chunks=opening(RUN, "Thinking")
    )
    return Live(Place("T01SANDBOX", INCIDENTS, ts), stream["ts"], client, redact=redact, interval=0.0, lifetime=lifetime)


async def test_it_ends_before_slack_seals_it(sandbox: Sandbox, page: Page) -> None:
    live, ended = await live_in(sandbox, page, lifetime=0.05), asyncio.Event()
    async with asyncio.timeout(2):
        await live.keep(ended.set)
    assert ended.is_set()
    assert not live.running


async def test_more_text_than_it_takes_ends_it(sandbox: Sandbox, page: Page) -> None:
    live = await live_in(sandbox, page)
    live.say("word " * (TEXT // 5 + 1))
    await live.keep(lambda: None)
    assert not live.holds("word")


async def test_it_holds_an_answer_that_it_was_told_in_part(sandbox: Sandbox, page: Page) -> None:
    live = await live_in(sandbox, page)
    live.say("It is ")
    live.moved(run_of(started(), *turn("It is fine.")))
    assert live.holds("It is fine.")
    assert await live.stop(run_of(started(), *turn("It is fine.")), [], {"event_type": "k", "event_payload": {}}, None)
    assert "It is fine." in str((await page.thread(live.place.thread_ts))[1]["blocks"])


async def test_it_does_not_hold_what_it_was_told_otherwise(sandbox: Sandbox, page: Page) -> None:
    live = await live_in(sandbox, page)
    live.say("It was fine.")
    assert not live.holds("It is fine.")
    assert not (await live_in(sandbox, page)).holds(" \n")


async def test_nothing_goes_in_behind_an_answer(sandbox: Sandbox, page: Page) -> None:
    live, run = await live_in(sandbox, page), run_of(started(), *turn("It is fine."))
    assert live.holds("It is fine.")
    live.say(" Or not.")
    live.say("")
    live.doing(run, "Thinking again")
    live.moved(run_of(started(), *turn("Other.")))
    await live.stop(run, [], {"event_type": "k", "event_payload": {}}, None)
    shown = str((await page.thread(live.place.thread_ts))[1]["blocks"])
    assert "It is fine." in shown
    assert not any(words in shown for words in ("Or not", "again", "Other"))


async def test_a_secret_that_comes_in_pieces_is_never_shown_in_part(sandbox: Sandbox, page: Page) -> None:
    secret = "0123456789abcdef-held"
    live = await live_in(sandbox, page, redact=Redactor([secret]))
    keeping = asyncio.create_task(live.keep(lambda: None))
    for piece in ("The key is ", *secret, " and", " more"):
        live.say(piece)
        await asyncio.sleep(0.01)
    await keeping
    assert not live.running
    shown = str((await page.thread(live.place.thread_ts))[1]["blocks"])
    assert "The key is" in shown
    assert secret[:3] not in shown
