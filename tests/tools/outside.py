"""The world outside, for tools to talk to: a real HTTP server that answers as a test says, and a bare socket that keeps every byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Outside:
    """A server that writes down what it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str]] = []
        """Method and target, as they came."""
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.peers: list[object] = []
        """Address and port that each came from."""
        self.answer: Answer = self.fine

    @staticmethod
    async def fine(_: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    def says(self, *answers: Answer | web.Response) -> None:
        """Answer so, one after the other; the last one for ever."""
        waiting = list(answers)

        async def answer(request: web.Request) -> web.StreamResponse:
            one = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return await one(request) if callable(one) else _copy(one)

        self.answer = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.raw_path))
        self.requests.append(request)
        self.peers.append(request.transport and request.transport.get_extra_info("peername"))
        self.bodies.append(await request.read())
        return await self.answer(request)


def _copy(response: web.Response) -> web.Response:
    return web.Response(status=response.status, body=response.body, headers=response.headers)


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer, the effect already had."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def dawdle(_: web.Request) -> web.StreamResponse:
    """Answer too late."""
    await asyncio.sleep(20)
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    """Begin a good answer and break off."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"begun": tr')
    assert request.transport is not None
    request.transport.close()
    return response


@asynccontextmanager
async def serving() -> AsyncIterator[Outside]:
    """The server, for the time of a test."""
    outside = Outside()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{tail:.*}", outside.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    outside.url = f"http://{host}:{port}"
    try:
        yield outside
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A socket that keeps the bytes of each request and writes the same answer to all; an empty answer hangs up."""
    kept: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        kept.append(head + await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", kept
