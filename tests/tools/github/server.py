"""GitHub's REST API as far as our tools speak it, strict about paths, headers and bodies.

Formats: https://docs.github.com/en/rest/issues, .../pulls, .../commits, .../deployments, .../actions, .../repos/contents, .../search
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "ghp_secret"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1, "type": "User", "html_url": f"https://github.com/{login}"}


def issue(number: int, title: str = "Checkout is down", repository: str = "acme/shop", **more: Any) -> dict[str, Any]:
    return {
        "id": 1000 + number,
        "number": number,
        "title": title,
        "state": "open",
        "state_reason": None,
        "user": user("mona"),
        "labels": [],
        "assignees": [],
        "comments": 0,
        "locked": False,
        "milestone": None,
        "created_at": "2026-11-20T10:00:00Z",
        "updated_at": "2026-11-27T10:00:00Z",
        "closed_at": None,
        "body": "It answers 500.",
        "author_association": "NONE",
        "html_url": f"https://github.com/{repository}/issues/{number}",
        "repository_url": f"https://api.github.com/repos/{repository}",
        **more,
    }


@dataclass
class GitHubServer:
    """Its state, and what it was asked."""

    url: str = ""
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    found: list[dict[str, Any]] = field(default_factory=list)
    """What a search finds."""
    rest: dict[str, Any] = field(default_factory=dict)
    """Answers to GET by their path below the repository: JSON, or a list that is paged."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    before: Handler | None = None
    """Answers instead."""
    after: Handler | None = None
    """Answers instead, when the effect was had."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        self.queries.append(dict(request.query))
        if self.before:
            return await self.before(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"message": "Bad credentials", "status": "401"}, status=401)
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert request.headers["Accept"].startswith("application/vnd.github")
        assert request.headers["User-Agent"]
        answer = await self._answer(request)
        return await self.after(request) if self.after and request.method != "GET" else answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path in ("/search/issues", "/search/code"):
            assert request.method == "GET"
            return web.json_response({"total_count": len(self.found), "incomplete_results": False, "items": self.found})
        place = re.fullmatch(r"/repos/acme/shop(?:/(.*))?", request.path)
        if not place:
            return web.json_response(NOT_FOUND, status=404)
        path = place[1] or ""
        if number := re.fullmatch(r"issues(?:/(\d+)(?:/(comments|labels))?)?", path):
            return await self._issues(request, int(number[1] or 0), number[2] or "")
        if path == "" and request.method == "GET":
            return web.json_response({"full_name": "acme/shop", "private": True, "visibility": "internal"})
        if request.method == "POST" and re.fullmatch(r"actions/runs/\d+/rerun(-failed-jobs)?", path):
            return web.json_response({}, status=201)
        if request.method != "GET" or path not in self.rest:
            return web.json_response(NOT_FOUND, status=404)
        return self._paged(request, self.rest[path])

    async def _issues(self, request: web.Request, number: int, part: str) -> web.StreamResponse:
        if number and number not in self.issues:
            return web.json_response(NOT_FOUND, status=404)
        if request.method == "GET":
            if part == "comments":
                return self._paged(request, self.comments.get(number, []))
            return web.json_response(self.issues[number]) if number else self._paged(request, self._listed(request))
        body = json.loads(await request.read())
        if request.method == "PATCH" and number and not part:
            assert set(body) <= {"state", "state_reason"}
            self.issues[number].update(body)
            return web.json_response(self.issues[number])
        assert request.method == "POST"
        if part == "labels":
            names = [*self.issues[number]["labels"], *({"name": name} for name in body["labels"])]
            self.issues[number]["labels"] = list({one["name"]: one for one in names}.values())
            return web.json_response(self.issues[number]["labels"])
        if part == "comments":
            assert set(body) == {"body"}
            return self._commented(number, body["body"])
        return self._opened(body)

    def _opened(self, body: dict[str, Any]) -> web.StreamResponse:
        if not body.get("title"):
            error = {"resource": "Issue", "field": "title", "code": "missing_field"}
            return web.json_response({"message": "Validation Failed", "errors": [error], "status": "422"}, status=422)
        number = max(self.issues, default=0) + 1
        labels = [{"name": name} for name in body.get("labels", [])]
        self.issues[number] = issue(number, body["title"], body=body["body"], labels=labels, updated_at="2026-11-28T09:30:00Z")
        return web.json_response(self.issues[number], status=201)

    def _commented(self, number: int, text: str) -> web.StreamResponse:
        url = f"https://github.com/acme/shop/issues/{number}#issuecomment-{len(self.comments.get(number, [])) + 1}"
        comment = {"id": 1, "user": user("bot"), "created_at": "2026-11-28T09:30:00Z", "body": text, "html_url": url}
        self.comments.setdefault(number, []).append(comment)
        self.issues[number]["comments"] += 1
        return web.json_response(comment, status=201)

    def _listed(self, request: web.Request) -> list[dict[str, Any]]:
        state = request.query.get("state", "open")
        return [one for one in self.issues.values() if state in ("all", one["state"])][::-1]

    @staticmethod
    def _paged(request: web.Request, items: Any) -> web.StreamResponse:
        size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
        assert 1 <= size <= 100
        cut = slice((page - 1) * size, page * size)
        if isinstance(items, list):
            return web.json_response(items[cut])
        for name in ("workflow_runs", "jobs", "check_runs", "statuses"):
            if isinstance(items, dict) and name in items:
                return web.json_response({"total_count": len(items[name]), name: items[name][cut]})
        return web.json_response(items)


@asynccontextmanager
async def github_server() -> AsyncIterator[GitHubServer]:
    """GitHub, for the time of a test."""
    server = GitHubServer()
    async with served(server.handle) as url:
        server.url = url
        yield server


@asynccontextmanager
async def served(handle: Handler) -> AsyncIterator[str]:
    """A server's address, for the time of a test."""
    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
