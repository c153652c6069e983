"""A tool that the operator writes: the guide's own example, and files that are wrong."""

import re
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed
from tests.tools.sources import opened
from tools.python_file import PYTHON, PythonEntry

GUIDE = (Path(__file__).parents[2] / "docs" / "tools" / "writing.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0]
ITEM = {"name": "stock", "python": {"file": "stock_tools.py", "options": {"shelf": "A"}}, "settings": {"reserve": {"risk": "medium"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stock_tools.py").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


async def test_the_example_of_the_guide_works(folder: Path) -> None:
    async with opened(ITEM, folder=folder) as toolbox:
        assert await toolbox.run("stock_count", {"item": "bolt"}, key="k0") == Done("40 of bolt on shelf A")
        assert isinstance(await toolbox.run("stock_count", {"item": "nut"}, key="k0"), Failed)
        wanted = {"item": "bolt", "pieces": 3}
        assert (await toolbox.preview("stock_reserve", wanted)).text == "bolt: 40 → 37"
        for _ in range(2):
            assert await toolbox.run("stock_reserve", wanted, key="k1") == Done("reserved")
        assert await toolbox.run("stock_count", {"item": "bolt"}, key="k2") == Done("37 of bolt on shelf A")
        spec = toolbox.specs()["stock_reserve"]
        assert (spec.risk, spec.effect, spec.repeat) == (Risk.MEDIUM, Effect.INTERNAL, Repeat.KEYED)


async def test_its_text_is_part_of_what_is_approved(folder: Path) -> None:
    digests = []
    for text in (EXAMPLE, EXAMPLE, EXAMPLE.replace("reserved\")", "put aside\")")):
        (folder / "stock_tools.py").write_text(text, encoding="utf-8")
        async with opened(ITEM, folder=folder) as toolbox:
            digests.append(toolbox.specs()["stock_reserve"].digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(("text", "why"), [
    ("", "declares no tools"), ("OPERATIONS = [1]", "declares no tools"), ("import nothing_of_that_name", "ModuleNotFoundError"),
    ("1 +", "SyntaxError"), (None, "FileNotFoundError"),
])
def test_a_file_that_is_wrong_is_told(folder: Path, text: str | None, why: str) -> None:
    path = folder / "stock_tools.py"
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=why):
        PYTHON.outlines(PythonEntry.model_validate(ITEM), folder)


def test_operations_that_do_not_exist_are_told(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no operation refund"):
        PYTHON.outlines(PythonEntry.model_validate(ITEM | {"only": ["refund"]}), folder)
