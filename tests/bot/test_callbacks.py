"""The end of a run is told: signed, at least once, over restarts, and no more than it was promised."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from agents.core import events as e
from agents.core.callbacks import WAITS
from agents.core.fold import fold
from agents.core.ids import RunId, api_client, run_id_for
from agents.core.state import Run
from agents.core.trigger import Source, Trigger
from bot.callbacks import Callbacks, signed
from bot.config_api import ApiConfig, CallbackConfig, key_of
from storage.database import open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger
from tests.world import NOON, Clock
from tools.net import Net

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
ALLOWED = ApiConfig(callbacks=CallbackConfig(hosts=("127.0.0.1",)))
NOBODY = ApiConfig()


@dataclass
class Receiver:
    """The other side."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses in order; 200 afterwards."""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A server that keeps what it is told."""
    kept = Receiver()

    async def take(request: web.Request) -> web.Response:
        kept.got.append((dict(request.headers), await request.read()))
        return web.Response(status=kept.answers.pop(0) if kept.answers else 200)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    kept.url = f"http://127.0.0.1:{runner.addresses[0][1]}/done?token=x"
    yield kept
    await runner.cleanup()


@asynccontextmanager
async def process(
    folder: Path, clock: Clock, config: ApiConfig = ALLOWED, secret: str = SECRET
) -> AsyncIterator[tuple[Callbacks, SqlJournal]]:
    """One life of the bot."""
    async with open_database(f"sqlite:///{folder}/journal.db") as database, Net(hosts=config.hosts) as net:
        journal = SqlJournal(database)
        yield Callbacks(journal=journal, ledger=SqlLedger(database), net=net, config=config, secret=secret, clock=clock), journal


async def ended(journal: SqlJournal, url: str, at: datetime = NOON) -> RunId:
    """A run that is over."""
    run, ci = run_id_for("k"), api_client("ci")
    started = e.RunStarted("triage", Trigger(Source.API, "k", ci, "token ci", callback=url), "Look.")
    facts = [e.Fact(event, ci, at) for event in (started, e.RunStopped("Bob"), e.RunFinished(e.Outcome.STOPPED, "Stopped by Bob."))]
    await journal.append(run, facts, after=0, agent="triage")
    return run


async def seen(journal: SqlJournal) -> Run:
    return fold(await journal.read(run_id_for("k")))


def genuine(headers: dict[str, str], body: bytes) -> bool:
    """What the other side checks, as the specification has it."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    return headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


async def test_the_end_is_told_once_and_signed(tmp_path: Path, receiver: Receiver) -> None:
    async with process(tmp_path, Clock()) as (callbacks, journal):
        run = await ended(journal, receiver.url)
        assert [await callbacks.sweep(), await callbacks.sweep()] == [1, 0]
        ((headers, body),) = receiver.got
        assert genuine(headers, body)
        assert (headers["webhook-id"], headers["webhook-timestamp"]) == (f"{run}.end", str(int(NOON.timestamp())))
        told = json.loads(body)
        assert (told["type"], told["data"]["id"], told["data"]["outcome"]) == ("run.finished", run, "stopped")
        assert told["data"]["callback"] == {
            "url": receiver.url.partition("?")[0], "state": "pending", "attempts": 0, "error": "", "again_at": None
        }
        assert (await seen(journal)).callback == e.CallbackTried(1, 200)


async def test_it_is_told_again_after_a_restart_with_the_same_id_and_no_sooner(tmp_path: Path, receiver: Receiver) -> None:
    clock, receiver.answers = Clock(), [500, 503]
    async with process(tmp_path, clock) as (callbacks, journal):
        await ended(journal, receiver.url)
        await callbacks.sweep()
        assert (await seen(journal)).callback == e.CallbackTried(1, 500, "It was answered with 500.", NOON + WAITS[0])
    clock.pass_(seconds=4)
    async with process(tmp_path, clock) as (callbacks, journal):
        assert await callbacks.sweep() == 0
        clock.pass_(seconds=1)
        assert await callbacks.sweep() == 1
    clock.pass_(days=1)
    async with process(tmp_path, clock) as (callbacks, journal):
        assert [await callbacks.sweep(), await callbacks.sweep()] == [1, 0]
        assert (await seen(journal)).callback == e.CallbackTried(3, 200)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.got}) == 3
    assert all(genuine(*got) for got in receiver.got)


async def test_a_power_cut_between_telling_and_writing_tells_it_once_more(tmp_path: Path, receiver: Receiver) -> None:
    class Cut(Exception):
        pass

    clock = Clock()
    async with process(tmp_path, clock) as (callbacks, journal):
        await ended(journal, receiver.url)

        async def cut(*_: object) -> None:
            raise Cut

        callbacks._write = cut  # type: ignore[method-assign, assignment]  # the power goes here
        with pytest.raises(Cut):
            await callbacks.sweep()
    async with process(tmp_path, clock) as (callbacks, journal):
        assert await callbacks.sweep() == 1
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [f"{run_id_for('k')}.end"] * 2


async def test_it_is_given_up_after_so_many_attempts(tmp_path: Path, receiver: Receiver) -> None:
    clock, receiver.answers = Clock(), [500] * 99
    async with process(tmp_path, clock) as (callbacks, journal):
        await ended(journal, receiver.url)
        for _ in range(20):
            await callbacks.sweep()
            clock.pass_(days=1)
        assert len(receiver.got) == len(WAITS) + 1
        tried = [row.event for row in await journal.read(run_id_for("k")) if isinstance(row.event, e.CallbackTried)]
        assert [one.attempt for one in tried] == list(range(1, len(WAITS) + 2))
        assert [one.again_at is None for one in tried] == [*([False] * len(WAITS)), True]


@pytest.mark.parametrize(("config", "secret", "error"), [
    (NOBODY, SECRET, "allows no callbacks"), (ALLOWED, "", "has no secret"),
])
async def test_what_the_configuration_does_not_allow_any_more_is_given_up(
    tmp_path: Path, receiver: Receiver, config: ApiConfig, secret: str, error: str
) -> None:
    async with process(tmp_path, Clock(), config, secret) as (callbacks, journal):
        await ended(journal, receiver.url)
        await callbacks.sweep()
        tried = (await seen(journal)).callback
    assert tried is not None
    assert (tried.again_at, error in tried.error, "token=x" in tried.error, receiver.got) == (None, True, False, [])


async def test_who_is_gone_is_told_nothing_more_and_who_is_away_later(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers = [410]
    async with process(tmp_path, Clock()) as (callbacks, journal):
        await ended(journal, receiver.url)
        await callbacks.sweep()
        assert (await seen(journal)).callback == e.CallbackTried(1, 410, "It was answered with 410.")
    other = tmp_path / "other"
    other.mkdir()
    async with process(other, Clock()) as (callbacks, journal):
        await ended(journal, "http://127.0.0.1:9/")
        await callbacks.sweep()
        tried = (await seen(journal)).callback
    assert tried is not None
    assert (tried.status, tried.again_at, bool(tried.error)) == (0, NOON + timedelta(seconds=5), True)


def test_the_published_example_of_a_signature() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, the test of its libraries."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert key is not None
    at = datetime.fromtimestamp(1614265330, NOON.tzinfo)
    headers = dict(signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'))
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
