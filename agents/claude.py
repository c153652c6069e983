"""Claude, or another model behind the Messages API, as the port Model: attempts, patience, fallback, cost."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.claude_fault import Fault
from agents.claude_reply import Reply
from agents.claude_request import render
from agents.claude_tier import Tier, cost
from agents.core.errors import ModelUnavailable
from agents.core.events import Usage
from agents.ports import Answer, Prompt

if TYPE_CHECKING:
    from agents.claude_wire import Endpoint

log = logging.getLogger(__name__)

ATTEMPTS = 5
PATIENCE = 600.0
"""Seconds for all attempts at one tier; a fallback has as many again."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts. An endpoint that asks to be left alone for longer is given up at once."""
_FIRST_WAIT = 0.5  # seconds; twice as long each time


class Claude:
    """Implements Model. Close it when it is not needed any more."""

    def __init__(
        self, tiers: Mapping[str, Tier], *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random, attempts: int = ATTEMPTS, patience: float = PATIENCE, strict: bool = False,
    ) -> None:
        """`jitter` draws from 0 to 1; `strict` refuses answers that do not have the documented shape, for tests."""
        self._tiers = tiers
        self._sleep = sleep
        self._jitter = jitter
        self._attempts = attempts
        self._patience = patience
        self._strict = strict
        self._endpoints: dict[str, Endpoint] = {}
        self._opening = asyncio.Lock()

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        """The model's next turn. Raises ModelUnavailable.

        `on_text` is given each piece of text as it is written. An empty piece says that the turn broke off and is written anew: what
        was given before is void.
        """
        voice = _Voice(on_text)
        try:
            return await self._ask(prompt.tier, prompt, voice)
        except Fault as first:
            fallback = self._tiers[prompt.tier].fallback if prompt.tier in self._tiers else None
            if fallback is None:
                raise ModelUnavailable(str(first)) from first
            log.warning("%s Falling back from %s to %s.", first, prompt.tier, fallback)
            voice.restart()
            try:
                return await self._ask(fallback, prompt, voice)
            except Fault as second:
                raise ModelUnavailable(f"{first} The fallback failed as well: {second}") from second

    async def close(self) -> None:
        """Let all connections go."""
        for endpoint in self._endpoints.values():
            await endpoint.close()
        self._endpoints.clear()

    async def _ask(self, name: str, prompt: Prompt, voice: "_Voice") -> Answer:
        """One tier's answer, after as many attempts as it takes and is worth. Raises Fault."""
        endpoint, tier = await self._endpoint(name), self._tiers[name]
        request, said = render(prompt, tier)
        try:
            async with asyncio.timeout(self._patience):
                reply = await self._persist(endpoint, request, tier, voice)
        except TimeoutError as error:
            raise Fault(f"{tier.model} gave no whole answer within {self._patience:g} s.", passes=True) from error
        return Answer(reply.model, reply.text, reply.calls, reply.stop, reply.usage, cost(tier, reply.usage), said.seal(reply.head))

    async def _persist(self, endpoint: "Endpoint", request: Mapping[str, Any], tier: Tier, voice: "_Voice") -> Reply:
        wasted, attempt = Usage(), 1
        while True:
            try:
                reply = await endpoint.turn(request, voice.say)
                return replace(reply, usage=_sum(wasted, reply.usage))
            except Fault as fault:
                wait = self._wait(fault, attempt)
                if not fault.passes or attempt == self._attempts or wait > LONGEST_WAIT:
                    raise
                log.info("%s Attempt %d of %d in %.1f s.", fault, attempt + 1, self._attempts, wait)
                wasted = _sum(wasted, fault.usage)
            voice.restart()
            attempt += 1
            await self._sleep(wait)

    def _wait(self, fault: Fault, attempt: int) -> float:
        """Seconds until the next attempt: exponential backoff with full jitter, and never less than the endpoint asked for."""
        backoff = self._jitter() * min(LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (attempt - 1))
        return max(fault.after or 0.0, backoff)

    async def _endpoint(self, name: str) -> "Endpoint":
        async with self._opening:
            if name not in self._endpoints:
                tier = self._tiers.get(name)
                if tier is None:
                    raise Fault(f"There is no model tier {name}; the configuration has {', '.join(self._tiers) or 'none'}.", passes=False)
                self._endpoints[name] = await asyncio.to_thread(_open, tier, self._strict)
            return self._endpoints[name]


class _Voice:
    """Hands the text on as it is written, and says when it begins anew."""

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text
        self._spoke = False

    def say(self, piece: str) -> None:
        if self._on_text is not None:
            self._spoke = True
            self._on_text(piece)

    def restart(self) -> None:
        if self._on_text is not None and self._spoke:
            self._spoke = False
            self._on_text("")


def _open(tier: Tier, strict: bool) -> "Endpoint":
    """In a thread: the SDK takes more than a second to import."""
    from agents.claude_wire import Endpoint

    return Endpoint(tier, strict=strict)


def _sum(a: Usage, b: Usage) -> Usage:
    return Usage(a.input + b.input, a.output + b.output, a.cache_read + b.cache_read, a.cache_write + b.cache_write)
