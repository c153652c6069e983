"""What leaves for Slack, in which order, and how often it is tried."""

import asyncio
import time
from collections.abc import Awaitable
from random import Random

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from bot.outbound import Call, Outbound, Urgency
from bot.trouble import trouble_of


def response(status: int = 200, headers: dict[str, str] | None = None, **body: object) -> AsyncSlackResponse:
    """An answer of Slack's."""
    return AsyncSlackResponse(
        client=AsyncWebClient(), http_verb="POST", api_url="chat.postMessage", req_args={}, data=body, headers=headers or {},
        status_code=status,
    )


def refused(error: str, status: int = 200, **headers: str) -> SlackApiError:
    """Slack refuses."""
    return SlackApiError(error, response(status, headers, ok=False, error=error))  # type: ignore[no-untyped-call]  # slack_sdk's


class Thread:
    """Takes what is sent, after the failures that it was given."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.sent: list[str] = []
        self.tried = 0

    def call(self, name: str, gate: asyncio.Event | None = None) -> Call:
        async def attempt() -> AsyncSlackResponse:
            self.tried += 1
            if gate is not None:
                await gate.wait()
            if self.failures:
                raise self.failures.pop(0)
            self.sent.append(name)
            return response(ok=True, ts=name)

        return attempt


class Still(Random):
    """No pauses between attempts."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


def send(out: Outbound, call: Call, urgency: Urgency = Urgency.SPEECH, message: str | None = None) -> Awaitable[str]:
    """Send in the one channel of these tests."""
    return out.send("C1", call, urgency=urgency, what="a message", message=message)


async def test_a_channel_gets_about_one_message_an_interval_after_a_short_burst() -> None:
    thread = Thread()
    began = time.monotonic()
    async with Outbound(interval=0.05, burst=2) as out:
        await asyncio.gather(*(send(out, thread.call(str(n))) for n in range(6)))
    assert time.monotonic() - began >= 0.2 - 0.01
    assert sorted(thread.sent) == list("012345")


async def test_channels_do_not_wait_for_one_another() -> None:
    thread = Thread()
    async with Outbound(interval=60, burst=1) as out:
        async with asyncio.timeout(10):
            await asyncio.gather(*(
                out.send(channel, thread.call(channel), urgency=Urgency.SPEECH, what="a message") for channel in ("C1", "C2", "C3")
            ))


async def test_cards_go_before_answers_and_those_before_signs_of_life() -> None:
    thread = Thread()
    async with Outbound(interval=0.2, burst=1) as out, asyncio.TaskGroup() as tasks:
        for name, urgency in (("first", Urgency.SIGN), ("sign", Urgency.SIGN), ("answer", Urgency.SPEECH), ("card", Urgency.DECISION)):
            tasks.create_task(send(out, thread.call(name), urgency))  # type: ignore[arg-type]  # it is a coroutine
            await asyncio.sleep(0)
    assert thread.sent == ["first", "card", "answer", "sign"]


async def test_of_progress_the_latest_is_sent() -> None:
    thread = Thread()
    async with Outbound(interval=0.02, burst=2) as out:
        await send(out, thread.call("a"))
        for n in range(100):
            out.hint("C1", "m1", thread.call(f"step {n}"))
        await asyncio.sleep(0.5)  # in which an older one would come too
    assert thread.sent == ["a", "step 99"]


async def test_progress_that_hangs_does_not_delay_a_card() -> None:
    thread = Thread()
    gate = asyncio.Event()
    async with Outbound(interval=0.0) as out:
        out.hint("C1", "m1", thread.call("progress", gate))
        await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            await send(out, thread.call("card"), Urgency.DECISION)
        gate.set()
        await asyncio.sleep(0.01)
    assert thread.sent == ["card", "progress"]


async def test_older_progress_cannot_overtake_the_last_state_of_its_message() -> None:
    thread = Thread()
    gate = asyncio.Event()
    async with Outbound(interval=0.0) as out:
        out.hint("C1", "m1", thread.call("under way", gate))
        await asyncio.sleep(0.01)
        out.hint("C1", "m1", thread.call("waiting"))
        last = asyncio.ensure_future(send(out, thread.call("over"), message="m1"))
        await asyncio.sleep(0.01)
        assert thread.sent == []
        gate.set()
        await last
        await asyncio.sleep(0.01)
    assert thread.sent == ["under way", "over"]


async def test_a_429_is_waited_out_and_progress_is_dropped() -> None:
    thread = Thread(refused("ratelimited", 429, **{"Retry-After": "0.05"}), refused("ratelimited", 429, **{"Retry-After": "0.05"}))
    async with Outbound(interval=0.0) as out:
        began = time.monotonic()
        assert await send(out, thread.call("card"), Urgency.DECISION) == "card"
        assert time.monotonic() - began >= 0.09
        thread.failures = [refused("ratelimited", 429, **{"Retry-After": "0.01"})]
        out.hint("C1", "m1", thread.call("progress"))
        await asyncio.sleep(0.03)
    assert thread.sent == ["card"]


@pytest.mark.parametrize(
    "failure", [TimeoutError(), aiohttp.ServerDisconnectedError(), refused("internal_error", 500), refused("", 503), refused("fatal_error")]
)
async def test_before_it_is_sent_again_it_is_looked_for_where_it_may_have_arrived(failure: BaseException) -> None:
    thread = Thread(failure)
    looked = 0

    async def search() -> str | None:
        nonlocal looked
        looked += 1
        return "stands" if looked > 1 else None

    async with Outbound(interval=0.0, random=Still()) as out:
        assert await out.send("C1", thread.call("a"), urgency=Urgency.SPEECH, what="a", search=search) == "a"
        assert (looked, thread.tried) == (1, 2)
        thread.failures = [failure]
        assert await out.send("C1", thread.call("b"), urgency=Urgency.SPEECH, what="b", search=search) == "stands"
        assert thread.sent == ["a"]


async def test_it_is_not_sent_blindly_while_the_search_fails() -> None:
    thread = Thread(TimeoutError())
    answers: list[BaseException | None] = [TimeoutError(), TimeoutError(), None, None]

    async def search() -> str | None:
        answer = answers.pop(0)
        if answer is not None:
            assert thread.sent == []
            raise answer
        return None

    async with Outbound(interval=0.0, random=Still()) as out:
        assert await out.send("C1", thread.call("a"), urgency=Urgency.SPEECH, what="a", search=search, search_first=True) == "a"
    assert answers == []


ADVISED = {
    "is_archived": "Unarchive", "not_in_channel": "Invite", "msg_too_long": "countersign show", "channel_not_found": "Invite",
    "who_knows": "docs.slack.dev",
}


@pytest.mark.parametrize(("code", "advice"), ADVISED.items())
async def test_what_no_attempt_overcomes_is_told_with_what_to_do(code: str, advice: str) -> None:
    thread = Thread(refused(code))
    async with Outbound(interval=0.0) as out:
        with pytest.raises(SurfaceError, match=rf"a message in C1: {code}\. .*{advice}"):
            await send(out, thread.call("a"))
    assert thread.tried == 1


def test_a_token_that_does_not_work_is_waited_out() -> None:
    assert "SLACK_BOT_TOKEN" in trouble_of(refused("token_revoked"), "a message").text


async def test_draining_drops_progress_and_waits_for_what_matters() -> None:
    thread = Thread()
    gate = asyncio.Event()
    async with Outbound(interval=0.0) as out:
        assert await out.drain(0.1)
        sending = asyncio.ensure_future(send(out, thread.call("card", gate)))
        await asyncio.sleep(0)
        out.hint("C1", "m1", thread.call("progress"))
        assert not await out.drain(0.01)
        asyncio.get_running_loop().call_later(0.01, gate.set)
        assert await out.drain(1)
        await sending
    assert thread.sent == ["card"]


async def test_leaving_ends_the_tasks_of_progress() -> None:
    thread = Thread()
    async with asyncio.timeout(10):
        async with Outbound(interval=0.0) as out:
            out.hint("C1", "m1", thread.call("progress", asyncio.Event()))
            await asyncio.sleep(0.01)
    assert thread.tried == 1
