"""What a scene reads in the words of results, compares, and takes from around the line that it knows."""

from typing import Any

import pytest

from bot.sandbox.model_request import MessagesRequest
from bot.sandbox.scene_play import play
from bot.sandbox.scenes import Scene

SCENE = Scene.model_validate({
    "title": "t",
    "match": {"text": ["then sum up"], "around": "service=(?P<service>\\w+)"},
    "reads": {
        "before": {"tool": "look", "where": {"query": "p95"}, "take": "last ([\\d.]+)", "first": True},
        "now": {"tool": "look", "where": {"query": "p95"}, "take": "last ([\\d.]+)"},
        "note": {"tool": "look", "where": {"query": "other"}, "take": "(.+)"},
    },
    "turns": [
        {"when": {"turn": 1}, "calls": [{"tool": "look", "arguments": {"query": "p95 of {service}"}}]},
        {"when": {"above": {"now": 400}}, "say": "{service} is slow: {now}."},
        {"when": {"below": {"now": 400}}, "say": "{before} -> {now}, {note}. You said: {said}"},
        {"say": "I cannot tell: {now}."},
    ],
})
QUESTION = '<message from="Dana">\nservice=checkout, severity=x\nLook, then sum up\n</message>'


def request(*results: str, query: str = "p95 of checkout", question: str = QUESTION) -> MessagesRequest:
    """A conversation in which the tool was called so often."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    for number, text in enumerate(results):
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": f"c{number}", "name": "look", "input": {"query": query}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"c{number}", "content": text}]},
        ]
    return MessagesRequest.model_validate({
        "model": "m", "max_tokens": 100, "messages": messages, "tools": [{"name": "look", "input_schema": {"type": "object"}}],
    })


def test_what_is_around_the_line_fills_the_call() -> None:
    (call,) = play([SCENE], request()).calls
    assert call.arguments == {"query": "p95 of checkout"}
    assert not play([SCENE], request(question="Look, then sum up")).calls  # nothing names a service


@pytest.mark.parametrize(("results", "said"), [
    (["first 1, last 2400"], "checkout is slow: 2,400."),
    (["last 2400", "last 180.5"], "2400 -> 180.5, unknown. You said: service=checkout, severity=x\nLook, then sum up"),
    (["nothing"], "I cannot tell: unknown."),
    (["last 400"], "I cannot tell: 400."),
])
def test_numbers_are_read_and_compared(results: list[str], said: str) -> None:
    assert play([SCENE], request(*results)).text.replace("2,400", "2400") == said.replace("2,400", "2400")


def test_other_calls_are_not_read() -> None:
    assert play([SCENE], request("last 500", query="errors")).text == "I cannot tell: unknown."
