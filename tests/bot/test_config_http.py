"""`http:` and `slack:`: what they say, and what is wrong with them."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.build import is_over_http
from bot.config import Config, load
from bot.config_http import HttpConfig, RateConfig, SlackConfig
from bot.settings import Settings

REST = """
models: {smart: {model: any}}
agents: [{name: a, description: d, prompt: p}]
"""


def read(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "countersign.yaml"
    path.write_text(text + REST, encoding="utf-8")
    return load(path, {})


def test_what_is_said_counts_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    config = read(tmp_path, """\
http:
  trusted_proxies: [10.0.0.0/8, "::1"]
  max_body: 512KB
  header_time: 5s
  rates: {webhook: {per_second: 2.5, burst: 10}}
  inbox: {age: 2m}
slack: {mode: http}
""")
    assert config.http.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (config.http.max_body, config.http.header_time, config.http.inbox.age) == (512_000, timedelta(seconds=5), timedelta(minutes=2))
    assert config.http.rates.webhook == RateConfig(per_second=2.5, burst=10)
    assert config.http.rates.address == HttpConfig().rates.address
    assert config.slack.mode == "http"
    assert read(tmp_path, "").http == HttpConfig()


@pytest.mark.parametrize(("text", "told"), [
    ("http: {max_body: 1TB}", 'countersign.yaml:1  http.max_body: "1TB" is no size'),
    ("http: {max_body: 10}", "http.max_body: has to be greater than or equal to 1000"),
    ("http:\n  trusted_proxies: [10.0.0.1/8]", 'countersign.yaml:2  http.trusted_proxies[0]: "10.0.0.1/8" is no address or network'),
    ("http: {header_time: 0s}", "no length of time"),
    ("http: {header_time: 2h}", "http.header_time: has to be less than or equal to"),
    ("http: {requets: 5}", 'there is no such key; did you mean "requests"?'),
    ("http: {rates: {slack: {per_second: 0, burst: 1}}}", "http.rates.slack.per_second: has to be greater than 0"),
    ("http: 5", "http: has to be a mapping"),
    ("slack: {mode: webhook}", 'slack.mode: "webhook" is not among socket, http'),
])
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text + "\n")
    assert told in str(error.value)


@pytest.mark.parametrize(("mode", "app_token", "secret", "http"), [
    (None, "xapp-1", "", False), (None, "xapp-1", "s", False), (None, "", "s", True), (None, "", "", False), ("http", "xapp-1", "s", True),
    ("socket", "", "s", False),
])
def test_how_slack_reaches_the_bot(mode: str | None, app_token: str, secret: str, http: bool) -> None:
    settings = Settings(slack_app_token=app_token, slack_signing_secret=secret)
    assert is_over_http(settings, SlackConfig(mode=mode)) is http
