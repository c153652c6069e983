"""Decisions that an agent brings along: what the configuration changes of them, and what agents want and do not have."""

from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.config import Config, load
from bot.config_decisions import lacking
from tools.decision import DecisionEntry

AGENT = """
name: judge
description: d
prompt: p
decisions:
  assess:
    description: Say how bad it is.
    choices: {severity: [high, low]}
    texts: {owner: who should own it, cause: why}
wants:
  metrics: {why: to see what is wrong, any_of: [prometheus, "*numbers*"]}
  memory: {why: to know what helped, any_of: [memory]}
"""
MAIN = """
models: {smart: {model: any}}
roles: {operators: {users: [U01ALICE]}}
tools:
  - {name: m, memory: {}}
agents:
  - {use: ./, tools: [m_search]}
"""


def read(folder: Path, main: str = MAIN, agent: str = AGENT) -> Config:
    (folder / "agent.yaml").write_text(agent, encoding="utf-8")
    (folder / "c.yaml").write_text(main, encoding="utf-8")
    return load(folder / "c.yaml", {})


def decided(config: Config) -> DecisionEntry:
    (found,) = [entry for entry in config.sources if isinstance(entry, DecisionEntry)]
    return found


def test_it_is_a_tool_that_the_agent_has(tmp_path: Path) -> None:
    config = read(tmp_path)
    assert config.agents["judge"].tools == ("m_search", "assess")
    found = decided(config).decision
    assert (found.choices, found.unsure_below) == ({"severity": ["high", "low"]}, 0.7)
    assert found.texts == {"owner": "who should own it", "cause": "why"}


def test_the_configuration_changes_parts_of_it(tmp_path: Path) -> None:
    own = "decisions: {assess: {choices: {owner: [Us, Them]}, texts: {severity: how bad}, unsure_below: 0.9}}"
    found = decided(read(tmp_path, MAIN.replace("tools: [m_search]", f"tools: [m_search], {own}"))).decision
    assert (found.choices, found.unsure_below) == ({"owner": ["Us", "Them"]}, 0.9)
    assert found.texts == {"cause": "why", "severity": "how bad"}
    assert found.description == "Say how bad it is."


def test_a_tool_of_that_name_in_the_configuration_goes_before_it(tmp_path: Path) -> None:
    own = "  - {name: assess, decision: {description: Another one., choices: {a: [b, c]}}}\nagents:"
    assert decided(read(tmp_path, MAIN.replace("agents:", own))).decision.choices == {"a": ["b", "c"]}


@pytest.mark.parametrize(("more", "said"), [
    ("decisions: {assess: {choices: {owner: [Us]}}}", "agents[0].decisions.assess: owner has to offer at least two choices"),
    ("decisions: {other: {choices: {owner: [Us, Them]}}}", "agents[0].decisions.other: description: is missing"),
    ("decisions: {assess: {choice: {}}}", "agents[0].decisions.assess.choice: there is no such key"),
])
def test_mistakes_are_told(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, MAIN.replace("tools: [m_search]", f"tools: [m_search], {more}"))
    assert said in str(told.value)


def test_two_agents_that_bring_the_same_share_it_and_otherwise_are_told(tmp_path: Path) -> None:
    both = MAIN + "  - {use: ./, name: second}\n"
    assert read(tmp_path, both).agents["second"].tools == ("assess",)
    with pytest.raises(ConfigError, match="another agent decides something else by the name assess"):
        read(tmp_path, MAIN + "  - {use: ./, name: second, decisions: {assess: {unsure_below: 0.9}}}\n")


def test_what_an_agent_wants_and_does_not_have(tmp_path: Path) -> None:
    config = read(tmp_path)
    judge = config.agents["judge"]
    assert list(lacking(config.wants["judge"], judge.tools, config.sources)) == [("metrics", "to see what is wrong")]
    assert list(lacking(config.wants["judge"], ("read_numbers", "other"), config.sources)) == [("memory", "to know what helped")]
