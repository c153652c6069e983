"""Deployments and runs of workflows, with the logs of what failed."""

from typing import Any

from aiohttp import web

from tests.tools.github.server import GitHubServer, served, user
from tests.tools.github.test_reads import read
from tools.toolbox import Toolbox


async def test_deployments_have_their_statuses(toolbox: Toolbox, server: GitHubServer) -> None:
    server.rest["deployments"] = [
        {
            "id": 9,
            "environment": "production",
            "ref": "main",
            "sha": "abc",
            "task": "deploy",
            "creator": user("mona"),
            "created_at": "2026-11-27T00:00:00Z",
            "description": None,
        }
    ]
    server.rest["deployments/9/statuses"] = [
        {"state": "failure", "created_at": "2026-11-27T00:01:00Z", "description": "timed out", "log_url": "l"}
    ]
    told = await read(toolbox, "gh_deployments", environment="production")
    assert told["deployments"][0]["statuses"] == [{"state": "failure", "at": "2026-11-27T00:01:00Z", "says": "timed out", "url": "l"}]
    assert server.queries[0]["environment"] == "production"


RUN: dict[str, Any] = {
    "id": 33, "name": "CI", "display_title": "Fix", "run_number": 4, "run_attempt": 1, "event": "push", "status": "completed",
    "conclusion": "failure", "head_branch": "main", "head_sha": "abc", "actor": user("mona"), "html_url": "u",
}  # fmt: skip

STEPS = [{"name": "Checkout", "conclusion": "success"}, {"name": "Test", "conclusion": "failure"}]

ANSWERS: dict[str, Any] = {
    "actions/runs": {"workflow_runs": [RUN, {**RUN, "id": 34, "conclusion": "success"}]},
    "actions/runs/33": RUN,
    "actions/runs/33/jobs": {"jobs": [
        {"id": 44, "name": "test", "status": "completed", "conclusion": "failure", "steps": STEPS},
        {"id": 45, "name": "lint", "status": "completed", "conclusion": "success", "steps": []},
    ]},
}  # fmt: skip


async def test_failed_runs_tell_what_failed(toolbox: Toolbox, server: GitHubServer) -> None:
    server.rest |= ANSWERS
    told = await read(toolbox, "gh_workflow_runs", branch="main", status="completed")
    assert [one["name"] for one in told["workflow_runs"][0]["failed_jobs"]] == ["test"]
    assert told["workflow_runs"][0]["failed_jobs"][0]["failed_steps"] == ["Test"]
    assert "failed_jobs" not in told["workflow_runs"][1]
    assert server.queries[0] == {"branch": "main", "status": "completed", "per_page": "15", "page": "1"}


async def test_the_end_of_a_log_is_read_where_it_is_kept_and_without_the_token(toolbox: Toolbox, server: GitHubServer) -> None:
    server.rest |= ANSWERS
    kept: list[str | None] = []

    async def blob(request: web.Request) -> web.StreamResponse:
        kept.append(request.headers.get("Authorization"))
        return web.Response(text="\n".join(f"line {number}" for number in range(1_000)))

    async with served(blob) as elsewhere:

        async def redirecting(request: web.Request) -> web.StreamResponse:
            if request.path.endswith("/logs"):
                return web.Response(status=302, headers={"Location": f"{elsewhere}/signed?sig=1"})
            server.before = None
            answer = await server.handle(request)
            server.before = redirecting
            return answer

        server.before = redirecting
        told = await read(toolbox, "gh_workflow_run", run=33, log_lines=3)
    assert told["jobs"][0]["log_end"] == "line 997\nline 998\nline 999"
    assert "log_end" not in told["jobs"][1]
    assert kept == [None]


async def test_a_log_that_is_gone_is_told(toolbox: Toolbox, server: GitHubServer) -> None:
    server.rest |= {"actions/runs/33": {"id": 33}, "actions/runs/33/jobs": {"jobs": [{"id": 44, "name": "test", "conclusion": "failure"}]}}
    told = await read(toolbox, "gh_workflow_run", run=33)
    assert told["jobs"][0]["log_end"].startswith("(the log could not be read: GitHub answered 404")
