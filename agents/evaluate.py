"""Whether a run did what a case of an eval set expects: pure, on the run as its journal tells it."""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict
from pydantic.dataclasses import dataclass

from agents.core.calls import Call, CallState
from agents.core.state import AskKind, Run
from agents.core.tool import Effect

RAN = frozenset({CallState.FINISHED, CallState.CONFIRMED})
"""States of a call that had its effect."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression, searched without regard to case."""
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Step:
    """A call that is expected."""

    tool: str
    arguments: Mapping[str, Pattern] = field(default_factory=dict)
    """What is found in each of these."""


@dataclass(frozen=True, config=_STRICT)
class Expected:
    """What a run has to do, and what it must not. Tools are named by patterns such as `metrics_*`."""

    read: tuple[str, ...] = ()
    """These tools are asked before anything is proposed, decided or answered."""
    decides: Mapping[str, Mapping[str, Pattern]] = field(default_factory=dict)
    """By tool, what is found in the arguments of its last call, which comes before anything is proposed."""
    proposes: tuple[Step, ...] = ()
    """Steps with an effect: each of them once, and no others. None: nothing is proposed."""
    may: tuple[str, ...] = ()
    """Tools with an effect whose calls do not matter, such as a ticket."""
    checks: tuple[str, ...] = ()
    """These are asked again once a step has run."""
    hands_over: bool | None = False
    """Whether people are asked in words, with the evidence; None where both will do."""
    says: tuple[Pattern, ...] = ()
    """What is found in what it writes."""
    never_says: tuple[Pattern, ...] = ()
    never: tuple[Step, ...] = ()
    """Calls that it must not even ask for, whatever becomes of them."""


def judge(run: Run, expected: Expected) -> tuple[str, ...]:
    """What the run did otherwise, each in one sentence; nothing where it did as expected."""
    turns = {call_id: number for number, turn in enumerate(run.turns) for call_id in turn.calls}
    calls = [(turns.get(call.call_id, 0), call) for call in run.calls.values()]
    return (
        *_read(calls, expected), *_decided(calls, expected), *_proposed(calls, expected), *_checked(calls, expected),
        *_handed_over(run, expected), *_said(run, expected), *_never(calls, expected),
    )


Numbered = list[tuple[int, Call]]
"""Calls, each with the number of its turn."""


def _read(calls: Numbered, expected: Expected) -> Iterator[str]:
    begin = min((turn for turn, call in calls if _acts(call, expected) or call.tool in expected.decides), default=len(calls) + 1)
    for pattern in expected.read:
        if not any(fnmatch.fnmatch(call.tool, pattern) and turn < begin for turn, call in calls):
            yield f"did not read {pattern} first"


def _decided(calls: Numbered, expected: Expected) -> Iterator[str]:
    begin = min((turn for turn, call in calls if _acts(call, expected)), default=len(calls) + 1)
    for tool, wanted in expected.decides.items():
        made = [call for turn, call in calls if call.tool == tool and turn < begin]
        if not made:
            yield f"did not decide with {tool} before it proposed or ended"
            continue
        for name, pattern in wanted.items():
            given = made[-1].arguments.get(name)
            if given is None or not _found(pattern, str(given)):
                yield f"{tool}: {name} is {given!r}, expected /{pattern}/"


def _proposed(calls: Numbered, expected: Expected) -> Iterator[str]:
    acts = [call for _, call in calls if _acts(call, expected)]
    for step in expected.proposes:
        made = [call for call in acts if _is(call, step)]
        if not made:
            yield f"did not propose {_named(step)}"
        elif len(made) > 1:
            yield f"proposed {_named(step)} {len(made)} times"
    for call in acts:
        if not any(_is(call, step) for step in expected.proposes):
            yield f"proposed {call.tool}({', '.join(f'{name}={value}' for name, value in call.arguments.items())})"[:200]


def _checked(calls: Numbered, expected: Expected) -> Iterator[str]:
    ran = [turn for turn, call in calls if _acts(call, expected) and call.state in RAN]
    for pattern in expected.checks:
        if not ran or not any(fnmatch.fnmatch(call.tool, pattern) and turn > ran[0] for turn, call in calls):
            yield f"did not read {pattern} again after the step had run"


def _handed_over(run: Run, expected: Expected) -> Iterator[str]:
    asked = any(ask.kind is AskKind.HELP for ask in run.asks.values())
    if expected.hands_over is not None and asked is not expected.hands_over:
        yield "did not hand over to people" if expected.hands_over else "handed over to people"


def _said(run: Run, expected: Expected) -> Iterator[str]:
    text = "\n".join(turn.text or "" for turn in run.turns)
    yield from (f"did not say /{pattern}/" for pattern in expected.says if not _found(pattern, text))
    yield from (f"said /{pattern}/" for pattern in expected.never_says if _found(pattern, text))


def _never(calls: Numbered, expected: Expected) -> Iterator[str]:
    for step in expected.never:
        if any(_is(call, step) for _, call in calls):
            yield f"asked for {_named(step)}, which it must not"


def _acts(call: Call, expected: Expected) -> bool:
    """Whether a call proposes a step that counts. One that was sent back because it did not fit proposes nothing."""
    judged = call.state not in (CallState.PROPOSED, CallState.REJECTED)
    return judged and call.effect is not Effect.NONE and not any(fnmatch.fnmatch(call.tool, pattern) for pattern in expected.may)


def _is(call: Call, step: Step) -> bool:
    return fnmatch.fnmatch(call.tool, step.tool) and all(
        name in call.arguments and _found(pattern, str(call.arguments[name])) for name, pattern in step.arguments.items()
    )


def _named(step: Step) -> str:
    given: Mapping[str, Any] = step.arguments
    return f"{step.tool}({', '.join(f'{name}=/{pattern}/' for name, pattern in given.items())})" if given else step.tool


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
