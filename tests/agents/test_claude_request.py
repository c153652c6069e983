"""How a prompt is laid out for the cache; over the wire it is proved in test_claude.py."""

import json

from agents.claude_request import render
from agents.claude_tier import Tier
from agents.ports import Message, Prompt


def test_only_a_long_turn_needs_a_second_breakpoint_in_the_messages() -> None:
    def marked(calls: int) -> str:
        made = tuple((f"c{n}", "read", {"x": n}) for n in range(calls))
        results = tuple((f"c{n}", "ok", False) for n in range(calls))
        messages = (Message("user", ("Look.",)), Message("assistant", (), made), Message("user", (), (), results))
        return json.dumps(render(Prompt("s", (), messages, "smart"), Tier("own"))[0]["messages"])

    assert "cache_control" not in marked(9)
    assert marked(10).count("cache_control") == 1
