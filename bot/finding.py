"""What `countersign check` says of one thing, and how it asks Slack."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings

PATIENCE = 10.0
"""Seconds for one connection."""


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    """It works, and there is something to know."""
    MISSING = "missing"
    """The bot cannot do its work without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    text: str
    hint: str = ""
    """How to get it, or what to do."""


async def ask_slack(settings: Settings, ask: Callable[[AsyncWebClient], Awaitable[Any]]) -> Any:
    """Slack's answer, or what went wrong."""
    client = AsyncWebClient(token=settings.slack_bot_token, base_url=settings.slack_api_url, timeout=int(PATIENCE), retry_handlers=[])
    if urlsplit(settings.slack_api_url).hostname in ("127.0.0.1", "localhost"):
        client.proxy = None  # Slack's client knows HTTPS_PROXY and not NO_PROXY
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask(client)
    except SlackApiError as error:
        return f"Slack refuses it: {error.response.get('error', 'no reason given')}"
    except Exception as error:  # the edge of this check: whatever a network can do is one line
        return f"{settings.slack_api_url} cannot be reached: {error or type(error).__name__}"
