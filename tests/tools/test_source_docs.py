"""Each source's page explains every key of its configuration, every operation and every argument."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools.kubernetes import KUBERNETES
from tools.log_files import LOGS
from tools.loki import LOKI
from tools.prometheus import PROMETHEUS
from tools.source import Pack

DOCS = Path(__file__).parents[2] / "docs" / "tools"


@pytest.mark.parametrize(("pack", "pages"), [
    (PROMETHEUS, ("prometheus",)), (LOKI, ("logs",)), (LOGS, ("logs",)), (KUBERNETES, ("kubernetes", "prometheus")),
])
def test_everything_is_explained(pack: Pack[Any, Any], pages: tuple[str, ...]) -> None:
    text = "".join((DOCS / f"{page}.md").read_text(encoding="utf-8") for page in pages)
    config = pack.entry.model_fields[pack.key].annotation
    assert config is not None
    names = {*config.model_fields, *(one.name for one in pack.known), *(name for one in pack.known for name in one.arguments)}
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", text)) == []
    operations = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert {one.name for one in pack.known} <= operations
