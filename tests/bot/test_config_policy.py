"""The sections `policy:` and `links:`: what they mean, and every mistake with its place."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.core.errors import ConfigError
from agents.core.judging import Test
from agents.core.rules import Hours, Rule
from agents.core.terms import Decision
from agents.core.tool import Effect, Risk
from agents.core.trigger import Source
from bot.config import load
from tests.bot.configured import ENVIRON, GOOD, mistakes, read

RULES = r"""
policy:
  - name: no-restarts-at-night
    when:
      tool: restart_*
      channel: ["#incidents", C01OPS, dm]
      source: [mention, watched]
      time: {days: [mon-wed, sat], from: "18:00", to: "09:00", zone: Europe/Vienna}
      effect: external
      risk: [medium, high]
    then: deny
    reason: |
      Nobody is there
      to look after it.
  - name: some-services
    when: {tool: [read_service], agent: triage, tainted: false, arguments: {service: [web, api]}}
    then: run
  - {name: others, when: {arguments: {service: {not_in: [web], }}}, then: notify}
  - {name: odd, when: {arguments: {service: {matches: '^\W'}}}, then: ask}
links: {hosts: [wiki.example.com, "*.example.org"]}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def good() -> str:
    """The good configuration with approvers for everything, and these rules."""
    anybody = "approvals: [{tool: '*', approvers: [operators]}]"
    watcher = GOOD.replace("tools: [read_service]\nchannels", f"tools: [read_service]\n    {anybody}\nchannels")
    everybody = "{tool: read_service, approvers: [operators]}, {tool: assess, approvers: [operators]}"
    return watcher.replace("{tool: restart_service,", f"{everybody}, {{tool: restart_service,") + RULES


def test_rules_are_read_in_their_order() -> None:
    config = read(good())
    night, some, others, odd = config.policy
    assert night == Rule(
        "no-restarts-at-night", Decision.DENY, "Nobody is there to look after it.", ("restart_*",), channels=("#incidents", "C01OPS", "dm"),
        sources=(Source.MENTION, Source.WATCHED),
        hours=Hours(ZoneInfo("Europe/Vienna"), frozenset({0, 1, 2, 5}), time(18), time(9)),
        effects=(Effect.EXTERNAL,), risks=(Risk.MEDIUM, Risk.HIGH),
    )
    assert some == Rule(
        "some-services", Decision.ALLOW, tools=("read_service",), agents=("triage",), tainted=False,
        arguments={"service": Test(one_of=("web", "api"))},
    )
    assert others.arguments == {"service": Test(none_of=("web",))}
    assert odd.arguments == {"service": Test(matches=r"^\W")}
    assert config.links == ("wiki.example.com", "*.example.org")


MISTAKES = [
    ("tool: restart_*", "tool: restrat_*", 'policy[0].when.tool: there is no tool whose name begins with "restrat_"'),
    ("tool: restart_*", "tool: restart_servce", 'there is no tool "restart_servce"; did you mean "restart_service"?'),
    ("tool: restart_*", 'tool: "re*art"', "a * may stand at the end only"),
    ('"#incidents", C01', '"#incidnets", C01', 'when.channel: "#incidnets" is not among the channels; did you mean "#incidents"?'),
    ("agent: triage", "agent: triag", 'policy[1].when.agent: there is no agent "triag"; did you mean "triage"?'),
    ("source: [mention, watched]", "source: [mention, watchd]", '"watchd" is not among mention'),
    ("zone: Europe/Vienna", "zone: Europe/Wien", 'this machine knows no time zone "Europe/Wien"'),
    (", zone: Europe/Vienna", "", "policy[0].when.time.zone: is missing"),
    ('from: "18:00"', 'from: "25:00"', '"25:00" is no time of day'),
    ("mon-wed", "mon-wednesday", "is no day; write mon, tue"),
    ("effect: external", "effect: outside", '"outside" is not among none, internal, external'),
    ("then: deny", "then: forbid", '"forbid" is not among deny, ask, notify, run'),
    ("    then: deny\n", "", "policy[0].then: is missing"),
    ("name: some-services", "name: odd", "policy[3].name: there are two by the name odd"),
    ("name: some-services", "name: Some services", "is no name"),
    (r"'^\W'", "'(a+)+$'", "busy for ever"),
    (r"'^\W'", "'['", "is no regular expression"),
    ("not_in: [web]", "not_in: [web], above: 3", "write one of equals, in, not_in, matches, above, below"),
    ("not_in: [web]", "above: 4, below: 3", "nothing is above 4 and below 3"),
    ("not_in: [web]", "abov: 4", 'there is no such key; did you mean "above"?'),
    ("arguments: {service: [web", "arguments: {servce: [web", 'has an argument "servce"; did you mean "service"?'),
    ("effect: external", "labels: {environment: production}", 'has a label "environment"'),
    ("when: {arguments: {service: {not_in: [web], }}}", "when: {}", "policy[2].when: is empty"),
    ("effect: external", "efect: external", 'policy[0].when.efect: there is no such key; did you mean "effect"?'),
    ("links: {hosts: [wiki.example.com", "links: {hosts: [https://wiki.example.com/", "is no host; write it in lower case without https://"),
    ("links: {hosts", "links: {host", 'links.host: there is no such key; did you mean "hosts"?'),
    ("\npolicy:\n", "\npolicies:\n", 'policies: there is no such section; did you mean "policy"?'),
]


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES, ids=[new.strip()[:40] for _, new, _ in MISTAKES])
def test_mistakes_are_told(old: str, new: str, told: str) -> None:
    assert old in good()
    lines = mistakes(good().replace(old, new))
    assert any(told in line for line in lines), lines
    assert len(lines) <= 2


def test_a_rule_that_asks_needs_somebody_to_ask() -> None:
    (line,) = mistakes(GOOD + "policy: [{name: reads, when: {agent: watcher, effect: none}, then: ask}]\n")
    assert "the rule reads may ask about read_service, and nobody could decide; name its approvers" in line


def test_labels_that_exist_are_known() -> None:
    labelled = GOOD.replace("    risk: low\n", "    risk: low\n    labels: {environment: production}\n", 1)
    rule = "policy: [{name: prod, when: {labels: {environment: PLACE}}, then: deny}]\n"
    assert read(labelled + rule.replace("PLACE", "production")).policy[0].labels == {"environment": ("production",)}
    (line,) = mistakes(labelled + rule.replace("PLACE", "prodution"))
    assert 'environment: prodution; did you mean "production"?' in line


def test_the_rules_of_another_file() -> None:
    read(GOOD)
    Path("other.yaml").write_text("policy: [{name: stop, when: {tool: '*'}, then: deny}]\n", encoding="utf-8")
    assert [rule.name for rule in load(Path("c.yaml"), ENVIRON, policy=Path("other.yaml")).policy] == ["stop"]
    Path("other.yaml").write_text("rules: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"other\.yaml:1  has no section policy"):
        load(Path("c.yaml"), ENVIRON, policy=Path("other.yaml"))
