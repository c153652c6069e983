"""An answer on its way out, with the headers that every one has."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from starlette.responses import Response

from bot.http.request_id import HEADER
from bot.http.secure import SECURE

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

UNREAD = 30.0
"""Seconds that a sender may take to read a piece of its answer."""

LINGER, LINGERED = 1.0, 2_000_000
"""Seconds and bytes for which a sender whose request was refused may still write."""


class Unread(Exception):
    """The sender does not read its answer."""


class Lingering(Protocol):
    """A body that may not be whole."""

    whole: bool

    async def linger(self, seconds: float, most: int) -> None:
        """Receive what still comes, and forget it."""


class Answer:
    """Sends an answer, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0
        """0 until it has begun."""
        self.whole = False
        self.begun: Callable[[], None] = _noted
        """Called when it begins: from then on only the sender's reading is waited for."""

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """One message of the application. Raises Unread."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.begun()
            headers = list(message.get("headers", ()))
            known = {name.lower() for name, _ in headers}
            headers += [field for field in SECURE if field[0] not in known]
            message = {**message, "headers": [*headers, (HEADER, self.request_id.encode())]}
        elif message["type"] == "http.response.body":
            self.whole = not message.get("more_body", False)
        try:
            async with asyncio.timeout(UNREAD):
                await self._send(message)
        except TimeoutError:
            raise Unread from None

    async def problem(self, scope: Scope, body: Lingering, response: Response) -> None:
        """Say what is wrong. Where the request is not whole, nothing more of it is wanted, and the connection ends."""
        if body.whole:
            await response(scope, _nothing, self.send)
            return
        headers = [*response.raw_headers, (b"connection", b"close")]
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await self.send({"type": "http.response.body", "body": response.body, "more_body": True})
        await body.linger(LINGER, LINGERED)
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def _noted() -> None:
    """Nobody wants to know."""


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}
