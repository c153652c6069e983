"""Shared by the tests of the sandbox: a person at the page, a Bolt app that connects, and waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

Found = TypeVar("Found")
Json = dict[str, Any]
INCIDENTS = "C01INCIDENTS"
STEP = 0.01
"""Seconds between two looks while waiting."""


@dataclass(frozen=True)
class Page:
    """What people do and see, over the page API."""

    session: aiohttp.ClientSession
    url: str

    async def act(self, act: str, **body: Any) -> Json:
        """Do something that must succeed."""
        status, answer = await self._post(act, body)
        assert status == 200, answer
        return answer

    async def refused(self, act: str, **body: Any) -> str:
        """Do something that must be refused; returns the sentence that the person is told."""
        status, answer = await self._post(act, body)
        assert status == 400, answer
        return str(answer["error"])

    async def see(self, what: str, **query: str) -> Json:
        """Look at something."""
        async with self.session.get(f"{self.url}/page/{what}", params=query) as response:
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    async def say(self, text: str, user: str = "U01DANA", channel: str = INCIDENTS, thread_ts: str | None = None) -> str:
        """Post something and return its ts."""
        answer = await self.act("post", user=user, channel=channel, text=text, thread_ts=thread_ts)
        return str(answer["ts"])

    async def messages(self, user: str = "U01DANA", channel: str = INCIDENTS) -> list[Json]:
        """What stands in a channel."""
        return list((await self.see("messages", user=user, channel=channel))["messages"])

    async def thread(self, ts: str, user: str = "U01DANA", channel: str = INCIDENTS) -> list[Json]:
        """A thread, the parent first."""
        return list((await self.see("thread", user=user, channel=channel, ts=ts))["messages"])

    async def _post(self, act: str, body: Json) -> tuple[int, Json]:
        async with self.session.post(f"{self.url}/page/{act}", json=body) as response:
            return response.status, await response.json()


async def eventually(probe: Callable[[], Awaitable[Found]], seconds: float = 5.0) -> Found:
    """The first truthy value that the probe gives."""
    for _ in range(int(seconds / STEP)):
        if found := await probe():
            return found
        await asyncio.sleep(STEP)
    raise TimeoutError(f"not within {seconds} s")


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition."""

    async def probe() -> bool:
        return condition()

    await eventually(probe, seconds)


def bolt_app(client: AsyncWebClient, answer: str | None = None) -> AsyncApp:
    """A Bolt app that takes every message, its own too, and answers a mention in its thread if it has an answer."""
    app = AsyncApp(client=client, ignoring_self_events_enabled=False)

    @app.event("app_mention")
    async def _on_mention(event: Json) -> None:
        if answer is not None:
            await client.chat_postMessage(channel=event["channel"], text=answer, thread_ts=event["ts"])

    @app.event("message")
    async def _on_message() -> None:
        """Taken."""

    return app


@asynccontextmanager
async def connected(app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app over Socket Mode, until the block ends."""
    handler = AsyncSocketModeHandler(app, "xapp-sandbox", ping_interval=0.5)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # as above


async def refusal(call: Awaitable[Any]) -> SlackApiError:
    """The error with which Slack refuses a call."""
    try:
        await call
    except SlackApiError as error:
        return error
    raise AssertionError("Slack accepted it")


async def error_of(call: Awaitable[Any]) -> str:
    """The code with which Slack refuses a call."""
    return str((await refusal(call)).response["error"])


def button(action_id: str, value: str = "1", text: str = "Press") -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": text}}


def buttons(*elements: Json, block_id: str = "choices") -> Json:
    """A block of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(text: str) -> Json:
    """A section with mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def reason_modal(**more: Any) -> Json:
    """A modal that asks for a reason."""
    return {
        "type": "modal",
        "callback_id": "reason",
        "private_metadata": "run-1",
        "title": {"type": "plain_text", "text": "Deny"},
        "submit": {"type": "plain_text", "text": "Deny it"},
        "blocks": [
            {
                "type": "input",
                "block_id": "why",
                "label": {"type": "plain_text", "text": "Why?"},
                "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
            }
        ],
        **more,
    }


def typed_reason(text: str) -> Json:
    """The state of that modal with a reason in it."""
    return {"why": {"text": {"type": "plain_text_input", "value": text}}}
