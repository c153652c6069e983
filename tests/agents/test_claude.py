"""The model's adapter over the wire: the real SDK against the sandbox's model."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from agents.claude import LONGEST_WAIT, Claude
from agents.claude_tier import Prices, Tier, cost
from agents.core import events as e
from agents.core.errors import ModelUnavailable
from agents.ports import ModelCall
from bot.sandbox.model_faults import Fault
from tests.agents.bench import SAY, Bench, conversation, prompt_of
from tests.agents.endpoints import served


async def test_a_turn_with_text_and_calls(bench: Bench) -> None:
    answer = await bench.ask()
    assert answer.text == SAY
    assert answer.calls == (ModelCall("read", {"x": 1}), ModelCall("read", {"x": 2}))
    assert (answer.model, answer.stop) == ("claude-sonnet-5-5", e.Stop.TOOLS)
    assert len(bench.pieces) > 2
    assert "".join(bench.pieces) == SAY


async def test_what_one_step_wrote_to_the_cache_the_next_one_reads(bench: Bench) -> None:
    answers = await conversation(bench, "two steps")
    assert [answer.stop for answer in answers] == [e.Stop.TOOLS, e.Stop.TOOLS, e.Stop.END]
    first, second, third = (answer.usage for answer in answers)
    assert first.cache_read == first.input == 0
    assert first.cache_write > 0
    assert second.cache_read == first.cache_write
    assert third.cache_read == second.cache_read + second.cache_write
    assert third.input == 0


async def test_a_turn_of_many_calls_does_not_lose_the_cache(bench: Bench) -> None:
    first, second = [answer.usage for answer in await conversation(bench, "many")]
    assert second.cache_read == first.cache_write


async def test_each_request_begins_with_the_bytes_of_the_one_before(bench: Bench) -> None:
    await conversation(bench, "two steps")
    raws = [request["raw"] for request in bench.requests]
    assert len(raws) == 3
    for before, behind in pairwise(raws):
        end = before.index(']}],"model"')  # of the last block of the last message
        assert behind.startswith(before[:end])
        assert json.loads(before)["system"] == json.loads(behind)["system"]
        assert json.loads(before)["tools"] == json.loads(behind)["tools"]


async def test_without_a_cache_nothing_of_it_is_sent(bench: Bench) -> None:
    await conversation(bench, "two steps", cache=False)
    assert all("cache_control" not in request["raw"] for request in bench.requests)


async def test_cost_is_what_the_usage_costs(bench: Bench) -> None:
    answer = await bench.ask(prices=Prices(input=1, output=10, cache_read=0.1, cache_write=2))
    usage = answer.usage
    assert answer.cost == pytest.approx((usage.input + 10 * usage.output + 0.1 * usage.cache_read + 2 * usage.cache_write) / 1e6)
    assert answer.cost > 0


async def test_retries_back_off_with_full_jitter(bench: Bench) -> None:
    bench.fail(*(Fault(status=status) for status in (500, 529, 408, 409)))
    assert (await bench.ask()).text == SAY
    assert bench.sleeps == [0.25, 0.5, 1.0, 2.0]
    assert len(bench.requests) == 5


async def test_retry_after_is_honoured(bench: Bench) -> None:
    bench.fail(Fault(status=429, retry_after=7), Fault(status=503, retry_after=0))
    await bench.ask()
    assert bench.sleeps == [7.0, 0.5]


async def test_who_asks_to_be_left_alone_for_long_is_given_up(bench: Bench) -> None:
    bench.fail(Fault(status=429, retry_after=LONGEST_WAIT + 1))
    with pytest.raises(ModelUnavailable, match="429"):
        await bench.ask()
    assert bench.sleeps == []


@pytest.mark.parametrize("kind", ["overloaded_error", "disconnect"])
async def test_breaking_off_in_mid_stream_is_retried_and_told(bench: Bench, kind: str) -> None:
    bench.fail(Fault(midstream=kind))
    answer = await bench.ask()
    assert answer.text == SAY
    void = bench.pieces.index("")
    assert void > 0
    assert "".join(bench.pieces[void:]) == SAY
    assert bench.sleeps == [0.25]


async def test_attempts_are_bounded(bench: Bench) -> None:
    bench.fail(Fault(status=529, times=9))
    with pytest.raises(ModelUnavailable, match=r"claude-sonnet-5-5 failed with status 529 \(overloaded_error\)"):
        await bench.ask()
    assert len(bench.requests) == 5


@pytest.mark.parametrize(("status", "told"), [
    (400, "new thread"), (401, "ANTHROPIC_API_KEY"), (402, "billing"), (403, "may not use this model"), (404, "base_url"),
    (413, "too large"),
])
async def test_what_will_not_pass_is_not_retried(bench: Bench, status: int, told: str) -> None:
    bench.fail(Fault(status=status))
    with pytest.raises(ModelUnavailable, match=told):
        await bench.ask()
    assert len(bench.requests) == 1


async def test_the_fallback_is_asked_once(bench: Bench) -> None:
    bench.fail(Fault(status=404, model="claude-sonnet-5-5"))
    answer = await bench.ask(fallback="fast")
    assert answer.model == "claude-haiku-5-5"
    assert answer.cost == pytest.approx(cost(Tier("claude-haiku-5-5"), answer.usage))
    bench.fail(Fault(status=401, times=2))
    with pytest.raises(ModelUnavailable, match=r"sonnet.*The fallback failed as well: claude-haiku"):
        await bench.ask(fallback="fast")


async def test_the_fallback_of_a_fallback_is_not_asked(bench: Bench) -> None:
    bench.fail(Fault(status=401, times=9))
    fast = Tier("claude-haiku-5-5", "key", bench.url, fallback="smart")
    with pytest.raises(ModelUnavailable):
        await bench.ask(fallback="fast", fast=fast)
    assert len(bench.requests) == 2


async def test_text_of_a_turn_that_the_fallback_writes_anew_is_void(bench: Bench) -> None:
    bench.fail(Fault(midstream="overloaded_error", times=5, model="claude-sonnet-5-5"))
    answer = await bench.ask(fallback="fast")
    last_void = len(bench.pieces) - 1 - bench.pieces[::-1].index("")
    assert "".join(bench.pieces[last_void:]) == answer.text


async def test_refusal(bench: Bench) -> None:
    bench.fail(Fault(refusal=True))
    answer = await bench.ask()
    assert (answer.text, answer.calls, answer.stop) == ("", (), e.Stop.REFUSAL)
    assert answer.usage.output > 0


@pytest.mark.parametrize("reason", ["max_tokens", "pause_turn", "model_context_window_exceeded"])
async def test_a_cut_turn_is_to_be_gone_on_with(bench: Bench, reason: Any) -> None:
    bench.fail(Fault(stop_reason=reason))
    answer = await bench.ask()
    assert answer.stop is e.Stop.LENGTH
    assert SAY.startswith(answer.text)
    assert 0 < len(answer.text) < len(SAY)


async def test_the_tiers_bound_goes_before_the_prompts(bench: Bench) -> None:
    await bench.ask(max_tokens=9)
    await bench.ask()
    assert [request["body"]["max_tokens"] for request in bench.requests] == [9, 4096]


async def test_arguments_that_are_no_json(bench: Bench) -> None:
    bench.fail(Fault(malformed_arguments="not_json"))
    answer = await bench.ask()
    assert answer.calls[0] == ModelCall("read", {}, malformed='{"arguments": nonsense')
    assert (answer.stop, answer.text) == (e.Stop.TOOLS, SAY)
    assert answer.usage.output > 0


async def test_silence_is_given_up_and_retried(bench: Bench) -> None:
    bench.fail(Fault(hang_seconds=30))
    assert (await bench.ask(timeout=1)).text == SAY
    assert bench.sleeps == [0.25]


async def test_patience_ends(bench: Bench) -> None:
    bench.fail(Fault(hang_seconds=0.6, times=2))
    with pytest.raises(ModelUnavailable, match=r"no whole answer within 0\.2 s"):
        await bench.ask(patience=0.2)


async def test_nobody_listens(bench: Bench) -> None:
    async with served([]) as url:
        pass
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await bench.ask(base_url=url)
    assert len(bench.sleeps) == 4


async def test_a_tier_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(ModelUnavailable, match="no model tier deep; the configuration has smart, fast"):
        await bench.claude().ask(replace(prompt_of(), tier="deep"))


@pytest.mark.parametrize("base_url", [None, "https://api.anthropic.com"])
async def test_without_a_key_anthropic_is_not_asked(base_url: str | None) -> None:
    claude = Claude({"smart": Tier("claude-sonnet-5-5", base_url=base_url)})
    with pytest.raises(ModelUnavailable, match="There is no key for the model: set ANTHROPIC_API_KEY"):
        await claude.ask(prompt_of())
