"""Linear's GraphQL API as far as our tools speak it: it reads the query, and refuses fields that an object has not.

Formats: https://linear.app/developers/graphql, https://linear.app/developers/rate-limiting, and the schema in
https://github.com/linear/linear/blob/master/packages/sdk/src/schema.graphql
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from aiohttp import web

from tests.tools.github.server import Handler, served

STATES = [
    {"id": f"state-{kind}", "name": name, "type": kind}
    for name, kind in (("Backlog", "backlog"), ("In Progress", "started"), ("Done", "completed"), ("Canceled", "canceled"))
]
LABELS: list[dict[str, Any]] = [
    {"id": "label-1", "name": "incident", "team": None},
    {"id": "label-2", "name": "bug", "team": {"key": "ENG"}},
    {"id": "label-3", "name": "secret", "team": {"key": "SEC"}},
]


class Refused(Exception):
    """A GraphQL error: message, code, and what people are told."""


def tokens(text: str) -> Iterator[str]:
    yield from re.findall(r"[$\w]+|\.\.\.|[{}():!\[\]]|\"[^\"]*\"", text)


def selection(words: Iterator[str], variables: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """A selection set behind its `{`: by alias, the field, its arguments and what is selected of it."""
    found: dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]] = {}
    name = alias = ""
    for word in words:
        if word == "}":
            return found
        if word == "{":
            found[alias] = (found[alias][0], found[alias][1], selection(words, variables))
        elif word == "(":
            found[alias] = (found[alias][0], arguments(words, variables, ")"), None)
        elif word == ":":
            name = next(words)
            del found[alias]
            found[alias] = (name, {}, None)
        else:
            alias = word
            found[alias] = (word, {}, None)
    raise Refused("Syntax Error", "GRAPHQL_PARSE_FAILED", "")


def arguments(words: Iterator[str], variables: dict[str, Any], end: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in words:
        if name == end:
            return found
        assert next(words) == ":"
        value = next(words)
        found[name] = (
            arguments(words, variables, "}")
            if value == "{"
            else variables.get(value[1:])
            if value[0] == "$"
            else json.loads(value)
            if re.match(r"[\d\"]|true|false", value)
            else value
        )
    raise Refused("Syntax Error", "GRAPHQL_PARSE_FAILED", "")


def picked(value: Any, wanted: dict[str, Any] | None) -> Any:
    """What was selected of a value."""
    if isinstance(value, list):
        return [picked(one, wanted) for one in value]
    if value is None or wanted is None:
        assert not isinstance(value, dict), "an object needs a selection"
        return value
    for field, _, _ in wanted.values():
        if field not in value:
            raise Refused(f'Cannot query field "{field}"', "GRAPHQL_VALIDATION_FAILED", "")
    return {alias: picked(_first(value[field], given), below) for alias, (field, given, below) in wanted.items()}


def _first(value: Any, given: dict[str, Any]) -> Any:
    """As many of a connection's nodes as were asked for."""
    return {**value, "nodes": value["nodes"][: given["first"]]} if "first" in given else value


class LinearStand:
    """Linear, with a team ENG."""

    token, elsewhere, done = "lin_api_secret", "SEC-1", "Done"

    def __init__(self) -> None:
        self.issues: dict[str, dict[str, Any]] = {}
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.before: Handler | None = None
        self.after: Handler | None = None
        self.item: dict[str, Any] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        writes = body["query"].lstrip().startswith("mutation")
        self.asked.append(("POST" if writes else "GET", request.path))
        if self.before:
            return await self.before(request)
        assert (request.method, request.path, request.content_type) == ("POST", "/graphql", "application/json")
        if request.headers.get("Authorization") != self.token:
            error = {"message": "Authentication required, not authenticated", "extensions": {"code": "AUTHENTICATION_ERROR"}}
            return web.json_response({"errors": [error]}, status=401)
        try:
            data = self._executed(body["query"], body["variables"])
        except Refused as refused:
            message, code, told = refused.args
            error = {"message": message, "extensions": {"code": code, "userPresentableMessage": told}}
            return web.json_response({"errors": [error], "data": None}, status=200 if code == "INPUT_ERROR" else 400)
        return await self.after(request) if self.after and writes else web.json_response({"data": data})

    def _executed(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        head, _, rest = query.partition("{")
        assert set(re.findall(r"\$(\w+)", head)) == set(variables), "each variable is declared and given"
        words = tokens(rest)
        wanted = selection(words, variables)
        assert next(words, None) is None
        return {alias: picked(getattr(self, f"_{field}")(**given), below) for alias, (field, given, below) in wanted.items()}

    def _issues(self, filter: dict[str, Any], first: int = 50, **_: Any) -> dict[str, Any]:
        if "id" in filter:
            return {"nodes": [one for one in self.issues.values() if one["id"] == filter["id"]["eq"]]}
        kinds = filter.get("state", {}).get("type", {"nin": []})
        found = [
            one
            for one in self.issues.values()
            if filter["team"]["key"]["eq"] == one["team"]["key"]
            and ((one["state"]["type"] in kinds["in"]) if "in" in kinds else one["state"]["type"] not in kinds["nin"])
        ]
        return {"nodes": found[::-1][:first]}

    def _searchIssues(self, term: str, filter: dict[str, Any], first: int) -> dict[str, Any]:
        found = self._issues(filter, 100)["nodes"]
        return {"nodes": [one for one in found if term.lower() in f"{one['title']} {one['description']}".lower()][:first]}

    def _issue(self, id: str) -> dict[str, Any]:
        if id not in self.issues:
            raise Refused("Entity not found: Issue", "INPUT_ERROR", "Could not find referenced Issue.")
        return {**self.issues[id], "comments": {"nodes": self.said.get(id, [])[::-1]}}

    def _comments(self, filter: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"nodes": [one for said in self.said.values() for one in said if one["id"] == filter["id"]["eq"]]}

    def _teams(self, filter: dict[str, Any]) -> dict[str, Any]:
        return {"nodes": [{"id": "team-1", "key": "ENG"}] if filter["key"]["eq"] == "ENG" else []}

    def _workflowStates(self, filter: dict[str, Any], first: int) -> dict[str, Any]:
        return {"nodes": STATES if filter == {"team": {"key": {"eq": "ENG"}}} else []}

    def _issueLabels(self, filter: dict[str, Any], first: int) -> dict[str, Any]:
        names = [one["name"]["eqIgnoreCase"].lower() for one in filter["or"]]
        return {"nodes": [one for one in LABELS if str(one["name"]).lower() in names]}

    def _issueCreate(self, input: dict[str, Any]) -> dict[str, Any]:
        self._check_id("Issue", input["id"], [one["id"] for one in self.issues.values()])
        assert input["teamId"] == "team-1"
        names = tuple(str(one["name"]) for one in LABELS if one["id"] in input["labelIds"])
        key = self.add(input["title"], input["description"], labels=names)
        self.issues[key]["id"] = input["id"]
        return {"success": True, "issue": self.issues[key]}

    def _commentCreate(self, input: dict[str, Any]) -> dict[str, Any]:
        self._check_id("Comment", input["id"], [one["id"] for said in self.said.values() for one in said])
        key = next(key for key, one in self.issues.items() if one["id"] == input["issueId"])
        self.say(key, input["body"])
        self.said[key][-1]["id"] = input["id"]
        return {"success": True, "comment": self.said[key][-1]}

    def _issueUpdate(self, id: str, input: dict[str, Any]) -> dict[str, Any]:
        one = next(one for one in self.issues.values() if one["id"] == id)
        assert set(input) <= {"stateId", "addedLabelIds"}
        if "stateId" in input:
            one["state"] = next(state for state in STATES if state["id"] == input["stateId"])
        one["labels"]["nodes"] += [
            label for label in LABELS if label["id"] in input.get("addedLabelIds", ()) and label not in one["labels"]["nodes"]
        ]
        return {"success": True}

    @staticmethod
    def _check_id(entity: str, given: str, taken: list[str]) -> None:
        assert UUID(given).version == 4
        if given in taken:
            raise Refused(f"conflict on insert of {entity}", "INPUT_ERROR", f"Entity {entity} with id {given} already exists.")

    def add(self, title: str, text: str, *, closed: bool = False, labels: tuple[str, ...] = ()) -> str:
        key = f"ENG-{len(self.issues) + 1}"
        self.issues[key] = {
            "id": f"uuid-{key}",
            "identifier": key,
            "title": title,
            "description": text,
            "url": f"https://linear.app/acme/issue/{key}",
            "createdAt": "2026-11-20T10:00:00.000Z",
            "updatedAt": "2026-11-27T10:00:00.000Z",
            "state": STATES[2 if closed else 0],
            "creator": {"displayName": "mona"},
            "assignee": {"displayName": "hubot"},
            "team": {"key": "ENG"},
            "labels": {"nodes": [label for label in LABELS if label["name"] in labels]},
        }
        return key

    def say(self, ticket: str, text: str) -> None:
        comments = self.said.setdefault(ticket, [])
        comments.append({"id": f"{ticket}-{len(comments)}", "url": "u", "body": text, "createdAt": "t", "user": {"displayName": "mona"}})

    def leave(self, ticket: str) -> None:
        self.issues[ticket] |= {"identifier": "SEC-7", "team": {"key": "SEC"}}

    def status(self, ticket: str) -> str:
        return str(self.issues[ticket]["state"]["name"])

    def texts(self, ticket: str) -> list[str]:
        return [one["body"] for one in self.said.get(ticket, [])]

    def count(self) -> int:
        return len(self.issues)


@asynccontextmanager
async def linear_stand() -> AsyncIterator[LinearStand]:
    stand = LinearStand()
    async with served(stand.handle) as url:
        stand.item = {"linear": {"url": f"{url}/graphql", "token_env": "T", "team": "ENG"}}
        yield stand
