"""The end of a run, told to the address that whoever started it gave: signed, at least once, and again until it is taken or given up.

Whom it is to be told, and how often that was tried, is in the journal. Signatures are those of Standard Webhooks
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
from datetime import datetime
from typing import Any

from agents.core.callbacks import again_after
from agents.core.errors import CountersignError, JournalConflict
from agents.core.events import CallbackTried, Fact
from agents.core.fold import fold
from agents.core.ids import SYSTEM, RunId
from agents.core.state import Run
from agents.ledger import Ledger
from agents.ports import Clock, Journal
from bot.config_api import ApiConfig, key_of
from tools.net import Lost, Net, NotSent, Request

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Callbacks that are told side by side."""

TIMEOUT = 15.0
"""Seconds that the other side has to take it."""

GONE = 410
"""The other side wants nothing more."""


class Callbacks:
    """Tells the ends of runs. `sweep` it at the start and from time to time; never twice at once."""

    def __init__(self, *, journal: Journal, ledger: Ledger, net: Net, config: ApiConfig, secret: str, clock: Clock) -> None:
        self._journal = journal
        self._ledger = ledger
        self._net = net
        self._config = config
        self._key = key_of(secret) if secret else None
        self._clock = clock

    async def sweep(self) -> int:
        """Tell what is due; how many callbacks that were."""
        due = (await self._ledger.callbacks(self._clock()))[:AT_ONCE]
        await asyncio.gather(*(self._one(run_id) for run_id in due))
        return len(due)

    async def _one(self, run_id: RunId) -> None:
        try:
            run = fold(await self._journal.read(run_id))
            attempt = run.callback.attempt + 1 if run.callback else 1
            status, error, final = await self._told(run)
            wait = None if final else again_after(attempt)
            tried = CallbackTried(attempt, status, error, self._clock() + wait if wait else None)
            await self._write(run, tried)
        except CountersignError:  # one run that cannot be read must not keep the others waiting for ever
            log.exception("The end of %s could not be told", run_id)

    async def _told(self, run: Run) -> tuple[int, str, bool]:
        """Tell it once: the status, what went wrong, and whether that settles it."""
        url = run.trigger.callback
        if why := self._config.refuses(url):
            return 0, f"{url.partition('?')[0]}: {why}.", True
        if self._key is None:
            return 0, "The configuration has no secret to sign it with.", True
        body, now = payload(run), self._clock()
        name = f"{run.run_id}.end"
        headers = (("Content-Type", "application/json"), *signed(self._key, name, now, body))
        answer = await self._net.send(Request("POST", url, headers=headers, body=body, timeout=TIMEOUT, max_bytes=1000))
        if isinstance(answer, NotSent | Lost):
            return 0, answer.why, False
        if 200 <= answer.status < 300:
            return answer.status, "", True
        return answer.status, f"It was answered with {answer.status}.", answer.status == GONE

    async def _write(self, run: Run, tried: CallbackTried) -> None:
        while True:
            fact = Fact(tried, SYSTEM, self._clock())
            try:
                await self._journal.append(run.run_id, [fact], after=run.seq, agent=run.agent)
            except JournalConflict:
                run = fold(await self._journal.read(run.run_id, after=run.seq), run)
                continue
            return


def payload(run: Run) -> bytes:
    """What is told: the run as the API shows it."""
    from bot.http.api_shapes import run_out  # its shapes are needed here and by the API alone, which is imported late

    data: dict[str, Any] = run_out(run).model_dump(mode="json")
    return json.dumps({"type": "run.finished", "timestamp": run.moved_at.isoformat(), "data": data}).encode()


def signed(key: bytes, name: str, at: datetime, body: bytes) -> tuple[tuple[str, str], ...]:
    """The headers by which the other side knows that it is from us, is new, and was told before."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(key, f"{name}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return (
        ("webhook-id", name), ("webhook-timestamp", seconds), ("webhook-signature", f"v1,{base64.b64encode(digest).decode()}"),
    )
