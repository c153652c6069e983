"""The guides of GitHub, tickets and web pages name each operation and each argument."""

from pathlib import Path
from typing import Any

import pytest

from tools.github.kind import GITHUB
from tools.source import Pack
from tools.tickets.jira import JiraConfig
from tools.tickets.kind import PACKS
from tools.web.kind import ALL

GUIDES = Path(__file__).parents[2] / "docs" / "tools"


@pytest.mark.parametrize("pack", [GITHUB, PACKS[JiraConfig], ALL], ids=lambda pack: pack.key)
def test_every_operation_and_argument_is_explained(pack: Pack[Any, Any]) -> None:
    guide = (GUIDES / f"{pack.key}.md").read_text(encoding="utf-8")
    names = {name for operation in pack.known for name in (operation.name, *operation.arguments)}
    assert sorted(name for name in names if f"`{name}`" not in guide) == []
