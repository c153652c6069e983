"""The kinds of sources: each under its own name, and none imported before it is asked for."""

import subprocess
import sys

import pytest

from tools.kinds import KINDS, kind_of


@pytest.mark.parametrize("key", KINDS)
def test_a_kind_is_known_by_the_field_that_names_it(key: str) -> None:
    kind = KINDS[key]
    assert kind.key == key
    assert key in kind.entry.model_fields
    assert kind_of(kind.entry.model_construct(name="x")) is kind


def test_none_is_imported_before_it_is_asked_for() -> None:
    others = "('tools.prometheus', 'tools.web', 'tools.sql', 'sqlglot', 'mcp')"
    look = f"import sys, bot.config; print([name for name in sys.modules if name.startswith({others})])"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout == "[]\n"
