"""Those who call the HTTP server in `benchmarks.ingest`, in a process of their own: Slack, which signs, and slow strangers, who do not.

`python -m benchmarks.crowd send URL SECRET RATE SECONDS MENTIONS NAME` prints one JSON object: what became of each event.
`python -m benchmarks.crowd slow URL SOCKETS BYTES` holds slow connections and sends one large body after another, until it is ended.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

CONNECTIONS = 64
"""Connections that Slack keeps."""

PER_ADDRESS = 100
"""Slow sockets that one stranger has; each comes from an address of its own in 127.0.0.0/8."""

THREADS = 1000
"""Threads that people write in: of one thread, the bot hears one message at a time."""

TEAM = "T01ACME"


def event(name: str, number: int, mention: bool) -> tuple[str, bytes]:
    """An event as Slack sends it, and its id: a mention, which starts a run, or a reply in a thread in which no agent is at work."""
    ts = f"{1_800_000_000 + number}.{number:06}"
    said = {"type": "app_mention", "text": f"<@U01BOT> status of checkout, please ({number})"} if mention else {
        "type": "message", "channel_type": "channel", "text": f"I look at it ({number})", "thread_ts": f"1700000000.{number % THREADS:06}",
    }
    body = {
        "token": "verification", "team_id": TEAM, "api_app_id": "A01", "type": "event_callback", "event_id": f"Ev{name}{number:06}",
        "event_time": int(time.time()),
        "event": {"user": "U01DANA", "ts": ts, "event_ts": ts, "channel": "C01INCIDENTS", "team": TEAM, **said},
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": "U01BOT", "is_bot": True, "is_enterprise_install": False}],
    }
    return str(body["event_id"]), json.dumps(body).encode()


def signed(body: bytes, secret: str) -> bytes:
    """The request, signed now."""
    at = str(int(time.time()))
    signature = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return (
        f"POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"x-slack-request-timestamp: {at}\r\nx-slack-signature: v0={signature}\r\nuser-agent: Slackbot 1.0\r\n\r\n"
    ).encode() + body


class Sending:
    """One storm: each event at its time, whether those before it are answered or not."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._secret = secret
        self._waiting: asyncio.Queue[tuple[float, str, bytes] | None] = asyncio.Queue()
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        """From the moment at which an event was due to its 2xx."""
        self.kept: list[str] = []
        """Events that were answered with a 2xx."""

    async def storm(self, name: str, rate: float, seconds: float, mentions: float) -> None:
        """Send so many events a second."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(self._line())
            began = time.perf_counter()
            for number in range(int(rate * seconds)):
                due = began + number / rate
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                self._waiting.put_nowait((due, *event(name, number, int(number * mentions) != int((number + 1) * mentions))))
            for _ in range(CONNECTIONS):
                self._waiting.put_nowait(None)

    async def _line(self) -> None:
        reader, writer = await asyncio.open_connection(*self._address)
        while (item := await self._waiting.get()) is not None:
            due, name, body = item
            try:
                writer.write(signed(body, self._secret))
                head = await reader.readuntil(b"\r\n\r\n")
                status, size = int(head[9:12]), _length(head)
                await reader.readexactly(size)
            except (OSError, asyncio.IncompleteReadError):
                self.statuses[0] += 1
                reader, writer = await asyncio.open_connection(*self._address)
                continue
            self.statuses[status] += 1
            if status < 300:
                self.kept.append(name)
                self.seconds.append(time.perf_counter() - due)
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection(*self._address)
        writer.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n")[0]) if found else 0


async def slow(url: str, sockets: int, size: int) -> None:
    """Half of them drip a head, half a body, a byte every half second; whoever is cut off comes again."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 80)

    async def drip(number: int) -> None:
        local = (f"127.0.0.{2 + number // PER_ADDRESS}", 0)
        begin = b"POST /slack/events HTTP/1.1\r\nhost: bot\r\n" + (b"content-length: 5000\r\n\r\n" if number % 2 else b"x: ")
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(host, port, local_addr=local)
                writer.write(begin)
                while not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.5)
            await asyncio.sleep(0.5)

    async def pour() -> None:
        piece = b"x" * 65536
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(host, port, local_addr=("127.0.0.200", 0))
                writer.write(b"POST /slack/events HTTP/1.1\r\nhost: bot\r\ntransfer-encoding: chunked\r\n\r\n")
                for _ in range(size // len(piece)):
                    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    await writer.drain()
            await asyncio.sleep(0.2)

    await asyncio.gather(pour(), *(drip(number) for number in range(sockets)))


async def _send(url: str, secret: str, rate: float, seconds: float, mentions: float, name: str) -> None:
    sending = Sending(url, secret)
    await sending.storm(name, rate, seconds, mentions)
    print(json.dumps({"statuses": sending.statuses, "seconds": sending.seconds, "kept": sending.kept}))


def main() -> None:
    """Do what the arguments say."""
    match sys.argv[1:]:
        case ["send", url, secret, rate, seconds, mentions, name]:
            asyncio.run(_send(url, secret, float(rate), float(seconds), float(mentions), name))
        case ["slow", url, sockets, size]:
            asyncio.run(slow(url, int(sockets), int(size)))
        case _:
            raise SystemExit(__doc__)
