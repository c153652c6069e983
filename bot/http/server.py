"""The HTTP server, beside Socket Mode in the same process."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import uvicorn

from agents.core.errors import ConfigError
from bot.config_http import HttpConfig
from bot.http.connection import HEAD, Connection, Lobby

log = logging.getLogger(__name__)

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""

GRACE = 2
"""Seconds that requests under way get when the bot ends."""

IDLE = 5
"""Seconds for which a connection is kept without a request."""


@asynccontextmanager
async def serving(app: App, host: str, port: int, lobby: Lobby | None = None) -> AsyncIterator[str]:
    """Serve until the block ends; the address under which it listens. Port 0 takes a free one. Raises ConfigError."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of each malformed request, and anybody can send those
    listener = _bound(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=GRACE, ws="none",
        proxy_headers=False, timeout_keep_alive=IDLE, h11_max_incomplete_event_size=HEAD, loop="none",
        http=cast("Any", partial(Connection, lobby=lobby or Lobby(HttpConfig()))),
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]), name="http")
    try:
        while not server.started:
            if task.done():
                task.result()
                raise ConfigError(f"COUNTERSIGN_HTTP: nothing can be served at {address}.")
            await asyncio.sleep(0.01)
        log.info("Listening at %s", address)
        yield address
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
        listener.close()


class _Server(uvicorn.Server):
    """Leaves the process's signals to the bot."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Nothing is captured."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # only where it is said does asyncio send without delay
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        why = error.strerror or str(error)
        raise ConfigError(f"COUNTERSIGN_HTTP: nothing can be served at {host}:{port} ({why}). Set it to a free address.") from error
    return listener
