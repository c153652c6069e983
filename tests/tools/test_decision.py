"""A decision is one of those that were declared."""

import pytest
from pydantic import ValidationError

from agents.core.tool import Effect, Risk
from agents.ports import Done, Failed
from tests.tools.sources import opened
from tools.decision import DecisionEntry

ITEM = {"name": "assess", "decision": {
    "description": "Say how bad it is.", "choices": {"severity": ["sev1", "sev2"]}, "texts": {"cause": "why"}, "unsure_below": 0.8,
}}
GOOD = {"severity": "sev1", "cause": "a deploy", "reason": "p95 rose at 10:14", "confidence": 0.9}


async def test_what_was_declared_is_recorded_and_nothing_else() -> None:
    async with opened(ITEM) as toolbox:
        assert await toolbox.run("assess", GOOD, key="k") == Done("It is recorded.")
        for wrong in ({"severity": "sev9"}, {"confidence": 2}, {"cause": ""}, {"owner": "me"}):
            assert isinstance(await toolbox.run("assess", GOOD | wrong, key="k"), Failed)
        spec = toolbox.specs()["assess"]
        assert (spec.risk, spec.effect, spec.unsure_below, spec.asks) == (Risk.LOW, Effect.NONE, 0.8, False)


@pytest.mark.parametrize("choices", [{"severity": ["sev1"]}, {"reason": ["a", "b"]}, {}, {"Bad Name": ["a", "b"]}])
def test_what_cannot_be_decided_is_a_mistake(choices: dict[str, list[str]]) -> None:
    with pytest.raises(ValidationError):
        DecisionEntry.model_validate({"name": "assess", "decision": {"description": "Say it.", "choices": choices}})
