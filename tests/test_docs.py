"""What README and docs say is true: their examples load, their links lead somewhere, and what they name exists."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from agents.core.budget import Limits
from bot import (
    config_api,
    config_digests,
    config_http,
    config_monitors,
    config_policy,
    config_schedules,
    config_shape,
    config_watches,
    config_webhooks,
)  # fmt: skip
from bot.build import open_toolbox
from bot.cli import MODULES
from bot.config import load
from bot.listeners.words import VERBS
from bot.policy_cases import decide, read_cases
from bot.settings import Settings, variables
from bot.views.outcome import TITLES
from tools import argument, http_config, http_parts
from tools.kinds import KINDS
from tools.monitoring import parts
from tools.pins import NoPins
from tools.source import Pack

ROOT = Path(__file__).parents[1]
GUIDES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "tools").glob("*.md")))
PAGES = (*GUIDES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs" / "decisions").glob("*.md")))

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)\}")
SECRET = re.compile(r"_env: *\"?(\w+)")
"""Environment variables that an example names."""
NAMED = re.compile(r'"""(\w+\.py):')
CASES = "# policy-test.yaml"
"""How an example begins that holds cases, and no configuration."""
WRITTEN_THERE = ("docs/decisions/NNNN-title.md",)
"""Paths that stand for others."""


def blocks(page: Path, language: str) -> Iterator[tuple[int, str]]:
    """The page's fenced blocks in this language, each with its line."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found[2] == language:
            yield text.count("\n", 0, found.start()) + 1, re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE)


def examples() -> list[Any]:
    return [
        pytest.param(page, text, id=f"{page.relative_to(ROOT)}:{line}")
        for page in GUIDES for line, text in blocks(page, "yaml") if not text.startswith(CASES)
    ]


def completed(example: Mapping[str, Any]) -> dict[str, Any]:
    """An excerpt with the rest of a configuration around it: the tools, tiers, roles and agents that it names or leaves out."""
    given = list(example.get("tools", ()))
    agents = list(example.get("agents") or [{"use": "triage", "tools": [tool["name"] for tool in given if "http" in tool]}])
    named = {name for agent in agents for name in agent.get("tools", ())}
    tools = [*given, *(_tool(name) for name in sorted(named) if not any(_makes(tool, name) for tool in given))]
    everybody = [{"tool": "*", "approvers": ["operators"]}]
    return {
        **example,
        "models": {"smart": {"model": "any"}, "local": {"model": "any"}, **example.get("models", {})},
        "roles": {"operators": {"users": ["U01ALICE", "U01BOB"]}, **example.get("roles", {})},
        "tools": tools,
        "agents": [agent if "approvals" in agent else {**agent, "approvals": everybody} for agent in agents],
    }


def _makes(item: Mapping[str, Any], name: str) -> bool:
    """Whether this item of `tools:` makes the tool of this name."""
    return name == item["name"] or ("http" not in item and name.startswith(f"{item['name']}_"))


def _tool(name: str) -> dict[str, Any]:
    return {"name": name, "description": "Named by an excerpt.", "http": {"method": "GET", "url": "http://127.0.0.1:9/"}, "risk": "low"}


@pytest.mark.parametrize(("page", "example"), examples())
def test_examples_load(page: Path, example: str, tmp_path: Path) -> None:
    environ = dict.fromkeys([*VARIABLE.findall(example), *SECRET.findall(example), "LOCAL_KEY"], "http://127.0.0.1:9")
    environ["CALLBACK_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # what Standard Webhooks has as an example
    for _, code in blocks(page, "python"):
        if name := NAMED.match(code):  # a file that the page's example names
            (tmp_path / name[1]).write_text(code, encoding="utf-8")
    path = tmp_path / "countersign.yaml"
    (tmp_path / "prompt.md").write_text("You help.", encoding="utf-8")
    if example.startswith("# agent.yaml"):
        (tmp_path / "agent.yaml").write_text(example, encoding="utf-8")
        example = "agents: [{use: ./}]"
    whole = yaml.safe_load(re.sub(r"\bon:", '"on":', example))  # PyYAML's `on` is true; ours is a word
    path.write_text(example if {"models", "agents", "tools"} <= whole.keys() else yaml.safe_dump(completed(whole)), encoding="utf-8")
    assert load(path, environ).agents


async def test_the_cases_of_the_policy_guide_pass(tmp_path: Path) -> None:
    (_, rules), (_, cases) = blocks(ROOT / "docs" / "policy.md", "yaml")
    (tmp_path / "countersign.yaml").write_text(rules + "models: {smart: {model: any}}\nroles: {operators: {users: [U01ALICE]}}\n")
    (tmp_path / "policy-test.yaml").write_text(cases, encoding="utf-8")
    config = load(tmp_path / "countersign.yaml", {})
    async with open_toolbox(Settings(), config, NoPins()) as toolbox:
        outcomes = [decide(case, config, toolbox) for case in read_cases(tmp_path / "policy-test.yaml", config)]
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    decided = {outcome.rules[0].removeprefix("rule ") for outcome in outcomes}
    assert {rule.name for rule in config.policy} <= decided  # each rule of the example decides a case


def test_the_example_of_the_readme_is_whole() -> None:
    (_, text), *others = blocks(ROOT / "README.md", "yaml")
    assert not others
    assert set(yaml.safe_load(text)) == {"models", "roles", "tools", "agents", "channels"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in map("".join, LINK.findall(page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for code in CODE.findall(page.read_text(encoding="utf-8")):
        path = code.partition("::")[0].rstrip("/")
        if "/" in path and path.partition("/")[0] in folders and re.fullmatch(r"[\w./-]+", path) and path not in WRITTEN_THERE:
            assert (ROOT / path).exists() or path.startswith(".venv/"), code


def test_commands_and_targets_exist() -> None:
    words = "\n".join(page.read_text(encoding="utf-8") for page in GUIDES)
    spoken = "\n".join([*CODE.findall(words), *(found[3] for found in FENCE.finditer(words) if found[2] in ("sh", ""))])
    assert set(re.findall(r"(?:^|[ /])countersign ([a-z]+)\b", spoken, re.MULTILINE)) <= MODULES.keys()
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert set(re.findall(r"^make ([a-z]+)", spoken, re.MULTILINE)) <= set(re.findall(r"make ([a-z]+)", listed))


def shapes() -> Iterator[type[BaseModel]]:
    """Everything that a configuration consists of."""
    for module in (
        config_api, config_digests, config_http, config_monitors, config_policy, config_schedules, config_shape, config_watches,
        config_webhooks, http_config, http_parts, argument, parts,
    ):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
                yield value


def test_every_key_of_the_configuration_is_explained() -> None:
    guide = "\n".join(page.read_text(encoding="utf-8") for page in GUIDES)
    keys = {field.alias or name for shape in shapes() for name, field in shape.model_fields.items()}
    keys |= {field.name for field in fields(Limits)}
    missing = [key for key in keys if not re.search(rf"\b{key}\b", guide)]
    assert sorted(missing) == []


SHARED = {"clock": "calculator", "loki": "logs", "python": "writing"}
"""Sources that stand on another's page."""


@pytest.mark.parametrize("key", KINDS)
def test_every_argument_of_a_source_is_explained_on_its_page(key: str) -> None:
    kind, guide = KINDS[key], (ROOT / "docs" / "tools" / f"{SHARED.get(key, key)}.md").read_text(encoding="utf-8")
    entry = kind.entry.model_fields[key].annotation
    operations = kind.known if isinstance(kind, Pack) else ()
    names = [
        *(entry.model_fields if isinstance(entry, type) and issubclass(entry, BaseModel) else ()),
        *(operation.name for operation in operations), *(name for operation in operations for name in operation.arguments),
    ]
    assert [name for name in names if not re.search(rf"(?:\b|_){name}\b", guide)] == []


def test_every_command_is_explained() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    spoken = [*(f"countersign {name}" for name in MODULES), *(f"/ops {verb}" for verb in VERBS)]
    assert [words for words in spoken if not re.search(rf"`{words}\b", guide)] == []


def test_every_state_of_a_question_is_explained() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    assert [state for state in TITLES if state != "open" and f"| {state} |" not in guide] == []


def test_every_setting_is_explained() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    assert [name for name in variables().values() if name not in guide] == []
