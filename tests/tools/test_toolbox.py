"""The toolbox keeps its promises whatever a tool does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from agents.core.errors import ConfigError
from agents.core.tool import Effect, ToolSpec
from agents.ports import Caller, Done, Failed, Preview, Unknown
from agents.ports import Toolbox as ToolboxPort
from tools.redact import MARK, Redactor
from tools.tool import Bounds, Tool
from tools.toolbox import NO_PREVIEW, Toolbox

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
HELD = "s3cret-of-ours"
T = TypeVar("T")


@dataclass
class Told:
    """A tool that does as it is told."""

    spec: ToolSpec = field(default_factory=lambda: ToolSpec("told", "", SCHEMA, "digest", preview=True, probe=True))
    bounds: Bounds = field(default_factory=Bounds)
    defaults: Mapping[str, Any] = field(default_factory=lambda: {"mode": "careful"})
    result: Done | Failed | Unknown | Exception = field(default_factory=lambda: Done("fine"))
    shown: Preview | Exception = field(default_factory=lambda: Preview("as it is", "f1"))
    happened: bool | Exception | None = None
    delay: float = 0

    def invalid(self, arguments: Mapping[str, Any]) -> str | None:
        return f"13 is bad luck, says {HELD}." if arguments["n"] == 13 else None

    async def run(self, arguments: Mapping[str, Any], *, key: str, caller: Caller) -> Done | Failed | Unknown:
        return await self._give(self.result)

    async def preview(self, arguments: Mapping[str, Any]) -> Preview:
        return await self._give(self.shown)

    async def probe(self, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        return await self._give(self.happened)

    async def _give(self, value: T | Exception) -> T:
        await asyncio.sleep(self.delay)
        if isinstance(value, Exception):
            raise value
        return value


def toolbox(*tools: Tool) -> Toolbox:
    return Toolbox(tools, Redactor((HELD,)))


def spec(effect: Effect) -> ToolSpec:
    return ToolSpec("told", "", SCHEMA, "digest", effect=effect, preview=True, probe=True)


def test_it_is_the_port() -> None:
    port: ToolboxPort = toolbox(Told())
    assert list(port.specs()) == ["told"]


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="told"):
        toolbox(Told(), Told())


async def test_a_good_call_gives_its_result() -> None:
    tool = Told(result=Done("fine", taints=True))
    assert await toolbox(tool).run("told", {"n": 1}, key="k") == Done("fine", taints=True)


@pytest.mark.parametrize(("arguments", "wrong"), [
    ({}, "`n` is missing."), ({"n": "x"}, '`n` must be a whole number, not "x".'), ({"n": 13}, f"13 is bad luck, says {MARK}."),
])  # fmt: skip
async def test_arguments_that_do_not_fit_reach_no_tool(arguments: dict[str, Any], wrong: str) -> None:
    box = toolbox(Told(result=RuntimeError("reached"), shown=RuntimeError("reached"), happened=RuntimeError("reached")))
    assert box.invalid("told", arguments) == wrong
    assert await box.run("told", arguments, key="k") == Failed(wrong)
    assert (await box.preview("told", arguments)).text == f"could not be read: {wrong}"
    assert await box.probe("told", arguments, key="k") is None


async def test_a_tool_that_is_gone_is_a_failure_and_no_exception() -> None:
    box = toolbox()
    assert box.invalid("gone", {}) == "There is no tool gone here."
    assert await box.run("gone", {}, key="k") == Failed("There is no tool gone here.")
    assert (await box.preview("gone", {})).fingerprint == NO_PREVIEW
    assert await box.probe("gone", {}, key="k") is None


async def test_a_long_result_is_cut_visibly() -> None:
    tool = Told(result=Done("x" * 12_545), bounds=Bounds(max_result=200))
    assert await toolbox(tool).run("told", {"n": 1}, key="k") == Done("x" * 200 + "\n… 12,345 characters left out")


async def test_a_secret_across_the_cut_is_gone_before_it_is_cut() -> None:
    tool = Told(result=Done("x" * 195 + HELD), bounds=Bounds(max_result=200))
    result = await toolbox(tool).run("told", {"n": 1}, key="k")
    assert isinstance(result, Done)
    assert "s3" not in result.text


@pytest.mark.parametrize("result", [Done(f"a {HELD}\0\ud800"), Failed(f"a {HELD}\0\ud800"), Unknown(f"a {HELD}\0\ud800")])
async def test_every_result_is_without_secrets_and_can_be_stored(result: Done | Failed | Unknown) -> None:
    cleaned = await toolbox(Told(result=result)).run("told", {"n": 1}, key="k")
    assert type(cleaned) is type(result)
    text = cleaned.why if isinstance(cleaned, Unknown) else cleaned.text
    assert text == f"a {MARK}\N{REPLACEMENT CHARACTER}?"


@pytest.mark.parametrize(("effect", "kind"), [(Effect.NONE, Failed), (Effect.INTERNAL, Unknown), (Effect.EXTERNAL, Unknown)])
async def test_a_defect_in_a_tool_is_unknown_where_there_may_be_an_effect(effect: Effect, kind: type) -> None:
    tool = Told(spec=spec(effect), result=RuntimeError(f"boom {HELD}"))
    assert await toolbox(tool).run("told", {"n": 1}, key="k") == kind(f"The tool broke off: RuntimeError: boom {MARK}")


@pytest.mark.parametrize(("effect", "kind"), [(Effect.NONE, Failed), (Effect.EXTERNAL, Unknown)])
async def test_a_slow_tool_is_given_up(effect: Effect, kind: type) -> None:
    tool = Told(spec=spec(effect), bounds=Bounds(timeout=0.02), delay=5)
    box = toolbox(tool)
    assert await box.run("told", {"n": 1}, key="k") == kind("There was no answer within 0.02 seconds.")
    assert await box.preview("told", {"n": 1}) == Preview("could not be read: there was no answer within 0.02 seconds", NO_PREVIEW)
    assert await box.probe("told", {"n": 1}, key="k") is None


async def test_being_cancelled_is_not_swallowed() -> None:
    running = asyncio.ensure_future(toolbox(Told(delay=5)).run("told", {"n": 1}, key="k"))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_previews_and_probes() -> None:
    box = toolbox(Told(shown=Preview(f"holds {HELD}", "f1"), happened=True))
    assert await box.preview("told", {"n": 1}) == Preview(f"holds {MARK}", "f1")
    assert await box.probe("told", {"n": 1}, key="k") is True


async def test_a_defect_in_a_preview_or_a_probe_says_nothing() -> None:
    box = toolbox(Told(shown=RuntimeError(HELD), happened=RuntimeError("boom")))
    assert await box.preview("told", {"n": 1}) == Preview(f"could not be read: RuntimeError: {MARK}", NO_PREVIEW)
    assert await box.probe("told", {"n": 1}, key="k") is None


async def test_a_tool_without_preview_and_probe_is_not_asked() -> None:
    box = toolbox(Told(spec=ToolSpec("told", "", SCHEMA, "d"), shown=RuntimeError("asked"), happened=RuntimeError("asked")))
    assert await box.preview("told", {"n": 1}) == Preview("", NO_PREVIEW)
    assert await box.probe("told", {"n": 1}, key="k") is None


def test_what_is_judged_and_shown_is_what_leaves() -> None:
    box = toolbox(Told())
    assert box.complete("told", {"n": 5.0}) == {"mode": "careful", "n": 5}
    assert type(box.complete("told", {"n": 5.0})["n"]) is int
    assert box.complete("told", {"n": 1.5, "mode": "bold"}) == {"mode": "bold", "n": 1.5}
    assert box.complete("unknown", {"x": 1}) == {"x": 1}
