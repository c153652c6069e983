"""A good configuration, and the mistakes of others."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
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
