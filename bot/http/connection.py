"""One connection to the HTTP server: how many there may be, and how long the head of a request may take. uvicorn bounds neither.

What is wrong before there is a request is answered here, in the form of every other answer.
"""

import asyncio
import json
import sys
from collections import Counter
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.config_http import HttpConfig
from bot.http.backpressure import SAID, WAIT, Backpressure, is_whole_intake
from bot.http.refusals import Refusals
from bot.http.request_id import HEADER, chosen
from bot.http.secure import SECURE
from bot.http.sender import Senders, crowd_of

HEAD = 16_384
"""Bytes of a request's head."""

IDLE = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}
"""How h11 stands between two requests."""

CONNECTION = "connection"
"""How the audit calls the place of what is no request yet."""


class Lobby:
    """Everybody who is connected."""

    def __init__(self, limits: HttpConfig, refusals: Refusals | None = None, pressure: Backpressure | None = None) -> None:
        self.header_time = limits.header_time.total_seconds()
        self._limits = limits
        self._refusals = refusals
        self._pressure = pressure
        self._senders = Senders(limits.trusted_proxies)
        self._from: Counter[str] = Counter()
        self._all = 0

    def enter(self, peer: str) -> bool:
        """One more; whether there is room for it. In either case it leaves one day."""
        crowd = crowd_of(peer)
        self._all += 1
        self._from[crowd] += 1
        own = self._from[crowd] <= self._limits.connections_per_address or self._senders.trusts(peer)
        return own and self._all <= self._limits.connections

    def leave(self, peer: str) -> None:
        """One less."""
        crowd = crowd_of(peer)
        self._all -= 1
        self._from[crowd] -= 1
        if not self._from[crowd]:
            del self._from[crowd]

    def sheds(self, data: bytes) -> bool:
        """Whether this request is turned away unread, because the bot is behind."""
        return self._pressure is not None and self._pressure.holds() and is_whole_intake(data)

    def refused(self, peer: str, status: int, reason: str) -> None:
        """Something that was no request was turned away."""
        if self._refusals is not None:
            self._refusals.note(CONNECTION, status, reason, peer)


class Connection(H11Protocol):
    """uvicorn's, with a limit to patience."""

    def __init__(self, *args: Any, lobby: Lobby, **more: Any) -> None:
        super().__init__(*args, **more)
        self._lobby = lobby
        self._peer = ""
        self._began = False
        """Whether anything was received of the request that is awaited."""
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Somebody connected."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else "unknown"
        if self._lobby.enter(self._peer):
            self._wait_for_head()
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "There are too many connections.", {"Retry-After": "1"})

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._lobby.leave(self._peer)
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something arrived: a request's head has to be whole in time, however little of it comes with each piece."""
        if self.transport.is_closing():
            return
        if self.conn.states == IDLE and not self._began and self._lobby.sheds(data):
            self._shed()
            return
        self._began = True
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._wait_for_head()
        else:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """What arrived is no HTTP. Called by uvicorn where h11 says so."""
        error = sys.exception()
        long = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if long:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head of a request has at most {HEAD:,} bytes.")
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "This is no well-formed HTTP request.")

    def _shed(self) -> None:
        """Turn away before it is parsed what the guard would turn away: under a storm most of the work would be to say no."""
        self._unset_keepalive_if_required()
        self._stop_waiting()
        self._wait_for_head()
        self.transport.write(_answer(HTTPStatus.SERVICE_UNAVAILABLE, SAID, {"Retry-After": WAIT, "Connection": "keep-alive"}))
        if self.flow.write_paused:
            self.transport.abort()  # they send and do not read

    def _wait_for_head(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self._lobby.header_time, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience, self._began = None, False

    def _head_is_late(self) -> None:
        self._patience = None
        if self._began:
            seconds = self._lobby.header_time
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"The head of a request has to arrive within {seconds:g} seconds.")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        """Answer past h11, which has given up by now, and close."""
        self._stop_waiting()
        self._lobby.refused(self._peer, status, detail)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # an answer is under way, and no other one can begin
            return
        self.transport.write(_answer(status, detail, headers or {}))
        self.transport.close()


def _answer(status: HTTPStatus, detail: str, headers: dict[str, str]) -> bytes:
    request_id = chosen([])
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, "request_id": request_id}
    body = json.dumps(problem).encode()
    fields = [
        (b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), (HEADER, request_id.encode()),
        *SECURE,
        *((name.encode(), value.encode()) for name, value in {"Connection": "close", **headers}.items()),
    ]
    head = b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode())
    return head + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + body
