"""Files of cases: what they may hold, what is shared, and every mistake with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.core.errors import ConfigError
from bot.config import LIBRARY, load
from bot.eval_cases import check_tools, read_cases

CASE: dict[str, Any] = {"name": "one", "text": "Is all well?", "expect": {}}


def read(tmp_path: Path, *lines: dict[str, Any] | str) -> Any:
    path = tmp_path / "eval.jsonl"
    path.write_text("\n\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_cases(path)


def test_what_is_shared_comes_behind_what_a_case_says_itself(tmp_path: Path) -> None:
    own, usual = {"tool": "read", "text": "mine"}, {"tool": "*", "text": "usual", "where": {"*": "x"}}
    first, second = read(tmp_path, CASE, {"results": [usual]}, {**CASE, "name": "two", "results": [own]})
    assert [one.text for one in first.results] == []
    assert [one.text for one in second.results] == ["mine", "usual"]


@pytest.mark.parametrize(("lines", "said"), [
    ([CASE, CASE], "there are two cases by the name one"),
    (["{"], "eval.jsonl:1  is no JSON"),
    ([], "holds no case"),
    ([{**CASE, "text": ""}], "eval.jsonl:1  : a case begins with text, or with alerts"),
    ([{**CASE, "text": "", "alerts": [{"title": "x", "status": "resolved"}]}], "the first alert of a case has to fire"),
    ([CASE, {**CASE, "name": "b", "expect": {"reads": ["x"]}}], "eval.jsonl:3  expect.reads"),
    ([{**CASE, "results": [{"tool": "x", "text": "", "where": {"a": "("}}]}], "results.0.where.a: not a regular expression"),
    ([{"results": [{"tool": "x"}]}], "eval.jsonl:1  0.text"),
])
def test_mistakes_are_told_with_their_line(tmp_path: Path, lines: list[Any], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, *lines)
    assert said in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"docs/evals\.md"):
        read_cases(tmp_path / "none.jsonl")


def test_ready_made_cases_name_the_tools_of_their_example_and_some_run_offline() -> None:
    folders = sorted(path.parent for path in LIBRARY.glob("*/eval.jsonl"))
    assert LIBRARY / "triage" in folders
    for folder in folders:
        cases, config = read_cases(folder / "eval.jsonl"), load(folder / "eval.yaml", {})
        assert len(cases) >= 12, folder
        assert any(case.offline for case in cases)
        tools = dict.fromkeys(config.agents[folder.name].tools)
        check_tools(cases, tools, "")  # type: ignore[arg-type]  # their names are enough
        assert sum(case.expect.proposes == () for case in cases) > 3  # that nothing is done is worth as much as that something is
        with pytest.raises(ConfigError, match="names the tool"):
            check_tools(cases, {}, "Name them.")
