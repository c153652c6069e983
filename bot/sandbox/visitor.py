"""A person in the sandbox's workspace, driven by a program: what they post, see and click, over the page's own HTTP API."""

import asyncio
import html
import re
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from bot.sandbox.seed import ACME

BOT = ACME.bot_user
"""The bot's user id in the sandbox's workspace."""

Message = dict[str, Any]
"""A message as the page API gives it: ts, user, text, blocks, thread_ts, ephemeral, …"""


class SandboxError(Exception):
    """The sandbox refused something, or what was waited for did not come."""


class Visitor:
    """One person of the workspace."""

    def __init__(self, session: aiohttp.ClientSession, url: str, user: str) -> None:
        self._session = session
        self._url = url
        self.user = user

    def as_(self, user: str) -> "Visitor":
        """Another person, over the same connection."""
        return Visitor(self._session, self._url, user)

    async def post(self, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message; its timestamp id."""
        sent = await self._send("post", channel=channel, text=text, **({"thread_ts": thread_ts} if thread_ts else {}))
        return str(sent["ts"])

    async def click(self, channel: str, message: Message, action_id: str, value: str | None = None) -> None:
        """Click a button or a thumb of a message: the one with this value, where several share an id.

        Raises SandboxError where it has none.
        """
        button = button_of(message, action_id, value)
        if button is None:
            raise SandboxError(f"The message {message['ts']} has no button {action_id}.")
        where = {"channel": channel, "message_ts": message["ts"], "block_id": button["block_id"]}
        await self._send("click", action_id=action_id, value=button.get("value", "") if value is None else value, **where)

    async def press(self, view: dict[str, Any], action_id: str, value: str | None = None) -> None:
        """Click a button of an open modal or of the Home tab. Raises SandboxError where it has none."""
        button = button_of(view, action_id, value)
        if button is None:
            raise SandboxError(f"The view {view['id']} has no button {action_id}.")
        await self._send("click", view_id=view["id"], action_id=action_id, block_id=button["block_id"], value=button.get("value", ""))

    async def shortcut(self, message: Message, callback_id: str) -> None:
        """Use a shortcut of the app on a message."""
        await self._send("shortcut", channel=message["channel"], ts=message["ts"], callback_id=callback_id)

    async def stop(self, channel: str, ts: str) -> None:
        """Stop the agent's work in a thread, with the platform's own button."""
        await self._send("stop", channel=channel, thread_ts=ts)

    async def home(self, opening: bool = True) -> dict[str, Any]:
        """Open the Home tab, which the app is told, or look at it again; its `id` and `blocks`, None while nothing is published."""
        home = await self._get("home", **({} if opening else {"quiet": "1"}))
        return {"id": home["view_id"], "blocks": home["blocks"]}

    async def command(self, channel: str, text: str) -> None:
        """Send a slash command."""
        await self._send("command", channel=channel, text=text)

    async def submit(self, view: dict[str, Any], values: dict[str, Any]) -> Any:
        """Submit an open modal; its errors, or None."""
        return (await self._send("submit", view_id=view["id"], values=values))["errors"]

    async def channel(self, channel: str) -> list[Message]:
        """The messages of a channel that this person sees, oldest first."""
        return list((await self._get("messages", channel=channel))["messages"])

    async def thread(self, channel: str, ts: str) -> list[Message]:
        """A thread as this person sees it, its first message first."""
        return list((await self._get("thread", channel=channel, ts=ts))["messages"])

    async def views(self) -> list[dict[str, Any]]:
        """The modals that are open for this person, the topmost last."""
        return list((await self._get("views"))["views"])

    async def state(self) -> dict[str, Any]:
        """The workspace as this person sees it."""
        return await self._get("state")

    async def see(self, channel: str, ts: str, what: str, wanted: Callable[[Message], bool], seconds: float = 20) -> Message:
        """Wait for a message of a thread. Raises SandboxError, which says what was waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in await self.thread(channel, ts):
                if wanted(message):
                    return message
            await asyncio.sleep(0.05)
        raise SandboxError(f"Waited {seconds:.0f} s for {what}, and it did not come.")

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/page/{path}", params={"user": self.user, **query}) as response:
            return await _checked(response)

    async def _send(self, path: str, **body: Any) -> dict[str, Any]:
        async with self._session.post(f"{self._url}/page/{path}", json={"user": self.user, **body}) as response:
            return await _checked(response)


async def _checked(response: aiohttp.ClientResponse) -> dict[str, Any]:
    body: dict[str, Any] = await response.json()
    if response.status >= 400:
        raise SandboxError(body.get("error", f"The sandbox answered {response.status}."))
    return body


def button_of(message: Message, action_id: str, value: str | None = None) -> dict[str, Any] | None:
    """The button of a message or a view with this action id, and this value if one is given, with its block's id."""
    for block in message.get("blocks") or ():
        for element in (*block.get("elements", ()), block.get("accessory") or {}):
            if element.get("action_id") == action_id and (value is None or value in _values_of(element)):
                return {**element, "block_id": block.get("block_id", "")}
    return None


def _values_of(element: dict[str, Any]) -> list[Any]:
    """What pressing an element can mean: one value of a button, two of a pair of thumbs."""
    return [part.get("value") for part in (element, element.get("positive_button", {}), element.get("negative_button", {}))]


def words_of(message: Message) -> str:
    """What a message says, as plain text: of its blocks where it has some, else its own."""
    texts: list[str] = []

    def gather(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "rich_text_section":
                texts.append("".join(str(one.get("text") or one.get("url") or "") for one in part["elements"]))
                return
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
            for value in part.values():
                gather(value)
        elif isinstance(part, list):
            for value in part:
                gather(value)

    gather(message.get("blocks") or {"text": message.get("text") or ""})
    return "\n".join(plain(text) for text in texts)


def plain(mrkdwn: str) -> str:
    """Slack's markup and the Markdown of streams as text for a terminal: dates and links by what they show, people by name."""
    shown = re.sub(r"<!date\^[^|>]*\|([^>]*)>|<[^@#!|>][^|>]*\|([^>]*)>", lambda found: found[1] or found[2], mrkdwn)
    shown = re.sub(r":[a-z0-9_]+: ", "", shown)
    shown = re.sub(r"<@U01(\w+)>", lambda found: "@" + found[1].title(), shown)
    shown = re.sub(r"\*\*(\S(?:[^*\n]*?\S)?)\*\*", r"\1", shown)
    return html.unescape(re.sub(r"(?<!\w)([*_`])(\S|\S[^\n]*?\S)\1(?!\w)", r"\2", shown))


def is_open_card(message: Message) -> bool:
    """Whether people can decide on this message."""
    return message["user"] == BOT and not message["ephemeral"] and button_of(message, "approve") is not None


def is_answer(message: Message) -> bool:
    """Whether this is the run's answer."""
    key = ((message.get("metadata") or {}).get("event_payload") or {}).get("key", "")
    return bool(message["user"] == BOT and "/answer:" in str(key))
