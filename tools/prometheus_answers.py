"""Prometheus' API: the envelope of every answer, and its errors in words that a query can be repaired by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.ports import Clock, Failed
from tools.access import Api, Query, parsed

HINTS: Mapping[str, str] = {
    "too many samples": "Take a shorter time, a narrower selector or a larger step.",
    "maximum resolution": "Take a larger step or a shorter time.",
    "many-to-many": "Say how series are matched: on(…) or ignoring(…), and group_left where one side has more.",
    "duplicate series for the match group": "Say how series are matched: on(…) with labels that tell them apart, and group_left.",
    "must contain at least one non-empty matcher": 'Give the metric\'s name, or a label that is not empty, such as {job="api"}.',
    "expected type range vector": "Give a range, such as NAME[5m].",
    "expected type instant vector": "A range such as [5m] has to stand in a function such as rate(…).",
}
"""What helps, by a part of the error."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that is asked."""

    api: Api
    clock: Clock
    max_series: int
    max_points: int

    async def ask(self, path: str, query: Query) -> "Answered | Failed":
        """What the answer holds, with the server's own remarks."""
        answer = await self.api.read(f"/api/v1/{path}", query)
        if isinstance(answer, Failed):
            return answer
        content = parsed(answer)
        if isinstance(content, dict) and content.get("status") == "success" and "data" in content:
            return Answered(content["data"], _remarks(content))
        if isinstance(content, dict) and content.get("status") == "error":
            return self.api.refused(answer, _error(content))
        if answer.status == 200:
            return Failed(f"What {self.api.url} answered is not Prometheus' API; the operator should check the url and its prefix.")
        return self.api.refused(answer)


@dataclass(frozen=True, slots=True)
class Answered:
    """A successful answer."""

    content: Any
    remarks: tuple[str, ...]
    """Warnings and notes of the server, each one line."""

    def told(self, text: str) -> str:
        """The text with the remarks before it: they say how far it can be trusted."""
        return "\n".join([*self.remarks, text])


def _error(content: Mapping[str, Any]) -> str:
    kind, text = str(content.get("errorType", "error")), str(content.get("error", ""))
    hint = next((hint for part, hint in HINTS.items() if part in text), "")
    if kind == "timeout" and not hint:
        hint = "Take a shorter time, a narrower selector or a larger step."
    return f"{kind}: {text}{f' — {hint}' if hint else ''}"


def _remarks(content: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for key, word in (("warnings", "Warning"), ("infos", "Note")):
        texts = content.get(key) or ()
        found += [f"{word} of the server: {str(text)[:500]}" for text in texts[:5]] if isinstance(texts, list) else []
    return tuple(found)
