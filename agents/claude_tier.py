"""Which model a tier means, where it answers, and what its tokens cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.core.events import Usage

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens."""

    input: float
    """Neither read from the prompt cache nor written to it."""
    output: float
    """Thinking included."""
    cache_read: float
    cache_write: float
    """For the five minutes for which we ask."""
    long_from: int | None = None
    """A prompt of more tokens than this, cached or not, is charged by `long`, all of it."""
    long: "Prices | None" = None


PRICES: Mapping[str, Prices] = {
    "claude-fable-5-1": Prices(10.00, 50.00, 0.25, 12.50),
    "claude-opus-5-5": Prices(4.00, 20.00, 0.20, 5.00),
    "claude-opus-5": Prices(5.00, 25.00, 0.50, 6.25),
    "claude-sonnet-5-5": Prices(2.00, 10.00, 0.10, 2.50),
    "claude-sonnet-5": Prices(2.00, 10.00, 0.20, 2.50),
    "claude-haiku-5-5": Prices(0.10, 0.50, 0.01, 0.125, long_from=100_000, long=Prices(0.50, 2.50, 0.05, 0.625)),
    "claude-haiku-4-5": Prices(1.00, 5.00, 0.10, 1.25),
}
"""List prices as published at platform.claude.com/docs/en/about-claude/pricing in October 2026. A tier's own prices go before them;
a model that is in neither costs 0, because nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A name in the configuration, such as `smart`, and the model that it stands for."""

    model: str
    """The id that the endpoint knows it by."""
    api_key: str = field(default="", repr=False)
    base_url: str | None = None
    """Without `/v1`. None: Anthropic's own."""
    fallback: str | None = None
    """The tier that is asked, once, where this one failed."""
    max_tokens: int | None = None
    """Tokens of one turn, thinking included. None: as the prompt says."""
    timeout: float = 120.0
    """Seconds without a byte from the endpoint after which an attempt is given up."""
    prices: Prices | None = None
    """None: as in PRICES."""
    cache: bool = True
    """Whether to ask for prompt caching; some self-hosted servers refuse requests that do."""


def cost(tier: Tier, usage: Usage) -> float:
    """US dollars for one turn; 0 where no price is known."""
    prices = tier.prices or PRICES.get(tier.model)
    if prices is None:
        return 0.0
    if prices.long and prices.long_from is not None and usage.total - usage.output > prices.long_from:
        prices = prices.long
    dollars = (
        usage.input * prices.input + usage.output * prices.output
        + usage.cache_read * prices.cache_read + usage.cache_write * prices.cache_write
    )
    return dollars / _MILLION
