"""The checks at start, and the connection."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from agents.core.errors import ConfigError
from bot.bolt import SocketMode
from bot.sandbox.app import Sandbox
from bot.slack import connect
from tests.bot.sandbox.acting import Page, until


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


async def test_a_connection_that_ends_before_an_ack_is_no_error_and_the_delivery_comes_again(
    sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(bot_token="xoxb-sandbox", app_token="xapp-sandbox", api_url=sandbox.environment()["SLACK_API_URL"]) as slack:
        app = AsyncApp(client=slack.client)
        taken: list[str] = []

        async def receive(body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:
            taken.append(str(body.get("event_id")))
            if len(taken) == 1 and handler.client.current_session is not None:
                await handler.client.current_session.close()
            await next()

        @app.event("message")
        async def _on_message() -> None:
            """Taken."""

        app.use(receive)
        handler = SocketMode(app, slack.app_token, ping_interval=0.2)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's
        try:
            await page.say("checkout is slow")
            await until(lambda: len(taken) == 2, seconds=15)
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's
    assert taken[0] == taken[1]
    assert "ended before a delivery (events_api) was acknowledged" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
