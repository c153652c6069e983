"""What has to be well for the bot to work, for `/readyz`: asked cheaply, believed for a while, and never with tokens of the model."""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import aiohttp

from agents.claude_tier import Tier
from agents.core.errors import JournalError
from agents.ledger import Ledger
from bot.settings import Settings
from bot.slack import Slack
from bot.trouble import EXPECTED, error_of

Check = Callable[[], Awaitable[str | None]]
"""Why a part does not work; None where it does."""

PATIENCE = 2.5
"""Seconds that one part gets to answer."""

KEPT = {"database": 1.0, "slack": 15.0, "model": 30.0}
"""Seconds for which an answer is believed, however often somebody asks."""


def checks(ledger: Ledger, slack: Slack, tiers: Mapping[str, Tier]) -> dict[str, Check]:
    """The parts by name. Whoever adds a part that may fail, such as a scheduler that lags, adds it to these."""
    parts = {"database": _reads(ledger), "slack": _answers(slack), "model": _model(slack.session, tiers)}
    return {name: Believed(check, KEPT[name]) for name, check in parts.items()}


class Believed:
    """A check whose answer is believed for a while. Whoever asks meanwhile waits for the one who asked first."""

    def __init__(self, check: Check, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._check = check
        self._seconds = seconds
        self._clock = clock
        self._asking = asyncio.Lock()
        self._found: str | None = None
        self._until = float("-inf")

    async def __call__(self) -> str | None:
        """What is wrong, as of now or of a moment ago."""
        async with self._asking:
            if self._clock() >= self._until:
                try:
                    async with asyncio.timeout(PATIENCE):
                        self._found = await self._check()
                except TimeoutError:
                    self._found = f"no answer within {PATIENCE:g} seconds"
                self._until = self._clock() + self._seconds
            return self._found


def _reads(ledger: Ledger) -> Check:
    async def check() -> str | None:
        try:
            await ledger.asks(open_only=True, limit=1)
        except JournalError:
            return "The database cannot be read; the log says why."
        return None

    return check


def _answers(slack: Slack) -> Check:
    async def check() -> str | None:
        try:
            await slack.client.auth_test()
        except EXPECTED as error:
            return f"Slack does not answer: {error_of(error) or type(error).__name__}"
        return None

    return check


def _model(session: aiohttp.ClientSession, tiers: Mapping[str, Tier]) -> Check:
    """Well while each tier, or one that it falls back on, answers.

    To list models costs no tokens; where none are listed, a 404 is an answer.
    """
    async def check() -> str | None:
        endpoints = {(tier.base_url, tier.api_key): tier for tier in tiers.values()}
        answers = await asyncio.gather(*(_endpoint(session, tier) for tier in endpoints.values()))
        wrong = dict(zip(endpoints, answers, strict=True))
        found = {name: _of_tier(name, tiers, wrong) for name in tiers}
        return "; ".join(f"{name}: {why}" for name, why in found.items() if why) or None

    return check


def _of_tier(name: str, tiers: Mapping[str, Tier], wrong: Mapping[tuple[str | None, str], str | None]) -> str | None:
    seen: list[str] = []
    while name in tiers and name not in seen:
        seen.append(name)
        tier = tiers[name]
        if wrong[tier.base_url, tier.api_key] is None:
            return None
        name = tier.fallback or name
    first = tiers[seen[0]]
    return wrong[first.base_url, first.api_key]


async def _endpoint(session: aiohttp.ClientSession, tier: Tier) -> str | None:
    url = f"{(tier.base_url or Settings().anthropic_base_url).rstrip('/')}/v1/models?limit=1"
    headers = {"authorization": f"Bearer {tier.api_key}", "anthropic-version": "2023-06-01"}
    parts = urlsplit(url)
    proxy = None if urllib.request.proxy_bypass(parts.hostname or "") else urllib.request.getproxies().get(parts.scheme)
    timeout = aiohttp.ClientTimeout(total=PATIENCE - 0.5)
    try:
        async with session.get(url, headers=headers, proxy=proxy, timeout=timeout, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return f"its endpoint cannot be reached ({type(error).__name__})"
    if status in (401, 403):
        return f"its endpoint refuses the key ({status})"
    return f"its endpoint answers {status}" if status >= 500 else None
