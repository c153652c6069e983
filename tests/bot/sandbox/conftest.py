"""Real Bolt apps connect to the sandbox."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    """The app's own Web API client."""
    return AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
