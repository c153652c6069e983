"""GitHub, and our tools on it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.tools.github.server import TOKEN, GitHubServer, github_server
from tests.tools.sources import opened
from tools.toolbox import Toolbox


def entry(url: str, **more: Any) -> dict[str, Any]:
    return {"name": "gh", "github": {"url": url, "token_env": "GITHUB_TOKEN", "repositories": ["acme/shop"]}, **more}


@pytest.fixture
async def server() -> AsyncIterator[GitHubServer]:
    async with github_server() as running:
        yield running


@pytest.fixture
async def toolbox(server: GitHubServer) -> AsyncIterator[Toolbox]:
    async with opened(entry(server.url), environ={"GITHUB_TOKEN": TOKEN}) as tools:
        yield tools
