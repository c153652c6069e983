"""What stands before every endpoint: it bounds how much, how often, how long and how many, so that no sender keeps others from being heard.

Plain ASGI. An endpoint behind it gets requests whose body is there, whole and small enough.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from bot.config_http import HttpConfig
from bot.http.answer import Answer, Receive, Scope, Send, Unread
from bot.http.backpressure import RUNS, SAID, SLACK, WAIT, WEBHOOKS, Backpressure
from bot.http.connection import HEAD
from bot.http.problem import BROKE, Problem, told
from bot.http.rate import Buckets
from bot.http.refusals import Refusals
from bot.http.request_id import chosen, current
from bot.http.sender import Senders, crowd_of

log = logging.getLogger(__name__)

App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = frozenset({"/healthz", "/readyz"})
"""Who asks these has to learn how it is just when it is bad: neither rates nor crowds keep them away."""

SMALL, SOON = 65_536, 0.2
"""Bytes of a body that is received even where its request is refused, and the seconds that are spent on that."""

AUDITED = frozenset({400, 401, 408, 411, 413, 415, 422, 429, 431})
"""Answers that the audit tells of. That something does not exist is no news."""


class Guard:
    """The application with the guard before it."""

    def __init__(
        self, app: App, limits: HttpConfig, *, refusals: Refusals, pressure: Backpressure, hooks: Collection[str] = (),
        bodies: Mapping[str, int] | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hooks` are the names of the webhooks; `bodies` the most bytes on paths that begin so, where that is not as usual."""
        self._app = app
        self._limits = limits
        self._refusals = refusals
        self._pressure = pressure
        self._hooks = frozenset(hooks)
        self._bodies = dict(bodies or {})
        self._senders = Senders(limits.trusted_proxies)
        self._addresses = Buckets(limits.rates.address, clock)
        self._webhooks = Buckets(limits.rates.webhook, clock)
        self._slack = Buckets(limits.rates.slack, clock)
        self._held = 0
        """Bytes of bodies that are here now."""
        self._active = 0
        """Requests that are dealt with now."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Deal with one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = Answer(send, chosen(scope["headers"]))
        token = current.set(answer.request_id)
        sender = self._senders.of(scope["client"][0] if scope.get("client") else "unknown", scope["headers"])
        body = _Body(scope, receive)
        try:
            await self._pass(scope, body, answer, sender)
        except Problem as problem:
            scope["state"]["reason"] = problem.reason
            if body.is_small:
                await body.linger(SOON, SMALL)  # it is here already, as a rule, and then the connection can go on
            await answer.problem(scope, body, told(problem.status, problem.detail, problem.headers))
        except (_Gone, Unread):
            log.debug("The sender was gone before its request was whole, or does not read")
        except Exception:  # the outermost edge of a request
            log.exception("%s %s broke", scope["method"], self._place(scope["path"]))
            if not answer.status:
                await answer.problem(scope, body, told(500, BROKE))
            elif not answer.whole:
                raise
        finally:
            self._held -= body.size
            current.reset(token)
            if answer.status in AUDITED:
                reason = scope["state"].get("reason") or HTTPStatus(answer.status).phrase
                self._refusals.note(self._place(scope["path"]), answer.status, reason, sender)

    async def _pass(self, scope: Scope, body: "_Body", answer: Answer, sender: str) -> None:
        """See whether it may pass, and let it. Raises Problem."""
        scope.setdefault("state", {})
        if len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD:
            raise Problem(431, f"The head of a request has at most {HEAD:,} bytes.")
        health = scope["path"] in HEALTH
        if not health:
            self._rate(scope["path"], sender)
            self._keep_up(scope)
        await self._receive(scope, body)
        if self._active >= self._limits.requests and not health:
            raise Problem(503, "There is too much to do at this moment.", reason="Too many requests at once.", Retry_After="1")
        with self._occupied() as free:
            answer.begun = free
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            await self._app({**scope, "method": method}, body.replay, answer.send)

    @contextmanager
    def _occupied(self) -> Iterator[Callable[[], None]]:
        """One request more is dealt with, until the block ends or what it yields is called."""
        held = True
        self._active += 1

        def free() -> None:
            nonlocal held
            self._active -= held
            held = False

        try:
            yield free
        finally:
            free()

    def _rate(self, path: str, sender: str) -> None:
        crowd = crowd_of(sender)
        wait = (self._slack if path == SLACK else self._addresses).take(crowd)
        reason = "Too many from one address."
        if not wait and (name := path.removeprefix(WEBHOOKS)) in self._hooks:
            wait = self._webhooks.take(name)
            reason = "Too many for one webhook."
        if wait:
            raise Problem(429, f"{reason} Come again in {wait} s.", reason=reason, Retry_After=str(wait))

    def _keep_up(self, scope: Scope) -> None:
        """What would become a delivery has to wait where those that are here are not dealt with yet."""
        if self._pressure.concerns(scope["method"], scope["path"]) and self._pressure.holds():
            raise Problem(503, SAID, reason="The inbox is behind.", Retry_After=WAIT)

    async def _receive(self, scope: Scope, body: "_Body") -> None:
        """Receive the body, as far as it keeps within its bounds."""
        most = next((size for path, size in self._bodies.items() if scope["path"].startswith(path)), self._limits.max_body)
        too_long = Problem(413, f"A body has at most {most:,} bytes here.", reason="Body too large.")
        if body.declared > most:
            raise too_long
        try:
            async with asyncio.timeout(self._limits.body_time.total_seconds()):
                while not body.whole:
                    self._held += await body.piece()
                    if body.size > most:
                        raise too_long
                    if self._held > self._limits.buffered:
                        raise Problem(503, "Too much is arriving at this moment.", reason="Too many bodies at once.", Retry_After="1")
        except TimeoutError:
            seconds = self._limits.body_time.total_seconds()
            raise Problem(408, f"A body has to arrive within {seconds:g} seconds.", reason="The body took too long.") from None

    def _place(self, path: str) -> str:
        """How the audit calls a path: never by what a sender can make up."""
        if path.startswith(WEBHOOKS):
            name = path.removeprefix(WEBHOOKS)
            return path if name in self._hooks else f"{WEBHOOKS}…"
        return next((known for known in (SLACK, RUNS, "/v1", *HEALTH) if path.startswith(known)), "another path")


class _Gone(Exception):
    """The sender has hung up."""


class _Body:
    """A request's body on its way in."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Raises Problem where the headers contradict themselves, when it is first received."""
        self._receive = receive
        self._chunks: list[bytes] = []
        self._given = False
        self._headers = scope["headers"]
        self.size = 0
        """Bytes that are here."""
        self.whole = False

    @property
    def declared(self) -> int:
        """Bytes that its header says; 0 where it says nothing. Raises Problem."""
        lengths = {value for name, value in self._headers if name == b"content-length"}
        encodings = [value for name, value in self._headers if name == b"transfer-encoding"]
        if (lengths and encodings) or len(lengths) > 1 or not all(length.isdigit() and len(length) < 16 for length in lengths):
            raise Problem(400, "Content-Length and Transfer-Encoding contradict each other.", reason="Malformed length.")
        if any(value.strip().lower() not in (b"", b"identity") for name, value in self._headers if name == b"content-encoding"):
            raise Problem(415, "Send the body without Content-Encoding.", reason="Encoded body.")
        return int(next(iter(lengths), b"0"))

    @property
    def is_small(self) -> bool:
        """Whether it is known to be small and has not been received yet."""
        lengths = [value for name, value in self._headers if name == b"content-length"]
        chunked = any(name == b"transfer-encoding" for name, _ in self._headers)
        known = all(length.isdigit() and len(length) < 6 and int(length) <= SMALL for length in lengths)
        return not self.whole and not chunked and known and len(lengths) < 2

    async def piece(self) -> int:
        """Receive some more of it; how many bytes that was. Raises _Gone."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        piece = message.get("body", b"")
        self._chunks.append(piece)
        self.size += len(piece)
        self.whole = not message.get("more_body", False)
        return len(piece)

    async def replay(self) -> MutableMapping[str, Any]:
        """What the endpoint receives: the body, then that the sender has hung up."""
        if self._given:
            return await self._receive()
        self._given = True
        whole = b"".join(self._chunks)
        self._chunks.clear()
        return {"type": "http.request", "body": whole, "more_body": False}

    async def linger(self, seconds: float, most: int) -> None:
        """Let a sender that has not finished write a little longer, so that it reads its answer instead of a broken connection."""
        left = most
        try:
            async with asyncio.timeout(seconds):
                while left > 0:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        return
                    if not message.get("more_body", False):
                        self.whole = True
                        return
                    left -= len(message.get("body", b""))
        except TimeoutError:
            return
