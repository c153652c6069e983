"""What a configuration may say, and how its mistakes are told."""

from datetime import timedelta
from pathlib import Path

import pytest
from inline_snapshot import snapshot

import bot.sandbox
from agents.core.approval import ApprovalRule
from agents.core.budget import Limits
from agents.core.errors import ConfigError
from agents.core.policy import Autonomy
from bot.config import load
from bot.config_decisions import lacking
from tests.bot.configured import ENVIRON, GOOD, changed, mistakes, read, told


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_file_becomes_a_configuration() -> None:
    config = read(GOOD)
    triage = config.agents["triage"]
    assert triage.prompt.startswith("You triage")
    assert triage.autonomy is Autonomy.PARTIAL
    assert triage.approvals == (ApprovalRule("restart_service", ("role:operators", "U01CAROL"), 2, timedelta(minutes=30)),)
    assert triage.limits == Limits(steps=5, time=timedelta(minutes=2))
    assert config.agents["watcher"].tier == "local"
    assert config.agents["watcher"].autonomy is Autonomy.SUPERVISED
    assert config.models["smart"].timeout == timedelta(seconds=90)
    assert config.tools[0].http.url == "http://127.0.0.1:9/services/{service}"
    assert config.channels["dm"].on == ("mention",)
    assert config.api_keys == {"local": "also-hush"}
    assert config.usual_agent == "watcher"


def test_secrets_are_known_and_never_in_the_repr() -> None:
    config = read(GOOD)
    assert {"hush-hush", "also-hush"} <= config.secrets
    assert "hush" not in repr(config)


def test_the_sandbox_configuration_is_good() -> None:
    environ = {"COMPANY_URL": "http://127.0.0.1:9", "ALERTS_SECRET": "hush-hush", "PIPELINE": "pipeline"}
    config = load(Path(bot.sandbox.__file__).parent / "countersign.yaml", environ)
    declared = {tool.name for tool in config.tools} - {"patch_model"}
    assert set(config.agents["triage"].tools) > declared | {"ask_human", "metrics_range", "assess"}
    assert not list(lacking(config.wants["triage"], config.agents["triage"].tools, config.sources))


@pytest.mark.parametrize(("old", "new", "mistake"), [
    ("agent: triage, on", "agent: tirage, on", 'c.yaml:32  channels.#incidents.agent: there is no agent "tirage"; did you mean "triage"?'),
    ("fallback: fast", "fallback: smart", "c.yaml:4  models.smart.fallback: falls back in a circle: smart -> smart"),
    ("tier: local", "tier: lokal", 'c.yaml:29  agents[1].tier: there is no model tier "lokal"; did you mean "local"?'),
    ("expires: 30m", "expires: soon", "c.yaml:24  agents[0].approvals[0].expires: 'soon' is no length of time; "
     "write a number and a unit, such as 90s, 15m, 4h or 2d"),
    ("use: triage", "use: ./mine", 'c.yaml:21  agents[0].use: there is no agent "./mine"; mine has no agent.yaml'),
    ("prompt: You watch.", "prompt: watch.md", 'c.yaml:28  agents[1].prompt: "watch.md" cannot be read in .: No such file or directory'),
    ("    prompt: You watch.\n", "", "c.yaml:26  agents[1].prompt: is missing; say it here, or name an agent with `use`"),
    ("approvers: [operators, U01CAROL]", "approvers: []", "c.yaml:24  agents[0].approvals[0].approvers: is empty; it takes at least one"),
    ("usergroups: [S01OPS]", "usergroups: []", None),
])
def test_a_mistake_is_told_in_one_line(old: str, new: str, mistake: str | None) -> None:
    if mistake is None:
        read(GOOD.replace(old, new, 1))
    else:
        assert mistake in changed(old, new)


def test_a_tool_that_nobody_could_approve_is_refused() -> None:
    assert told(changed("approvals: [{tool: restart_service", "approvals: [{tool: read_service")) == snapshot("""\
c.yaml:22  agents[0].tools[1]
  restart_service has an effect: it may wait for approval or be left in doubt, and nobody could decide; name its approvers\
""")


def test_more_approvals_than_people_are_refused() -> None:
    lone = GOOD.replace(", usergroups: [S01OPS]", "").replace("required: 2", "required: 3")
    assert told(mistakes(lone)) == snapshot("""\
c.yaml:24  agents[0].approvals[0].required
  it takes 3 people, and the approvers are 2\
""")


def test_a_star_rule_covers_every_tool() -> None:
    assert read(GOOD.replace("{tool: restart_service,", '{tool: "*",')).agents["triage"].approvals[0].tool == "*"


def test_an_agent_may_lie_in_a_folder_of_its_own(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "agent.yaml").write_text("name: mine\ndescription: Mine.\nprompt: prompt.md\nlimits: {cost: 2}\n")
    (folder / "mine" / "prompt.md").write_text("Be mine.\n")
    config = read(GOOD.replace("use: triage", "use: ./mine").replace("agent: triage", "agent: mine"))
    assert config.agents["mine"].prompt == "Be mine.\n"
    assert config.agents["mine"].limits == Limits(steps=5, cost=2, time=timedelta(minutes=2))


def test_mistakes_in_an_agents_own_file_have_its_name_and_line(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "agent.yaml").write_text("name: mine\ndescription: Mine.\nprompt: You.\ntools: [read_servce]\nmodel: fast\n")
    text = GOOD.replace("use: triage\n    tools: [read_service, restart_service]", "use: ./mine").replace("agent: triage", "agent: mine")
    assert told(mistakes(text)) == snapshot("""\
c.yaml:23  agents[0].approvals[0].tool
  "restart_service" is not among the tools of mine; did you mean "read_servce"?
mine/agent.yaml:4  tools[0]
  there is no tool "read_servce"; did you mean "read_service"?
mine/agent.yaml:5  model
  there is no such key\
""")


def test_files_that_cannot_be_read_are_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^\S*nowhere\.yaml does not exist\. Write it .*, or set COUNTERSIGN_CONFIG"):
        load(Path("nowhere.yaml"), {})
    (folder / "c.yaml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match=r"c.yaml:1  is not UTF-8 text \(byte 3\)"):
        load(Path("c.yaml"), {})


def test_expansion_cannot_change_the_structure() -> None:
    config = read(GOOD.replace("description: Watches.", 'description: "${EVIL} $${HOST}"'), {**ENVIRON, "EVIL": "x\n  tools: [a]"})
    assert config.agents["watcher"].description == "x\n  tools: [a] ${HOST}"
