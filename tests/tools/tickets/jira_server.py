"""Jira's REST API, of Cloud (v3) and of Data Center (v2), as far as our tools speak it.

Formats: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/, .../api-group-issue-search/,
https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/
"""

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.tools.github.server import Handler, served

STATUSES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done"}
JQL = re.compile(
    r'project = "OPS"(?: AND text ~ "(?P<text>[^"\\]*)")?(?: AND statusCategory (?P<how>!=|=) Done)?(?: AND created >= "-30d")?'
    r" ORDER BY (?:updated|created) DESC"
)
BLOCKS = {"paragraph", "heading", "bulletList", "orderedList", "codeBlock"}


def missing() -> web.Response:
    return web.json_response({"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}, status=404)


def check_document(document: Any) -> None:
    """As Jira does: the document's version, its blocks, and no empty text."""
    assert (document["type"], document["version"]) == ("doc", 1)
    waiting = list(document["content"])
    assert {block["type"] for block in waiting} <= BLOCKS
    while waiting:
        node = waiting.pop()
        assert node["type"] != "text" or node["text"]
        waiting += node.get("content", [])


def plain(body: Any) -> str:
    """All text of a document."""
    return body if isinstance(body, str) else body.get("text", "") + "".join(plain(one) + "\n" for one in body.get("content", []))


class JiraStand:
    """Jira, of either version."""

    token, elsewhere, done = "jira-secret", "SEC-1", "Done"

    def __init__(self, version: int) -> None:
        self.version = version
        self.issues: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.before: Handler | None = None
        self.after: Handler | None = None
        self.item: dict[str, Any] = {}

    def configured(self, url: str) -> None:
        user = {"user": "bot@acme.example"} if self.version == 3 else {"version": 2}
        self.item = {"jira": {"url": url, "token_env": "T", "project": "OPS", **user}}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path))
        if self.before:
            return await self.before(request)
        basic = base64.b64encode(f"bot@acme.example:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != (f"Basic {basic}" if self.version == 3 else f"Bearer {self.token}"):
            return web.json_response({"errorMessages": ["Client must be authenticated to access this resource."]}, status=401)
        answer = await self._answer(request)
        return await self.after(request) if self.after and request.method != "GET" else answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(f"/rest/api/{self.version}/")
        if path == ("search/jql" if self.version == 3 else "search") and request.method == "GET":
            return self._search(request)
        if path == "issue" and request.method == "POST":
            return self._create(json.loads(await request.read()))
        place = re.fullmatch(r"issue/([A-Z]+-\d+)(?:/(comment|transitions))?", path)
        if not place or place[1] not in self.issues:
            return missing()
        return await self._one(request, place[1], place[2] or "")

    def _search(self, request: web.Request) -> web.StreamResponse:
        asked = JQL.fullmatch(request.query["jql"])
        if not asked:
            return web.json_response({"errorMessages": [f"Error in the JQL Query: {request.query['jql']}"]}, status=400)
        found = []
        for one in reversed(self.issues.values()):
            done = one["fields"]["status"]["statusCategory"]["key"] == "done"
            text = f"{one['fields']['summary']} {plain(one['fields']['description'])}".lower()
            if (asked["text"] or "").lower() in text and asked["how"] in (None, "=" if done else "!="):
                found.append(one)
        start, most = int(request.query.get("nextPageToken", request.query.get("startAt", "0"))), min(2, int(request.query["maxResults"]))
        page = {"issues": [self._shown(one, request.query["fields"]) for one in found[start : start + most]]}
        if self.version == 2:
            return web.json_response({"startAt": start, "maxResults": most, "total": len(found), **page})
        return web.json_response({**page, **({"nextPageToken": str(start + most)} if start + most < len(found) else {"isLast": True})})

    def _create(self, body: dict[str, Any]) -> web.StreamResponse:
        fields = body["fields"]
        assert (fields["project"], fields["issuetype"]) == ({"key": "OPS"}, {"name": "Task"})
        if "nonsense" in fields.get("labels", []):
            return web.json_response({"errorMessages": [], "errors": {"labels": "Field 'labels' cannot be set."}}, status=400)
        self._check(fields["description"])
        key = self.add(fields["summary"], fields["description"], labels=tuple(fields.get("labels", ())))
        return web.json_response({"id": "10000", "key": key, "self": "u"}, status=201)

    async def _one(self, request: web.Request, key: str, part: str) -> web.StreamResponse:
        one = self.issues[key]
        if request.method == "GET":
            if part == "comment":
                assert request.query["orderBy"] == "-created"
                found = self.comments.get(key, [])[::-1]
                return web.json_response({"startAt": 0, "total": len(found), "comments": found[: int(request.query["maxResults"])]})
            if part == "transitions":
                offered = [{"id": str(number), "name": f"To {name}", "to": {"name": name}} for number, name in enumerate(STATUSES, 1)]
                return web.json_response(
                    {"transitions": [each for each in offered if each["to"] != {"name": one["fields"]["status"]["name"]}]}
                )
            return web.json_response(self._shown(one, request.query["fields"]))
        body = json.loads(await request.read())
        if part == "comment":
            assert request.method == "POST"
            self._check(body["body"])
            self.comments.setdefault(key, []).append(self._comment(body["body"]))
            return web.json_response({"id": "1", "self": "u"}, status=201)
        if part == "transitions":
            self._set(key, list(STATUSES)[int(body["transition"]["id"]) - 1])
        else:
            assert request.method == "PUT"
            labels = [each["add"] for each in body["update"]["labels"]]
            one["fields"]["labels"] = list(dict.fromkeys([*one["fields"]["labels"], *labels]))
        return web.Response(status=204)

    def _check(self, body: Any) -> None:
        if self.version == 3:
            check_document(body)
        else:
            assert isinstance(body, str)

    @staticmethod
    def _shown(one: dict[str, Any], fields: str) -> dict[str, Any]:
        return {**one, "fields": {name: value for name, value in one["fields"].items() if name in fields.split(",")}}

    @staticmethod
    def _comment(body: Any) -> dict[str, Any]:
        return {"id": "1", "author": {"displayName": "Mona"}, "created": "2026-11-27T10:00:00.000+0000", "body": body}

    def _set(self, key: str, name: str) -> None:
        self.issues[key]["fields"]["status"] = {"name": name, "statusCategory": {"key": STATUSES[name]}}

    def _body(self, text: Any) -> Any:
        if self.version == 2 or not isinstance(text, str):
            return text
        return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}

    def add(self, title: str, text: Any, *, closed: bool = False, labels: tuple[str, ...] = ()) -> str:
        key = f"OPS-{len(self.issues) + 1}"
        self.issues[key] = {
            "id": "1",
            "key": key,
            "self": "u",
            "fields": {
                "summary": title,
                "description": self._body(text),
                "labels": list(labels),
                "reporter": {"displayName": "Mona"},
                "assignee": {"displayName": "Hubot"},
                "created": "2026-11-20T10:00:00.000+0000",
                "updated": "2026-11-27T10:00:00.000+0000",
            },
        }
        self._set(key, "Done" if closed else "To Do")
        return key

    def say(self, ticket: str, text: str) -> None:
        self.comments.setdefault(ticket, []).append(self._comment(self._body(text)))

    def leave(self, ticket: str) -> None:
        self.issues[ticket]["key"] = "SEC-7"

    def status(self, ticket: str) -> str:
        return str(self.issues[ticket]["fields"]["status"]["name"])

    def texts(self, ticket: str) -> list[str]:
        return [plain(one["body"]) for one in self.comments.get(ticket, [])]

    def count(self) -> int:
        return len(self.issues)


@asynccontextmanager
async def jira_stand(version: int) -> AsyncIterator[JiraStand]:
    stand = JiraStand(version)
    async with served(stand.handle) as url:
        stand.configured(url)
        yield stand
