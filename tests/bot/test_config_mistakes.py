"""How the mistakes of a configuration are told: all at once, and whatever was written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from agents.core.errors import ConfigError
from tests.bot.configured import GOOD, changed, mistakes, read, told

WRONG = """
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
      - {tool: write, approvers: [operator, empty], expires: 4, remind: 30, escalate: ops}
    limits: {step: 3}
  - use: triage
    name: second
    tools: [write, wrote]
    approvals:
      - {tool: writ, approvers: [operator, U01ALICE], required: 3}
channels:
  incidents: {agent: triag, on: [mention]}
  "#ok": {agent: triag, on: ["message:/(/", massage]}
  "#ok": {agent: triage}
"""

TOLD = snapshot("""\
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
  holds nobody; give it users: [U…], usergroups: [S…] or channels: [C…]
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
  write a number and a unit, such as 90s, 15m, 4h or 2d
c.yaml:21  agents[1].approvals[0].escalate
  "ops" is no channel; write "#name" in quotes, or its id
c.yaml:21  agents[1].approvals[0].approvers[0]
  "operator" is neither a role nor a user id; did you mean "operators"?
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
  is no regular expression: missing ), unterminated subpattern at position 0
c.yaml:30  channels.#ok.on[1]
  "massage" is nothing to react to; write mention, or "message:/PATTERN/"
c.yaml:31  channels.#ok
  stands here a second time; the first is in line 30\
""")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    assert told(mistakes(WRONG)) == TOLD


def test_a_name_that_the_environment_has_not_is_told_once() -> None:
    assert mistakes(GOOD, {"TOKEN": "t", "LOCAL_KEY": "k"}) == [
        'c.yaml:11  tools[0].http.url: the environment has no "HOST" (used in 1 more place); set it, or write $${ where you mean a plain ${'
    ]


def test_a_rule_with_mistakes_is_checked_for_its_names() -> None:
    rule = "{tool: restart_service, approvers: [operators, U01CAROL], required: 2, expires: 30m}"
    assert told(changed(rule, "{tool: restart_servce, approvers: [operator, 5], required: 0}")) == snapshot("""\
c.yaml:24  agents[0].approvals[0].approvers[1]
  has to be a valid string, not "5"
c.yaml:24  agents[0].approvals[0].required
  has to be greater than or equal to 1, not "0"
c.yaml:24  agents[0].approvals[0].tool
  "restart_servce" is not among the tools of triage; did you mean "restart_service"?
c.yaml:24  agents[0].approvals[0].approvers[0]
  "operator" is neither a role nor a user id; did you mean "operators"?\
""")
    assert told(changed("tools: [read_service, restart_service]", "tools: 3")) == snapshot('''\
c.yaml:22  agents[0].tools
  has to be a list ([a, b] or lines with dashes), not "3"\
''')


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12,
)


def _leaves(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(leaf for key, inner in items for leaf in _leaves(inner, (*way, key)))]


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


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text() | st.text(alphabet="ab:-[]{}&*!|>'\"#%@?, \n\t<~0.${}"))
def test_no_text_makes_it_crash(text: str) -> None:
    with pytest.raises(ConfigError):
        read(text)
