"""The checks at start, and the connection."""

import pytest

from agents.core.errors import ConfigError
from bot.sandbox.app import Sandbox
from bot.slack import connect


@pytest.mark.parametrize(
    ("bot", "app", "message"),
    [
        ("xoxb-wrong", "xapp-sandbox", "SLACK_BOT_TOKEN: Slack refuses it: invalid_auth. Slack does not know this token"),
        ("xapp-sandbox", "xapp-sandbox", "SLACK_BOT_TOKEN: Slack refuses it: not_allowed_token_type. .*begin with xoxb-"),
        ("xoxb-sandbox", "xapp-wrong", "SLACK_APP_TOKEN: Slack refuses it: invalid_auth"),
        ("xoxb-sandbox", "xoxb-sandbox", "SLACK_APP_TOKEN: Slack refuses it: not_allowed_token_type"),
    ],
)
async def test_a_wrong_token_is_told_with_its_name(sandbox: Sandbox, bot: str, app: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        async with connect(bot_token=bot, app_token=app, api_url=sandbox.environment()["SLACK_API_URL"]):
            pass


async def test_an_address_where_nobody_answers_is_told() -> None:
    with pytest.raises(ConfigError, match=r"SLACK_API_URL: http://127\.0\.0\.1:9/api/ cannot be reached"):
        async with connect(bot_token="xoxb-1", app_token="xapp-1", api_url="http://127.0.0.1:9/api/"):
            pass


async def test_a_connection_knows_where_it_is(sandbox: Sandbox) -> None:
    async with connect(bot_token="xoxb-sandbox", app_token="xapp-sandbox", api_url=sandbox.environment()["SLACK_API_URL"]) as slack:
        assert (slack.team, slack.team_name, slack.bot_user, slack.bot_id) == ("T01SANDBOX", "Acme", "U01BOT", "B01BOT")
        assert slack.posting.retry_handlers == []


@pytest.mark.parametrize("bypass", [True, False])
async def test_no_proxy_is_honoured(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, bypass: bool) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1" if bypass else "example.com")
    connecting = connect(bot_token="xoxb-sandbox", app_token="xapp-sandbox", api_url=sandbox.environment()["SLACK_API_URL"])
    if bypass:
        async with connecting as slack:
            assert slack.client.proxy is None
    else:
        with pytest.raises(ConfigError, match="cannot be reached"):
            async with connecting:
                pass
