"""What a configuration may say, and how its mistakes are told."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

import bot.sandbox
from agents.core.approval import ApprovalRule
from agents.core.budget import Limits
from agents.core.errors import ConfigError
from agents.core.policy import Autonomy
from bot.config import Config, load

GOOD = """
models:
  fast:  {model: claude-haiku-5-5}
  smart: {model: claude-sonnet-5-5, fallback: fast, timeout: 1m30s}
  local: {model: qwen, base_url: "http://127.0.0.1:8000", api_key_env: LOCAL_KEY, prices: {input: 1, output: 2.5}}
roles:
  operators: {users: [U01ALICE], usergroups: [S01OPS]}
tools:
  - name: read_service
    description: Tell a service's state.
    http: {method: GET, url: "${HOST}/services/{service}", headers: {Authorization: "Bearer ${TOKEN}"}}
    arguments:
      service: {type: string}
    risk: low
  - name: restart_service
    description: Restart a service.
    http: {method: POST, url: "${HOST}/services/{service}/restart"}
    arguments:
      service: {type: string}
agents:
  - use: triage
    tools: [read_service, restart_service]
    autonomy: partial
    approvals: [{tool: restart_service, approvers: [operators, U01CAROL], required: 2, expires: 30m}]
    limits: {steps: 5, time: 2m}
  - name: watcher
    description: Watches.
    prompt: You watch.
    tier: local
    tools: [read_service]
channels:
  "#incidents": {agent: triage, on: [mention]}
  dm: {agent: watcher}
"""

ENVIRON = {"HOST": "http://127.0.0.1:9", "TOKEN": "hush-hush", "LOCAL_KEY": "also-hush"}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str, environ: Mapping[str, str] = ENVIRON) -> Config:
    Path("c.yaml").write_text(text, encoding="utf-8")
    return load(Path("c.yaml"), environ)


def mistakes(text: str, environ: Mapping[str, str] = ENVIRON) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, environ)
    return str(caught.value).splitlines()


def told(lines: list[str]) -> str:
    """The mistakes for reading: each place on a line, what is wrong on the next."""
    return "\n".join(re.sub(r"(  \S+): ", r"\1\n  ", line, count=1) for line in lines)


def changed(old: str, new: str) -> list[str]:
    """The mistakes of the good configuration after one change."""
    assert GOOD.count(old) >= 1
    return mistakes(GOOD.replace(old, new, 1))


@pytest.mark.usefixtures("folder")
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


@pytest.mark.usefixtures("folder")
def test_secrets_are_known_and_never_in_the_repr() -> None:
    config = read(GOOD)
    assert {"hush-hush", "also-hush"} <= config.secrets
    assert "hush" not in repr(config)


def test_the_sandbox_configuration_is_good() -> None:
    config = load(Path(bot.sandbox.__file__).parent / "countersign.yaml", {"COMPANY_URL": "http://127.0.0.1:9"})
    assert set(config.agents["triage"].tools) == {tool.name for tool in config.tools}


@pytest.mark.usefixtures("folder")
def test_every_mistake_is_told_at_once_with_its_line() -> None:
    text = """
models:
  smart: {model: a, fallback: quick, price: 3}
  fast: {fallback: fast}
  slow: {model: b, fallback: slower}
  slower: {model: b, fallback: slow, timeout: 90s}
  keyed: {model: c, api_key_env: NO_KEY}
roles:
  operators: {users: [alice]}
  empty: {}
rolls: 3
tools:
  - {name: write, description: x, http: {method: POST, url: "${NOPE}/x"}}
  - {name: write, description: x, http: {method: FETCH, url: "http://x/"}, riks: low}
agents:
  - use: triag
  - use: triage
    tools: [write, wrote]
    autonomy: partal
    approvals:
      - {tool: write, approvers: [operator, empty], expires: 4, remind: 30m, escalate: "#ops"}
    limits: {step: 3}
  - use: triage
    name: second
    tools: [write, wrote]
    approvals:
      - {tool: writ, approvers: [operator, U01ALICE], required: 3}
channels:
  incidents: {agent: triag, on: [mention]}
  "#ok": {agent: triag, on: ["message:/x/"]}
  "#ok": {agent: triage}
"""
    assert told(mistakes(text)) == snapshot("""\
c.yaml:3  models.smart.price
  there is no such key; did you mean "prices"?
c.yaml:4  models.fast.model
  is missing
c.yaml:5  models.slow.fallback
  falls back in a circle: slow -> slower -> slow
c.yaml:6  models.slower.fallback
  falls back in a circle: slower -> slow -> slower
c.yaml:7  models.keyed.api_key_env
  the environment has no NO_KEY; set it to this tier's key
c.yaml:9  roles.operators.users[0]
  "alice" is no user id such as U01ABC2DE; Slack shows it under a profile's ⋮, Copy member ID
c.yaml:10  roles.empty
  holds nobody; give it users: [U…] or usergroups: [S…]
c.yaml:11  rolls
  there is no such section; did you mean "roles"?
c.yaml:13  tools[0].http.url
  the environment has no "NOPE"; set it, or write $${ where you mean a plain ${
c.yaml:14  tools[1].http.method
  "FETCH" is not among GET, HEAD, POST, PUT, PATCH, DELETE; did you mean "PATCH"?
c.yaml:14  tools[1].riks
  there is no such key; did you mean "risk"?
c.yaml:14  tools[1].name
  there are two by the name write; each name may stand once
c.yaml:16  agents[0].use
  there is no agent "triag"; did you mean "triage"?
c.yaml:18  agents[1].tools[1]
  there is no tool "wrote"; did you mean "write"?
c.yaml:19  agents[1].autonomy
  "partal" is not among shadow, supervised, partial, full; did you mean "partial"?
c.yaml:21  agents[1].approvals[0].expires
  write a number and a unit, such as 90s, 15m, 4h or 2d
c.yaml:21  agents[1].approvals[0].remind
  reminders are not supported yet; leave it out
c.yaml:21  agents[1].approvals[0].escalate
  escalation is not supported yet; leave it out
c.yaml:22  agents[1].limits.step
  there is no such key; did you mean "steps"?
c.yaml:25  agents[2].tools[1]
  there is no tool "wrote"; did you mean "write"?
c.yaml:27  agents[2].approvals[0].tool
  "writ" is not among the tools of second; did you mean "write"?
c.yaml:27  agents[2].approvals[0].approvers[0]
  "operator" is neither a role nor a user id; did you mean "operators"?
c.yaml:29  channels.incidents
  "incidents" is no channel; write "#name" in quotes, or dm for direct messages
c.yaml:30  channels.#ok.on[0]
  watched patterns are not supported yet; only mention is
c.yaml:31  channels.#ok
  stands here a second time; the first is in line 30\
""")


@pytest.mark.usefixtures("folder")
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


@pytest.mark.usefixtures("folder")
def test_a_tool_that_nobody_could_approve_is_refused() -> None:
    assert told(changed("approvals: [{tool: restart_service", "approvals: [{tool: read_service")) == snapshot("""\
c.yaml:22  agents[0].tools[1]
  restart_service has an effect: it may wait for approval or be left in doubt, and nobody could decide; name its approvers\
""")


@pytest.mark.usefixtures("folder")
def test_more_approvals_than_people_are_refused() -> None:
    lone = GOOD.replace(", usergroups: [S01OPS]", "").replace("required: 2", "required: 3")
    assert told(mistakes(lone)) == snapshot("""\
c.yaml:24  agents[0].approvals[0].required
  it takes 3 people, and the approvers are 2\
""")


@pytest.mark.usefixtures("folder")
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
  there is no such key; known: approvals, autonomy, description, limits, name, prompt, tier, tools\
""")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("text", "mistake"), [
    ("models: {a: [", "c.yaml:1  is not YAML: "),
    ("a: &a [*a]", "c.yaml:1  is not YAML: "),
    ("[" * 5000, "c.yaml:1  is not YAML: "),
    ("!!python/object/apply:os.system [ls]", "c.yaml:1  tags such as !!python/object/apply:os.system are not supported"),
    ("a: !!binary x", "c.yaml:1  a: tags such as !!binary are not supported"),
    ("", "c.yaml:1  has to be a mapping with models, roles, tools, agents, channels"),
    ("? [a]\n: b", "c.yaml:1  a key has to be a single word"),
    ("a: 1\n---\nb: 2", "c.yaml:2  is not YAML: "),
    ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]", "c.yaml:1  is not YAML: it unfolds to more than 50,000 values"),
])
def test_what_is_hardly_yaml_is_refused(text: str, mistake: str) -> None:
    assert any(line.startswith(mistake) for line in mistakes(text))


def test_files_that_cannot_be_read_are_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.yaml:1  cannot be read: No such file"):
        load(Path("nowhere.yaml"), {})
    (folder / "c.yaml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match=r"c.yaml:1  is not UTF-8 text \(byte 3\)"):
        load(Path("c.yaml"), {})


@pytest.mark.usefixtures("folder")
def test_expansion_cannot_change_the_structure() -> None:
    config = read(GOOD.replace("description: Watches.", 'description: "${EVIL} $${HOST}"'), {**ENVIRON, "EVIL": "x\n  tools: [a]"})
    assert config.agents["watcher"].description == "x\n  tools: [a] ${HOST}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12,
)


def _leaves(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(leaf for key, inner in items for leaf in _leaves(inner, (*way, key)))]


@pytest.mark.usefixtures("folder")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_no_value_in_any_place_makes_it_crash(data: st.DataObject) -> None:
    whole = yaml.safe_load(GOOD)
    whole["channels"]["#incidents"]["on"] = whole["channels"]["#incidents"].pop(True)
    *way, last = data.draw(st.sampled_from(_leaves(whole)[1:]))
    place = whole
    for key in way:
        place = place[key]
    place[last] = data.draw(JSON)
    said = ""
    try:
        read(yaml.safe_dump(whole, allow_unicode=True))
    except ConfigError as error:
        said = str(error)
    assert all(line.startswith(("c.yaml:", "/")) for line in said.splitlines())


@pytest.mark.usefixtures("folder")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text() | st.text(alphabet="ab:-[]{}&*!|>'\"#%@?, \n\t<~0.${}"))
def test_no_text_makes_it_crash(text: str) -> None:
    with pytest.raises(ConfigError):
        read(text)
