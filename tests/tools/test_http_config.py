"""Mistakes in the configuration of an HTTP tool, with their paths."""

from typing import Any

import pytest
from pydantic import ValidationError

from agents.core.tool import Condition, Effect, Repeat, Risk, RiskRule
from tools.http_config import HttpToolConfig, definition, held_secrets, hosts_of

RESTART: dict[str, Any] = {
    "name": "restart_service",
    "description": "Restart one service.",
    "http": {"method": "POST", "url": "http://deploy.internal/services/{service}/restart", "body": {"reason": "{reason}"}},
    "arguments": {"service": {"type": "string"}, "reason": {"type": "string"}},
}


def config(**changes: Any) -> HttpToolConfig:
    return HttpToolConfig.model_validate(RESTART | changes)


def http(**changes: Any) -> dict[str, Any]:
    return {"http": RESTART["http"] | changes}


def argument(name: str, **definition: Any) -> dict[str, Any]:
    return {"arguments": RESTART["arguments"] | {name: definition}}


def test_the_schema_that_the_model_sees() -> None:
    wide = config(**http(query={"n": "{n}", "on": "{on}"}), arguments={
        "service": {"type": "string", "description": "its name", "pattern": "^[a-z]+$"},
        "reason": {"type": "string", "maxLength": 9},
        "n": {"type": "integer", "minimum": 1, "required": False},
        "on": {"type": "boolean", "default": False},
    })  # fmt: skip
    assert wide.json_schema == {
        "type": "object",
        "properties": {
            "service": {"type": "string", "description": "its name", "pattern": "^[a-z]+$"},
            "reason": {"type": "string", "maxLength": 9},
            "n": {"type": "integer", "minimum": 1},
            "on": {"type": "boolean", "default": False},
        },
        "required": ["service", "reason"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(("changes", "path", "wrong"), [
    (argument("colour", type="string"), "arguments.colour", "used nowhere"),
    (http(body={"reason": "{resaon}"}), "http.body", "no argument resaon"),
    (http(url="http://deploy.internal/{srv}/{service}"), "http.url", "no argument srv"),
    (http(url="http://{service}/x"), "http", "host of a URL"),
    (http(headers={"X-Who": "{service}"}), "http.headers.X-Who", "constants only"),
    (http(headers={"X-Who": "a\r\nX-Evil: 1"}), "http.headers.X-Who", "one line"),
    (http(headers={"X Who": "a"}), "http.headers.X Who.[key]", "no name of a header"),
    (http(headers={"Host": "evil"}), "http.headers.Host.[key]", "by the client itself"),
    (http(method="GET"), "http", "has no body"),
    (http(colour=1), "http.colour", "Extra inputs"),
    (http(url="http://deploy.internal/{idempotency_key}/{service}"), "http.url", "no argument idempotency_key"),
    (argument("service", type="array"), "arguments.service", "is a list"),
    (argument("service", type="object"), "arguments.service", "is an object"),
    (argument("service", type="string", required=False), "arguments.service", "hole"),
    (argument("service", type="string", pattern="("), "arguments.service.pattern", "no regular expression"),
    (argument("service", type="string", default=3), "arguments.service", "default: 3"),
    (argument("reason", type="array", items={"type": "strnig"}), "arguments.reason", "no JSON Schema"),
    ({"risk": "low", "risk_when": [{"argument": "env", "equals": "prod", "risk": "high"}]}, "risk_when.0.argument", "no argument env"),
    ({"risk": "low", "risk_when": [{"argument": "reason", "risk": "high"}]}, "risk_when.0", "exactly one"),
    ({"risk": "low", "risk_when": [{"argument": "reason", "matches": "(", "risk": "high"}]}, "risk_when.0.matches", "no regular"),
    ({"risk_when": [{"argument": "reason", "matches": "x", "risk": "high"}]}, "risk_when.0.risk", "changes nothing"),
    ({"repeatable": True, "idempotency_header": "Idempotency-Key"}, "idempotency_header", "not both"),
    ({"idempotency_header": "X-Key", **http(headers={"x-key": "1"})}, "http.headers.X-Key", "the call's key"),
    ({"preview": {"url": "http://deploy.internal/{nobody}"}}, "preview.url", "no argument nobody"),
    ({"preview": {"url": "http://deploy.internal/", "after": {"v": "{nobody}"}}}, "preview.after", "no argument nobody"),
    ({"preview": {"url": "http://deploy.internal/", "after": {"v": "{service}"}, "show": ["w", "vv"]}}, "preview.after.v", "under `show`"),
    ({"preview": {"url": "http://deploy.internal/", "after": {"v.w": "x"}, "ignore": ["v"]}}, "preview.after.v.w", "under `ignore`"),
    ({**argument("reason", type="array"), "preview": {"url": "http://deploy.internal/", "after": {"v": "for {reason}"}},
      **http(body={"reason": "{reason}"})}, "arguments.reason", "is a list"),
    ({"undo": {"tool": "x", "arguments": {"a": "{nobody}"}, "within": "1h"}}, "undo.arguments.a", "written {result.nobody}"),
    ({"undo": {"tool": "x", "arguments": {"a": ["{result.}"]}, "within": "1h"}}, "undo.arguments.a", "a brace that belongs to no place"),
    ({"undo": {"tool": "x", "within": "1h"}, "effect": "none"}, "undo", "only reads"),
    ({"undo": {"tool": "x", "within": 60}}, "undo.within", "a number and a unit"),
    ({"preview": {"method": "POST", "url": "http://deploy.internal/"}}, "preview.method", "GET"),
    ({"probe": {"url": "http://deploy.internal/?k={idempotency_key}", "happened": {"field": "a"}}}, "probe.happened.equals", "required"),
    ({"name": "two words"}, "name", "pattern"),
])  # fmt: skip
def test_each_mistake_has_its_path(changes: dict[str, Any], path: str, wrong: str) -> None:
    with pytest.raises(ValidationError) as raised:
        config(**changes)
    mistakes = {".".join(str(step) for step in mistake["loc"]): mistake["msg"] for mistake in raised.value.errors()}
    assert wrong in mistakes[path]


@pytest.mark.parametrize(("changes", "effect", "repeat"), [
    ({}, Effect.EXTERNAL, Repeat.NEVER),
    ({"effect": "internal", "repeatable": True}, Effect.INTERNAL, Repeat.FREE),
    ({"idempotency_header": "Idempotency-Key"}, Effect.EXTERNAL, Repeat.KEYED),
    ({"effect": "none"}, Effect.NONE, Repeat.FREE),
    (http(method="GET", body=None, query={"reason": "{reason}"}), Effect.NONE, Repeat.FREE),
    (http(method="GET", body=None, query={"reason": "{reason}"}) | {"effect": "external"}, Effect.EXTERNAL, Repeat.NEVER),
])  # fmt: skip
def test_effect_and_repeat(changes: dict[str, Any], effect: Effect, repeat: Repeat) -> None:
    assert (config(**changes).declared_effect, config(**changes).repeat) == (effect, repeat)


def test_risk_is_high_unless_said_and_raised_by_rules() -> None:
    assert config().risk is Risk.HIGH
    rules = config(risk="low", risk_when=[{"argument": "reason", "one_of": ["a", "b"], "risk": "medium"}]).risk_when
    assert rules[0].rule == RiskRule(Condition("reason", one_of=("a", "b")), Risk.MEDIUM)


def test_the_hosts_that_tools_name() -> None:
    assert hosts_of([config(preview={"url": "http://[fe80::1]:80/"})]) == {"deploy.internal", "fe80::1"}


def test_secret_headers_are_held_and_not_part_of_the_definition() -> None:
    with_key = config(**http(headers={"Authorization": "Bearer abcdef123456", "X-Team": "ops"}))
    assert held_secrets(with_key) == {"Bearer abcdef123456", "abcdef123456"}
    assert "abcdef123456" not in str(definition(with_key))
    assert definition(with_key)["http"]["headers"] == {"Authorization": "", "X-Team": "ops"}


LATER: dict[str, Any] = {
    "grantable": False, "undo": {"tool": "restart_service", "arguments": {"service": "{service}", "reason": "undo"}, "within": "1h"},
    "preview": {"url": "http://deploy.internal/services/{service}", "after": {"by": "{reason}"}},
}  # fmt: skip


def test_keys_that_are_not_used_are_no_part_of_the_definition() -> None:
    plain = definition(config(preview={"url": "http://deploy.internal/services/{service}"}))
    assert not {"grantable", "undo"} & plain.keys()
    assert "after" not in plain["preview"]
    assert definition(config(grantable=True, undo=None)) == definition(config())


@pytest.mark.parametrize("key", LATER)
def test_what_is_approved_holds_all_that_was_declared(key: str) -> None:
    assert definition(config(**LATER)) != definition(config(**{name: value for name, value in LATER.items() if name != key}))
    changed = {**LATER, "undo": {**LATER["undo"], "within": "2h"}}
    assert definition(config(**changed)) != definition(config(**LATER))
