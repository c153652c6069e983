"""Socket Mode: tickets, websockets, envelopes and their acks."""

import asyncio
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack_deliveries import Delivery, NotDelivered
from bot.sandbox.workspace import Change, Json, Workspace

PATH = "/socket"
PING_SECONDS = 10.0


@dataclass
class Connection:
    """One open websocket of the app."""

    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)  # envelope id to its ack

    def acked(self, answer: Any) -> None:
        """Settle the envelope that the app has acked; anything else is ignored, as Slack does."""
        if not isinstance(answer, dict):
            return
        waiting = self.waiting.pop(str(answer.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            payload = answer.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else None)

    def lost(self) -> None:
        """Fail everything that this connection still owed an ack for."""
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(NotDelivered("connection_failed"))
        self.waiting.clear()


class SocketMode:
    """The open connections of the app. Each envelope goes to one of them, in turn."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._open = asyncio.Event()
        self._turn = 0

    @property
    def connected(self) -> bool:
        """Whether the app has an open websocket."""
        return bool(self._connections)

    async def wait_connected(self) -> None:
        """Return as soon as the app has an open websocket."""
        await self._open.wait()

    def ticket(self) -> str:
        """A new ticket for the websocket's address; it can be used again, because the SDK reconnects to the same address."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def send(self, delivery: Delivery, seconds: float, ignore_ack: bool = False) -> Json | None:
        """Send an envelope over one connection and return the payload of its ack."""
        if not self._connections:
            raise NotDelivered("connection_failed")
        self._turn += 1
        connection = self._connections[self._turn % len(self._connections)]
        envelope = _envelope(delivery)
        ack: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = ack
        try:
            await connection.socket.send_json(envelope)
            payload = await asyncio.wait_for(ack, seconds)
        except TimeoutError:
            raise NotDelivered("timeout") from None
        except ConnectionError:
            raise NotDelivered("connection_failed") from None
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)
        if ignore_ack:
            raise NotDelivered("timeout")
        return payload

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket, from hello to its end."""
        if request.query.get("ticket") not in self._tickets:
            raise web.HTTPForbidden(text="unknown ticket")
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS)
        await socket.prepare(request)
        connection = Connection(socket)
        await socket.send_json(self._hello(request))
        self._joined(connection)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    with suppress(json.JSONDecodeError):
                        connection.acked(json.loads(message.data))
        finally:
            self._left(connection)
        return socket

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect and close its websockets, as Slack does from time to time."""
        for connection in tuple(self._connections):
            with suppress(ConnectionError):
                await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
            await connection.socket.close()

    def _hello(self, request: web.Request) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "debug_info": {"host": request.host, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._workspace.team.app_id},
        }

    def _joined(self, connection: Connection) -> None:
        self._connections.append(connection)
        self._open.set()
        self._workspace.tell(Change("bot"))

    def _left(self, connection: Connection) -> None:
        self._connections.remove(connection)
        if not self._connections:
            self._open.clear()
        connection.lost()
        self._workspace.tell(Change("bot"))


def _envelope(delivery: Delivery) -> Json:
    """The frame around a payload."""
    envelope: Json = {
        "envelope_id": secrets.token_hex(16),
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.kind != "events_api",
    }
    if delivery.kind == "events_api":
        envelope |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
    return envelope
