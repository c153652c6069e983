"""A client that writes bytes, also such as no library would send."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Line:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def write(self, data: bytes) -> None:
        """Send some bytes."""
        self.writer.write(data)

    async def reply(self, *, head: bool = False) -> Reply:
        """The next answer, as it stands in the protocol; of one to HEAD there is no body."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        size = 0 if head else int(headers.get("content-length", 0))
        return Reply(int(lines[0].split()[1]), headers, await self._reader.readexactly(size))

    async def ended(self, seconds: float = 5.0) -> bytes:
        """What still comes until the server hangs up. Raises TimeoutError where it does not."""
        async with asyncio.timeout(seconds):
            with suppress(ConnectionResetError):
                return await self._reader.read()
            return b""


@asynccontextmanager
async def connected(url: str, local: str = "127.0.0.1") -> AsyncIterator[Line]:
    """A connection to this server, from this address."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, local_addr=(local, 0))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def ask(url: str, data: bytes, local: str = "127.0.0.1") -> Reply:
    """What one request is answered."""
    async with connected(url, local) as line:
        line.write(data)
        async with asyncio.timeout(5):
            return await line.reply(head=data.startswith(b"HEAD"))


def request(target: str, method: str = "GET", body: bytes = b"", **headers: str) -> bytes:
    """A well-formed request; underscores in the names of headers are dashes."""
    fields = {"host": "test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body or method == "POST":
        fields.setdefault("content-length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
