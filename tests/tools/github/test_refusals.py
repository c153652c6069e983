"""What is refused at GitHub, and what it refuses."""

from typing import Any

import pytest
from aiohttp import web

from agents.ports import Failed
from tests.tools.github.server import GitHubServer, issue
from tests.tools.github.test_reads import failure, read
from tests.tools.outside import hang_up
from tests.tools.sources import opened
from tools.toolbox import Toolbox

READS: list[tuple[str, dict[str, Any]]] = [
    ("gh_issues", {}), ("gh_issue", {"number": 1}), ("gh_pull_requests", {}), ("gh_pull_request", {"number": 1}), ("gh_commits", {}),
    ("gh_deployments", {}), ("gh_workflow_runs", {}), ("gh_workflow_run", {"run": 1}), ("gh_file", {}), ("gh_search_code", {"text": "x"}),
    ("gh_comment", {"number": 1, "body": "x"}), ("gh_create_issue", {"title": "x", "body": "x"}),
    ("gh_label", {"number": 1, "labels": ["x"]}), ("gh_rerun_workflow", {"run": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "arguments"), READS)
async def test_no_tool_leaves_the_list(toolbox: Toolbox, server: GitHubServer, tool: str, arguments: dict[str, Any]) -> None:
    for repository in (
        "acme/vault",
        "acme/shop/../vault",
        "acme/..",
        "acme/shop\n",
        "../../user",
        "acme/shop%2f..",
        "acme/shop#",
        "evil/shop",
        "shop",
        "acme/shop?x=1",
        "ACME/Vault",
        "",
    ):
        result = await toolbox.run(tool, {**arguments, "repository": repository}, key="k")
        assert isinstance(result, Failed), repository
        assert await toolbox.probe(tool, {**arguments, "repository": repository}, key="k") is None
        assert "could not be read" in (await toolbox.preview(tool, {**arguments, "repository": repository})).text
    assert server.asked == []
    assert {name for name in toolbox.specs()} == {tool for tool, _ in READS}


@pytest.mark.parametrize(("tool", "arguments"), [
    ("gh_file", {"path": "../../../user"}), ("gh_file", {"path": "src/./../.."}), ("gh_commits", {"base": "evil:main", "head": "main"}),
    ("gh_commits", {"base": "a", "head": "b...c"}), ("gh_commits", {"base": "..", "head": "x"}), ("gh_file", {"path": "a", "ref": "x y"}),
    ("gh_commits", {"ref": "-x"}),
])  # fmt: skip
async def test_no_path_leaves_the_repository(toolbox: Toolbox, server: GitHubServer, tool: str, arguments: dict[str, Any]) -> None:
    assert await failure(toolbox, tool, **arguments)
    assert server.asked == []


async def test_what_was_transferred_is_not_followed(toolbox: Toolbox, server: GitHubServer) -> None:
    async def moved(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/repos/acme/shop"):
            return web.Response(status=301, headers={"Location": "/repositories/99/issues/1"})
        return web.json_response(issue(1, "Secret plans", "acme/vault"))

    server.before = moved
    assert await failure(toolbox, "gh_issue", number=1) == (
        "GitHub has moved this: the repository was renamed, or the issue transferred. Ask for it by its new name."
    )


@pytest.mark.parametrize(("headers", "status", "message", "told"), [
    ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795858260"}, 403, "API rate limit exceeded",
     "GitHub's rate limit is used up until 09:31:00 UTC. Try again in 60 s."),
    ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795858260", "retry-after": "60"}, 429, "API rate limit exceeded",
     "GitHub's rate limit is used up until 09:31:00 UTC. Try again in 60 s."),
    ({"retry-after": "90"}, 403, "You have exceeded a secondary rate limit.",
     "GitHub limits how fast it may be asked (secondary rate limit). Try again in 90 s."),
    ({}, 403, "You have exceeded a secondary rate limit.",
     "GitHub limits how fast it may be asked (secondary rate limit). Try again in a minute."),
    ({}, 403, "Resource not accessible", "GitHub answered 403: Resource not accessible. The token may not do this."),
    ({}, 410, "Issues are disabled for this repo", "GitHub answered 410: Issues are disabled for this repo."),
])  # fmt: skip
async def test_limits_and_refusals_are_told(
    toolbox: Toolbox, server: GitHubServer, headers: dict[str, str], status: int, message: str, told: str
) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.json_response({"message": message}, status=status, headers=headers)

    server.before = refuse
    assert await failure(toolbox, "gh_issue", number=1) == told
    assert len(server.asked) == 1


async def test_a_wrong_token_and_what_is_not_there_are_told(toolbox: Toolbox, server: GitHubServer) -> None:
    assert (
        await failure(toolbox, "gh_issue", number=404) == "GitHub answered 404: Not Found. It does not exist, or the token may not see it."
    )
    async with opened(
        {"name": "gh", "github": {"url": server.url, "token_env": "T", "repositories": ["acme/*"]}}, environ={"T": "old"}
    ) as tools:
        told = await failure(tools, "gh_issue", number=1)
    assert told == "GitHub answered 401: Bad credentials. Does T hold a token that is still valid?"


async def test_a_transient_fault_is_tried_again(toolbox: Toolbox, server: GitHubServer) -> None:
    server.issues[1] = issue(1)

    async def once(request: web.Request) -> web.StreamResponse:
        server.before = None
        return await hang_up(request)

    server.before = once
    assert (await read(toolbox, "gh_issue", number=1))["number"] == 1
