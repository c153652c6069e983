"""What tokens cost."""

import pytest

from agents.claude_tier import PRICES, Prices, Tier, cost
from agents.core import events as e


def test_prices_by_model() -> None:
    million = e.Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000)
    assert cost(Tier("claude-sonnet-5-5"), million) == pytest.approx(14.6)
    assert cost(Tier("claude-haiku-5-5"), million) == pytest.approx(3.675)
    assert cost(Tier("claude-haiku-5-5"), e.Usage(50_000, 1000, 50_000)) == pytest.approx(0.006)
    assert cost(Tier("my-own-model"), million) == 0
    assert cost(Tier("claude-sonnet-5-5", prices=Prices(1, 1, 1, 1)), million) == pytest.approx(4)
    assert all(prices.cache_read < prices.input < prices.output for prices in PRICES.values())


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(Tier("claude-sonnet-5-5", "secret"))
