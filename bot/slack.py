"""The connection to Slack: its clients, and the checks at start."""

import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
    async_default_handlers,
)
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.errors import ConfigError
from bot.places import Places
from bot.trouble import EXPECTED, error_of

TIMEOUT = 15.0
"""Seconds for one request to Slack."""

ADVICE = {
    "invalid_auth": "Slack does not know this token. Copy it again from https://api.slack.com/apps.",
    "not_authed": "No token was sent.",
    "not_allowed_token_type": "This is a token of the other kind: bot tokens begin with xoxb-, app-level tokens with xapp-.",
    "token_revoked": "The token was revoked. Install the app to the workspace again.",
    "account_inactive": "The bot was removed from the workspace. Install the app again.",
    "missing_scope": "The app-level token needs the scope connections:write.",
}


Command = Callable[[Mapping[str, Any]], Coroutine[Any, Any, None]]
"""Answers the payload of a slash command."""


@dataclass(frozen=True, slots=True)
class Slack:
    """A workspace in which the bot is at home."""

    client: AsyncWebClient
    """For asking: tries again by itself after a 429 or a server error."""
    posting: AsyncWebClient
    """For what must not happen twice: never tries again by itself."""
    session: aiohttp.ClientSession
    app_token: str
    """Empty in HTTP mode."""
    team: str
    """Workspace id."""
    team_name: str
    bot_user: str
    """User id of the bot."""
    bot_id: str
    """Id under which the bot's own messages come back."""
    places: Places
    url: str = ""
    """The workspace's address, with a slash at its end."""


@asynccontextmanager
async def connect(*, bot_token: str, app_token: str, api_url: str = "https://slack.com/api/") -> AsyncIterator[Slack]:
    """Check the tokens and hold the clients until the block ends; in HTTP mode there is no `app_token`.

    Raises ConfigError, with what to do about it.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        client = _client(bot_token, api_url, session)
        client.retry_handlers = [
            *async_default_handlers(), AsyncRateLimitErrorRetryHandler(max_retry_count=3), AsyncServerErrorRetryHandler(max_retry_count=2)
        ]
        posting = _client(bot_token, api_url, session)
        posting.retry_handlers = []
        me = await _checked("SLACK_BOT_TOKEN", api_url, client.auth_test)
        if app_token:
            await _checked("SLACK_APP_TOKEN", api_url, lambda: client.apps_connections_open(app_token=app_token))
        team = str(me["team_id"])
        yield Slack(
            client, posting, session, app_token, team, str(me.get("team", "")), str(me["user_id"]), str(me.get("bot_id") or ""),
            Places(client, team), str(me.get("url") or ""),
        )


def _client(token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that honours NO_PROXY, which Slack's own does not."""
    client = AsyncWebClient(token=token, base_url=api_url, timeout=int(TIMEOUT), session=session)
    if urllib.request.proxy_bypass(urlsplit(api_url).hostname or ""):
        client.proxy = None
    return client


async def _checked(name: str, api_url: str, ask: Callable[[], Awaitable[Any]]) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = (await ask()).data
    except EXPECTED as error:
        code = error_of(error)
        if code:
            raise ConfigError(f"{name}: Slack refuses it: {code}. {ADVICE.get(code, '')}".strip()) from error
        raise ConfigError(f"SLACK_API_URL: {api_url} cannot be reached: {error or type(error).__name__}") from error
    return answer
