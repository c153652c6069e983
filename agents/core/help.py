"""Questions to people in words: which calls are one, and to whom."""

from collections.abc import Mapping
from typing import Any

from agents.core import events as e
from agents.core.approval import ROLE, ApprovalRule, next_ask, rule_for
from agents.core.calls import Call
from agents.core.state import Run
from agents.core.tool import ToolSpec

OPERATORS = "operators"
"""What a question in words says under `to` where it is for those who could approve, and not for whoever asked."""


def is_question(spec: ToolSpec, arguments: Mapping[str, Any]) -> bool:
    """Whether a call is a question to people in words: always, or because the model is not sure enough of what it decides."""
    sure = arguments.get("confidence")
    unsure = isinstance(sure, bool) or not isinstance(sure, int | float) or not sure >= spec.unsure_below
    return spec.asks or (spec.unsure_below > 0 and unsure)


def help_asked(run: Run, call: Call, rules: tuple[ApprovalRule, ...]) -> e.HelpAsked:
    """The question in words that a call is: to whoever asked for the run, or to those who approve, or the operators."""
    known = rule_for(call.tool, rules).approvers or (ROLE + OPERATORS,)
    question = call.arguments.get("question")
    if question is None:
        question = "\n".join([f"{call.tool}: not sure enough.", *(f"{name}: {value}" for name, value in call.arguments.items())])
    to_operators = "question" not in call.arguments or call.arguments.get("to") == OPERATORS
    return e.HelpAsked(next_ask(run), call.call_id, call.tool, str(question), known if to_operators else ())
