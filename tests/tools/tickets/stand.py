"""What a stand-in for a tracker offers to the tests, and GitHub's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from tests.tools.github.server import TOKEN, GitHubServer, Handler, github_server, issue, user


class Stand(Protocol):
    """A tracker with tickets in it."""

    item: dict[str, Any]
    """What stands under `tickets:`."""
    token: str
    asked: list[tuple[str, str]]
    before: Handler | None
    """Answers instead."""
    after: Handler | None
    """Answers a write instead, when its effect was had."""
    elsewhere: str
    """A ticket of another project."""
    done: str
    """A status in which nothing is left to do."""

    def add(self, title: str, text: str, *, closed: bool = False, labels: tuple[str, ...] = ()) -> str:
        """A ticket, by the id that people know it by."""

    def say(self, ticket: str, text: str) -> None:
        """Somebody comments."""

    def leave(self, ticket: str) -> None:
        """The ticket goes to another project and answers under its old id."""

    def status(self, ticket: str) -> str: ...

    def texts(self, ticket: str) -> list[str]:
        """The comments."""

    def count(self) -> int:
        """Tickets."""


class GitHubStand:
    """GitHub Issues."""

    token, elsewhere, done = TOKEN, "x-1", "closed"

    def __init__(self, server: GitHubServer) -> None:
        self.server = server
        self.asked = server.asked
        self.item: dict[str, Any] = {"github": {"url": server.url, "token_env": "T", "repository": "acme/shop"}}

    @property
    def before(self) -> Handler | None:
        return self.server.before

    @before.setter
    def before(self, handler: Handler | None) -> None:
        self.server.before = handler

    @property
    def after(self) -> Handler | None:
        return self.server.after

    @after.setter
    def after(self, handler: Handler | None) -> None:
        self.server.after = handler

    def add(self, title: str, text: str, *, closed: bool = False, labels: tuple[str, ...] = ()) -> str:
        number = len(self.server.issues) + 1
        state = {"state": "closed", "state_reason": "completed"} if closed else {}
        self.server.issues[number] = issue(
            number, title, body=text, labels=[{"name": name} for name in labels], assignees=[user("hubot")], **state
        )
        self.server.found = [one for one in self.server.issues.values() if one["state"] == "open"]
        return str(number)

    def say(self, ticket: str, text: str) -> None:
        comments = self.server.comments.setdefault(int(ticket), [])
        comments.append({"user": user("mona"), "created_at": "2026-11-27T10:00:00Z", "body": text, "html_url": "u"})
        self.server.issues[int(ticket)]["comments"] += 1

    def leave(self, ticket: str) -> None:
        async def moved(request: Any) -> Any:
            from aiohttp import web

            if request.path.startswith("/repos/"):
                return web.Response(status=301, headers={"Location": f"/repositories/99/issues/{ticket}"})
            return web.json_response(self.server.issues[int(ticket)])

        self.server.before = moved

    def status(self, ticket: str) -> str:
        return str(self.server.issues[int(ticket)]["state"])

    def texts(self, ticket: str) -> list[str]:
        return [one["body"] for one in self.server.comments.get(int(ticket), [])]

    def count(self) -> int:
        return len(self.server.issues)


@asynccontextmanager
async def github_stand() -> AsyncIterator[Stand]:
    async with github_server() as server:
        yield GitHubStand(server)
