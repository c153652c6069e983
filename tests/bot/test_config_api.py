"""The section `api:` of the configuration, and who approval rules may name."""

from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.config import Config, load
from bot.config_api import ApiConfig, CallbackConfig
from tests.bot.configured import GOOD

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALLOWED = ApiConfig(callbacks=CallbackConfig(hosts=("hooks.example.com", "ci.internal:8443", "[2001:db8::1]", "localhost")))


def read(folder: Path, section: str, **environ: str) -> Config:
    path = folder / "countersign.yaml"
    path.write_text(GOOD + section, encoding="utf-8")
    return load(path, {"HOST": "http://127.0.0.1:9", "TOKEN": "t0ken-t0ken", "LOCAL_KEY": "k3y-k3y-k3y", **environ})


def test_callbacks_are_signed_with_what_the_environment_holds(tmp_path: Path) -> None:
    config = read(tmp_path, "api: {callbacks: {hosts: [hooks.example.com]}, callback_secret_env: CALLBACK}\n", CALLBACK=SECRET)
    assert (config.callback_secret, SECRET in config.secrets, SECRET in repr(config)) == (SECRET, True, False)
    assert config.api.hosts == {"hooks.example.com"}
    assert read(tmp_path, "").api == ApiConfig()


@pytest.mark.parametrize(("section", "said"), [
    ("api: {callbacks: {hosts: [a.example]}}", "api.callback_secret_env: is missing"),
    ("api: {callbacks: {hosts: [a.example]}, callback_secret_env: CALLBACK}", "the environment has no CALLBACK; set it to whsec_"),
    ("api: {callback_secret_env: SHORT}", "SHORT has to be whsec_ and the base64 of 24 to 64 bytes"),
    ("api: {callback_secret_env: PLAIN}", "PLAIN has to be whsec_"),
    ("api: {callbacks: {hosts: []}}", "api.callbacks.hosts"),
    ('api: {callbacks: {hosts: ["https://a.example/"]}}', "api.callbacks.hosts[0]"),
    ("api: {tokens: []}", "api.tokens"),
])
def test_what_is_wrong_is_told(tmp_path: Path, section: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, section + "\n", SHORT="whsec_AAAA", PLAIN="0123456789abcdef0123456789abcdef")
    assert said in str(raised.value)


def test_an_approval_rule_may_name_a_token(tmp_path: Path) -> None:
    path = tmp_path / "countersign.yaml"
    path.write_text(GOOD.replace("approvers: [operators, U01CAROL]", "approvers: [U01CAROL, api/board]"), encoding="utf-8")
    config = load(path, {"HOST": "http://127.0.0.1:9", "TOKEN": "t0ken-t0ken", "LOCAL_KEY": "k3y-k3y-k3y"})
    assert config.agents["triage"].approvals[0].approvers == ("U01CAROL", "api/board")


@pytest.mark.parametrize(("url", "why"), [
    ("https://hooks.example.com/x?y=z", None), ("https://hooks.example.com:444/x", None), ("https://ci.internal:8443/", None),
    ("https://[2001:db8::1]/", None), ("http://localhost:9/", None), ("http://127.0.0.1/", "not among"),
    ("https://ci.internal/", "not among"), ("https://sub.hooks.example.com/", "not among"),
    ("https://hooks.example.com.evil.example/", "not among"),
    ("https://hooks.example.com@evil.example/", "neither a user"), ("http://hooks.example.com/", "https://"), ("ftp://localhost/", "https://"),
    ("https://[::1", "no address"), ("https://hooks.example.com:x/", "no address"),
])
def test_where_the_end_of_a_run_may_be_told(url: str, why: str | None) -> None:
    refused = ALLOWED.refuses(url)
    assert refused is None if why is None else why in (refused or "")


def test_without_hosts_no_address_may_be_told() -> None:
    assert "allows no callbacks" in (ApiConfig().refuses("https://hooks.example.com/") or "")
