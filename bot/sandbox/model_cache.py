"""Counts tokens and keeps the prompt cache as the API documents it: prefixes up to a breakpoint, for five minutes or an hour."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from bot.sandbox.model_request import CountRequest

CHARACTERS_A_TOKEN = 4
LOOKBACK = 20
"""How many blocks before a breakpoint the API looks for an earlier entry."""
_SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True)
class Segment:
    """One block of the prompt, in the order in which the cache sees them: tools, system, messages."""

    text: str
    """The block as canonical JSON, without its breakpoint."""
    ttl: str | None
    """`5m` or `1h` when a breakpoint ends here."""

    @property
    def tokens(self) -> int:
        """About four characters each."""
        return tokens(self.text)


@dataclass(frozen=True)
class InputUsage:
    """How the tokens of a prompt were billed."""

    uncached: int
    """Neither read from the cache nor written to it."""
    written: dict[str, int]
    """Written to the cache, by time to live."""
    read: int
    """Read from the cache."""

    def usage(self, output: int) -> dict[str, object]:
        """The API's usage object with `output` tokens of answer."""
        return {
            "input_tokens": self.uncached,
            "cache_creation_input_tokens": sum(self.written.values()),
            "cache_read_input_tokens": self.read,
            "cache_creation": {f"ephemeral_{ttl}_input_tokens": self.written.get(ttl, 0) for ttl in _SECONDS},
            "output_tokens": output,
            "service_tier": "standard",
        }


def tokens(text: str) -> int:
    """About how many tokens a text has, at least one."""
    return max(1, -(-len(text) // CHARACTERS_A_TOKEN))


def segments(request: CountRequest) -> list[Segment]:
    """The prompt block by block."""
    blocks: list[tuple[str, BaseModel | str]] = [("tool", tool) for tool in request.tools]
    system = [request.system] if isinstance(request.system, str) else request.system
    blocks += [("system", block) for block in system if block]
    for message in request.messages:
        blocks += [(message.role, block) for block in message.blocks()]
    found = [segment_of(role, block) for role, block in blocks]
    if request.cache_control is not None and found:
        found[-1] = Segment(found[-1].text, request.cache_control.ttl)
    return found


def segment_of(role: str, block: BaseModel | str) -> Segment:
    """A block as the cache sees it."""
    if isinstance(block, str):
        return Segment(json.dumps([role, {"type": "text", "text": block}]), None)
    control = getattr(block, "cache_control", None)
    body = block.model_dump(mode="json", exclude_defaults=True, exclude={"cache_control"})
    return Segment(json.dumps([role, body]), None if control is None else control.ttl)


class PromptCache:
    """Remembers the prefixes that requests asked to have cached, per model. Unlike the API it caches prompts of any length."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[bytes, tuple[float, float]] = {}
        """Hash of a prefix to the seconds it lives after each use, and the time at which it ends."""

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def charge(self, request: CountRequest) -> InputUsage:
        """How this request's prompt is billed; remembers its prefixes for the next one."""
        prompt = segments(request)
        prefixes = _prefixes(request.model, prompt)
        breakpoints = [index for index, segment in enumerate(prompt) if segment.ttl]
        hit = self._longest_hit(prefixes, breakpoints)
        read = sum(segment.tokens for segment in prompt[: hit + 1])
        written: dict[str, int] = {}
        start = hit + 1
        for index in breakpoints:
            ttl = str(prompt[index].ttl)
            if index >= start:
                written[ttl] = written.get(ttl, 0) + sum(segment.tokens for segment in prompt[start : index + 1])
                start = index + 1
            self._keep(prefixes[index], _SECONDS[ttl])
        return InputUsage(sum(segment.tokens for segment in prompt[start:]), written, read)

    def _longest_hit(self, prefixes: list[bytes], breakpoints: list[int]) -> int:
        """The index of the last block that is read from the cache, -1 for none."""
        for end in reversed(breakpoints):
            for index in range(end, max(-1, end - LOOKBACK), -1):
                lives, until = self._entries.get(prefixes[index], (0.0, 0.0))
                if until > self._clock():
                    self._keep(prefixes[index], lives)
                    return index
        return -1

    def _keep(self, prefix: bytes, seconds: float) -> None:
        lives = max(seconds, self._entries.get(prefix, (0.0, 0.0))[0])
        self._entries[prefix] = (lives, self._clock() + lives)


def _prefixes(model: str, prompt: list[Segment]) -> list[bytes]:
    """For each block, a hash over it and everything before it."""
    chain, prefixes = hashlib.sha256(model.encode()).digest(), []
    for segment in prompt:
        chain = hashlib.sha256(chain + segment.text.encode()).digest()
        prefixes.append(chain)
    return prefixes
