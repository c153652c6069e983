"""Linear as a tracker, one team's. Format: https://linear.app/developers/graphql, and the schema in github.com/linear/linear

A ticket and a comment get their id (`The identifier in UUID v4 format`) from us, derived from the call's key. Linear refuses a second one
with the same id, so that a call may simply be made again.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from agents.ports import Failed, Unknown
from tools.api import Address, Answer, Api, Dialect, Headers, wait_of
from tools.argument import Part
from tools.net import Response
from tools.source import EnvironmentName, SourceContext
from tools.tickets.linear_queries import (
    ADD_LABELS,
    COMMENT,
    COMMENT_BY_ID,
    CREATE,
    ISSUE,
    ISSUE_BY_ID,
    LABELS,
    LIST,
    MOVE,
    SEARCH,
    STATES,
    TEAM,
)
from tools.tickets.tracker import Comment, Moves, Ticket, Written
from tools.told import at, cut, list_at, text_at

ENDED = ("completed", "canceled", "duplicate")
"""Types of statuses in which there is nothing left to do."""

MOST = 30_000
"""Characters of a text that are taken over; the operations cut further."""

TeamKey = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,9}$")]


class LinearConfig(Part):
    """One team of a Linear workspace."""

    url: Address = "https://api.linear.app/graphql"
    token_env: EnvironmentName
    """A personal API key, or an OAuth token."""
    team: TeamKey
    """Its key, as tickets begin with it: ENG."""

    def urls(self) -> tuple[str, ...]:
        """The API's address."""
        return (self.url,)


class LinearTracker:
    """Implements `tools.tickets.tracker.Tracker`."""

    def __init__(self, config: LinearConfig, context: SourceContext) -> None:
        self._team = config.team
        self._api = Api(context.net, config.url, _dialect(config, context))

    def wrong(self, ticket: str) -> str | None:
        """Tickets of this team alone."""
        if re.fullmatch(rf"{self._team}-[1-9][0-9]{{0,9}}", ticket):
            return None
        return f"`ticket` must be {self._team}-NUMBER, not {ticket[:60]!r}."

    async def search(self, text: str, status: str, most: int) -> Sequence[Ticket] | Failed:
        """With words by Linear's search, without by its list."""
        wanted: dict[str, Any] = {"team": {"key": {"eq": self._team}}}
        if status != "any":
            wanted["state"] = {"type": {"nin" if status == "open" else "in": list(ENDED)}}
        asked = {"filter": wanted, "first": most} | ({"term": text} if text else {})
        answer = await self._ask(SEARCH if text else LIST, asked)
        return answer if isinstance(answer, Failed) else [_ticket(one) for one in list_at(answer, "found", "nodes")]

    async def read(self, ticket: str, comments: int) -> Ticket | Failed:
        """One issue."""
        raw = await self._issue(ticket, comments)
        return raw if isinstance(raw, Failed) else _ticket(raw, list_at(raw, "comments", "nodes")[::-1])

    async def create(self, title: str, text: str, labels: Sequence[str], key: str) -> Written | Failed | Unknown:
        """Open an issue under the id that the call's key gives."""
        team = await self._ask(TEAM, {"key": self._team})
        if isinstance(team, Failed):
            return team
        found = await self._labels(labels)
        if isinstance(found, Failed):
            return found
        name = id_of("issue", key)
        asked = {"id": name, "teamId": text_at(team, "teams", "nodes", 0, "id"), "title": title, "description": text, "labelIds": found}
        answer = await self._have(CREATE, {"input": asked})
        if isinstance(answer, Failed) and _is_conflict(answer):
            there = await self._ask(ISSUE_BY_ID, {"id": name})
            return there if isinstance(there, Failed) else _written(at(there, "issues", "nodes", 0))
        return answer if isinstance(answer, Failed | Unknown) else _written(at(answer, "done", "issue"))

    async def comment(self, ticket: str, text: str, key: str) -> Written | Failed | Unknown:
        """Write a comment under the id that the call's key gives."""
        raw = await self._issue(ticket, 0)
        if isinstance(raw, Failed):
            return raw
        answer = await self._have(COMMENT, {"input": {"id": id_of("comment", key), "issueId": text_at(raw, "id"), "body": text}})
        if isinstance(answer, Failed):
            return Written(ticket, text_at(raw, "url")) if _is_conflict(answer) else answer
        return answer if isinstance(answer, Unknown) else Written(ticket, text_at(answer, "done", "comment", "url"))

    async def moves(self, ticket: str) -> Moves | Failed:
        """From anywhere to any status of the team."""
        found = await self.read(ticket, 0)
        if isinstance(found, Failed):
            return found
        states = await self._ask(STATES, {"key": self._team})
        if isinstance(states, Failed):
            return states
        return Moves(found, found.status, tuple(text_at(one, "name") for one in list_at(states, "workflowStates", "nodes")))

    async def move(self, ticket: str, status: str) -> Written | Failed | Unknown:
        """Give it another status."""
        states = await self._ask(STATES, {"key": self._team})
        if isinstance(states, Failed):
            return states
        state = next((text_at(one, "id") for one in list_at(states, "workflowStates", "nodes") if text_at(one, "name") == status), "")
        return await self._change(ticket, MOVE, {"input": {"stateId": state}})

    async def label(self, ticket: str, labels: Sequence[str]) -> Written | Failed | Unknown:
        """Add labels that the team or the workspace has."""
        found = await self._labels(labels)
        return found if isinstance(found, Failed) else await self._change(ticket, ADD_LABELS, {"input": {"addedLabelIds": found}})

    async def created(self, key: str) -> bool | None:
        """By its id."""
        answer = await self._ask(ISSUE_BY_ID, {"id": id_of("issue", key)})
        return None if isinstance(answer, Failed) else bool(list_at(answer, "issues", "nodes"))

    async def commented(self, ticket: str, key: str) -> bool | None:
        """By its id."""
        answer = await self._ask(COMMENT_BY_ID, {"id": id_of("comment", key)})
        return None if isinstance(answer, Failed) else bool(list_at(answer, "comments", "nodes"))

    async def _issue(self, ticket: str, comments: int) -> Any | Failed:
        """An issue of this team. One that was moved to another answers under its old id, and is not told."""
        answer = await self._ask(ISSUE, {"id": ticket, "comments": max(1, comments)})
        if isinstance(answer, Failed):
            return answer
        raw = at(answer, "issue")
        if text_at(raw, "team", "key") != self._team:
            return Failed(f"{ticket} has left the team {self._team}.")
        return raw if comments else {**raw, "comments": None}

    async def _labels(self, names: Sequence[str]) -> list[str] | Failed:
        """The ids of labels by their names."""
        if not names:
            return []
        answer = await self._ask(LABELS, {"filter": {"or": [{"name": {"eqIgnoreCase": name}} for name in names]}})
        if isinstance(answer, Failed):
            return answer
        usable = [one for one in list_at(answer, "issueLabels", "nodes") if at(one, "team") is None or at(one, "team", "key") == self._team]
        known = {text_at(one, "name").lower(): text_at(one, "id") for one in usable}
        if missing := [name for name in names if name.lower() not in known]:
            return Failed(f"Linear has no label {', '.join(missing)} for the team {self._team}.")
        return [known[name.lower()] for name in names]

    async def _change(self, ticket: str, mutation: str, variables: Mapping[str, Any]) -> Written | Failed | Unknown:
        raw = await self._issue(ticket, 0)
        if isinstance(raw, Failed):
            return raw
        answer = await self._have(mutation, {"id": text_at(raw, "id"), **variables})
        return answer if isinstance(answer, Failed | Unknown) else Written(ticket, text_at(raw, "url"))

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Any | Failed:
        answer = await self._api.read(body={"query": query, "variables": variables})
        return at(answer.value, "data") if isinstance(answer, Answer) else answer

    async def _have(self, mutation: str, variables: Mapping[str, Any]) -> Any | Failed | Unknown:
        """Have an effect. What broke off within Linear may have had it."""
        answer = await self._api.write("POST", body={"query": mutation, "variables": variables})
        if isinstance(answer, Failed | Unknown):
            return answer
        if list_at(answer.value, "errors") or at(answer.value, "data", "done", "success") is not True:
            return Unknown("Linear answered that something went wrong within it.")
        return at(answer.value, "data")


def id_of(kind: str, key: str) -> str:
    """The id of what the call with this key makes: a UUID of version 4 by its form, derived and not drawn."""
    return str(UUID(bytes=hashlib.sha256(f"countersign {kind} {key}".encode()).digest()[:16], version=4))


def _is_conflict(answer: Failed) -> bool:
    """Whether the id is taken: by the same call, since nobody else knows it."""
    return "conflict on insert" in answer.text.lower()


def _written(raw: Any) -> Written:
    return Written(text_at(raw, "identifier"), text_at(raw, "url"))


def _ticket(raw: Any, comments: Sequence[Any] = ()) -> Ticket:
    return Ticket(
        id=text_at(raw, "identifier"),
        title=text_at(raw, "title"),
        status=text_at(raw, "state", "name"),
        open=text_at(raw, "state", "type") not in ENDED,
        author=text_at(raw, "creator", "displayName"),
        assignee=text_at(raw, "assignee", "displayName"),
        labels=tuple(text_at(one, "name") for one in list_at(raw, "labels", "nodes")),
        created=text_at(raw, "createdAt"),
        updated=text_at(raw, "updatedAt"),
        url=text_at(raw, "url"),
        description=text_at(raw, "description", most=MOST),
        comments=tuple(
            Comment(text_at(one, "user", "displayName"), text_at(one, "createdAt"), text_at(one, "body", most=MOST)) for one in comments
        ),
    )


def _dialect(config: LinearConfig, context: SourceContext) -> Dialect:
    def headers() -> Headers:
        token = context.secret(config.token_env)
        return (("Accept", "application/json"), ("Authorization", token if token.startswith("lin_api_") else f"Bearer {token}"))

    def explain(response: Response, value: Any) -> str:
        error = at(value, "errors", 0)
        code = text_at(error, "extensions", "code")
        if response.status == 429 or code == "RATELIMITED":
            return "Linear limits how fast it may be asked." + (wait_of(response) or " Try again in a few minutes.")
        if response.status == 401 or code == "AUTHENTICATION_ERROR":
            return f"Linear does not accept the token. Does {config.token_env} hold one that is still valid?"
        said = " ".join(filter(None, (text_at(error, "message"), text_at(error, "extensions", "userPresentableMessage"))))
        return f"Linear refused: {cut(said, 600) or response.reason}."

    return Dialect("Linear", headers, explain, _refuses)


def _refuses(value: Any) -> bool:
    """Whether Linear says that it did nothing. Of what went wrong within it, nobody knows."""
    codes = [text_at(error, "extensions", "code") for error in list_at(value, "errors")]
    return bool(codes) and not any(code in ("", "INTERNAL_SERVER_ERROR", "INTERNAL_ERROR") for code in codes)
