"""MCP servers as they are written in the configuration."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agents.core.tool import Effect, Repeat, Risk
from tools.mcp_config import FromEnvironment, McpEntry, McpServer, McpSetting

COMMAND = {"command": ["mcp-files"]}


def entry(mcp: dict[str, Any], tools: dict[str, Any] | None = None, **more: Any) -> McpEntry:
    return McpEntry.model_validate({"name": "files", "mcp": mcp, "tools": tools or {"read": {}}, **more})


@pytest.mark.parametrize(("mcp", "more", "why"), [
    ({}, {}, "exactly one of"),
    ({**COMMAND, "url": "http://a/"}, {}, "exactly one of"),
    ({"url": "ftp://a/"}, {}, "http or https"),
    ({"url": "http://me:secret@a/"}, {}, "no user, no password"),
    ({"url": "http://a:x/"}, {}, "Port"),
    ({"url": "http://a/", "env": {"A": "b"}}, {}, "belong to a `command`"),
    ({**COMMAND, "headers": {"X-A": "b"}}, {}, "belong to a `url`"),
    ({**COMMAND, "env": {"A": "b"}, "secrets": {"A": {"from_env": "B"}}}, {}, "stands in `env` and in `secrets`"),
    (COMMAND, {"only": ["read"]}, "are not for MCP servers"),
    (COMMAND, {"settings": {"read": {}}}, "are not for MCP servers"),
    (COMMAND, {"tools": {}}, "at least 1"),
    (COMMAND, {"tools": {"read it": {}}}, "match pattern"),
    (COMMAND, {"tools": {"a.b": {}, "a_b": {}}}, "two tools of the server would be called files_a_b"),
    (COMMAND, {"tools": {"x" * 60: {}}}, "longer than 64"),
    ({"url": "http://a/", "headers": {"Host": "b"}}, {}, "set by the client"),
])
def test_mistakes_are_told(mcp: dict[str, Any], more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        McpEntry.model_validate({"name": "files", "mcp": mcp, "tools": {"read": {}}, **more})


def test_what_is_not_said_is_the_worst() -> None:
    assert McpSetting().declared == (Risk.HIGH, Effect.EXTERNAL, Repeat.NEVER, True)
    assert McpSetting(effect=Effect.NONE, taints=False).declared == (Risk.HIGH, Effect.NONE, Repeat.FREE, False)
    assert McpSetting(repeatable=True, risk=Risk.LOW).declared == (Risk.LOW, Effect.EXTERNAL, Repeat.FREE, True)


def test_secrets_are_named_and_never_in_what_approvals_bind_to() -> None:
    known = entry({**COMMAND, "env": {"node_env": "production"}, "secrets": {"TOKEN": {"from_env": "FILES_TOKEN"}}})
    assert known.secret_names() == {"FILES_TOKEN"}
    assert entry({"url": "http://a/", "headers": {"A": {"from_env": "B"}, "C": "d"}}).secret_names() == {"B"}
    assert [outline.name for outline in entry(COMMAND, {"a.b/c": READS}).outlines()] == ["files_a_b_c"]


def test_every_key_is_explained() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "tools" / "mcp.md").read_text()
    keys = {*McpEntry.model_fields, *McpServer.model_fields, *McpSetting.model_fields, *FromEnvironment.model_fields}
    assert sorted(key for key in keys if f"`{key}" not in guide and f" {key}:" not in guide) == []


READS = {"effect": "none", "risk_when": [{"argument": "path", "matches": "secret", "risk": "medium"}], "risk": "low"}
