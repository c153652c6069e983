"""Jira as a tracker, one project's: Jira Cloud (REST v3) and Jira Data Center (REST v2).

Formats: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and https://developer.atlassian.com/server/jira/platform/rest/
"""

import base64
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.ports import Failed, Unknown
from tools.api import Address, Answer, Api, Dialect, Headers, Query, wait_of
from tools.argument import Part
from tools.marks import LOOK_BACK, looked, mark_of, shown
from tools.net import Response
from tools.source import EnvironmentName, SourceContext
from tools.tickets.adf import from_adf, to_adf
from tools.tickets.tracker import Comment, Moves, Ticket, Written
from tools.told import at, cut, list_at, text_at

FIELDS = "summary,status,reporter,assignee,labels,created,updated"
"""Fields of a ticket in a list."""

MOST_SEEN = 500
"""Tickets or comments that are looked through for a mark."""

PAGE = 100
"""Tickets or comments of a page."""

Project = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,19}$")]


class JiraConfig(Part):
    """One project of a Jira."""

    url: Address
    """`https://NAME.atlassian.net`, or a server's own."""
    user: str = ""
    """The mail address that the token belongs to, for Jira Cloud. Without it, the token is sent as a personal access token."""
    token_env: EnvironmentName
    project: Project
    """Its key, such as OPS."""
    issue_type: str = "Task"
    """What `create` makes, by its name."""
    version: Literal[2, 3] = 3
    """Of the REST API: 3 for Jira Cloud, 2 for Jira Data Center."""

    def urls(self) -> tuple[str, ...]:
        """Jira's address."""
        return (self.url,)


class JiraTracker:
    """Implements `tools.tickets.tracker.Tracker`."""

    def __init__(self, config: JiraConfig, context: SourceContext) -> None:
        self._config = config
        self._api = Api(context.net, f"{config.url}/rest/api/{config.version}", _dialect(config, context))

    def wrong(self, ticket: str) -> str | None:
        """Tickets of this project alone."""
        if re.fullmatch(rf"{self._config.project}-[1-9][0-9]{{0,9}}", ticket):
            return None
        return f"`ticket` must be {self._config.project}-NUMBER, not {ticket[:60]!r}."

    async def search(self, text: str, status: str, most: int) -> Sequence[Ticket] | Failed:
        """By JQL. Of the words, what would be an operator there is left out."""
        words = " ".join(re.sub(r"[^\w\s.@/-]|(?<!\w)-", " ", text).split())
        clauses = [f'text ~ "{words}"'] if words else []
        clauses += {"open": ["statusCategory != Done"], "closed": ["statusCategory = Done"]}.get(status, [])
        found = await self._found(clauses, "updated", FIELDS, most)
        return found if isinstance(found, Failed) else [self._ticket(one) for one in found]

    async def read(self, ticket: str, comments: int) -> Ticket | Failed:
        """One issue. One that was moved to another project answers under its old key, and is not told."""
        answer = await self._api.read("issue", ticket, query={"fields": f"{FIELDS},description"})
        if isinstance(answer, Failed):
            return answer
        if self.wrong(text_at(answer.value, "key")):
            return Failed(f"{ticket} has left the project {self._config.project}.")
        if not comments:
            return self._ticket(answer.value)
        below = await self._api.read("issue", ticket, "comment", query={"maxResults": comments, "orderBy": "-created"})
        return below if isinstance(below, Failed) else self._ticket(answer.value, list_at(below.value, "comments")[::-1])

    async def create(self, title: str, text: str, labels: Sequence[str], key: str) -> Written | Failed | Unknown:
        """Open an issue whose description ends with the call's mark."""
        fields: dict[str, Any] = {
            "project": {"key": self._config.project}, "issuetype": {"name": self._config.issue_type},
            "summary": " ".join(title.split()), "description": self._written(shown(text, key)),
        }
        if labels:
            fields["labels"] = list(labels)
        answer = await self._api.write("POST", "issue", body={"fields": fields})
        return answer if isinstance(answer, Failed | Unknown) else self._done(text_at(answer.value, "key"))

    async def comment(self, ticket: str, text: str, key: str) -> Written | Failed | Unknown:
        """Write a comment that ends with the call's mark."""
        return await self._write(ticket, "POST", "comment", body={"body": self._written(shown(text, key))})

    async def moves(self, ticket: str) -> Moves | Failed:
        """By the transitions that the workflow offers this user now."""
        found = await self.read(ticket, 0)
        if isinstance(found, Failed):
            return found
        offered = await self._transitions(ticket)
        return offered if isinstance(offered, Failed) else Moves(found, found.status, tuple(offered))

    async def move(self, ticket: str, status: str) -> Written | Failed | Unknown:
        """Make the transition that leads there."""
        offered = await self._transitions(ticket)
        if isinstance(offered, Failed):
            return offered
        if status not in offered:
            return Failed(f"{ticket} can no longer be moved to {status!r}.")
        return await self._write(ticket, "POST", "transitions", body={"transition": {"id": offered[status]}})

    async def label(self, ticket: str, labels: Sequence[str]) -> Written | Failed | Unknown:
        """Add labels. Jira's hold no spaces."""
        if spaced := [one for one in labels if " " in one]:
            return Failed(f"Labels in Jira hold no spaces: {', '.join(spaced)}.")
        return await self._write(ticket, "PUT", body={"update": {"labels": [{"add": one} for one in labels]}})

    async def created(self, key: str) -> bool | None:
        """By the mark. Jira's search may lag behind, so what is not found is not known to be missing."""
        since = f'created >= "-{LOOK_BACK // timedelta(days=1)}d"'

        async def look() -> bool | None:
            found = await self._found([since], "created", "description", MOST_SEEN)
            return None if isinstance(found, Failed) else self._is_in((at(one, "fields", "description") for one in found), key)

        return True if await looked(look) else None

    async def commented(self, ticket: str, key: str) -> bool | None:
        """By the mark."""
        async def look() -> bool | None:
            query: Query = {"maxResults": PAGE, "orderBy": "-created"}
            answer = await self._api.read("issue", ticket, "comment", query=query)
            if isinstance(answer, Failed):
                return None
            bodies = list_at(answer.value, "comments")
            seen = self._is_in((at(one, "body") for one in bodies), key)
            return seen or (False if len(bodies) < PAGE else None)

        return await looked(look)

    async def _found(self, clauses: Sequence[str], order: str, fields: str, most: int) -> list[Any] | Failed:
        """Issues of the project, by pages. Cloud names the next page by a token, Data Center by where it starts."""
        jql = " AND ".join([f'project = "{self._config.project}"', *clauses]) + f" ORDER BY {order} DESC"
        path = ("search", "jql") if self._config.version == 3 else ("search",)
        found: list[Any] = []
        following: Query = {}
        while len(found) < most:
            query: Query = {"jql": jql, "fields": fields, "maxResults": min(PAGE, most - len(found)), **following}
            answer = await self._api.read(*path, query=query)
            if isinstance(answer, Failed):
                return answer
            issues = list_at(answer.value, "issues")
            found += issues
            token = text_at(answer.value, "nextPageToken", most=2_000)
            total = at(answer.value, "total")
            if not issues or not (token or (isinstance(total, int) and len(found) < total)):
                break
            following = {"nextPageToken": token} if token else {"startAt": len(found)}
        return found

    async def _write(self, ticket: str, method: str, *path: str, body: Any) -> Written | Failed | Unknown:
        """Write to a ticket that is still of this project."""
        there = await self.read(ticket, 0)
        if isinstance(there, Failed):
            return there
        answer = await self._api.write(method, "issue", ticket, *path, body=body)
        return self._done(ticket) if isinstance(answer, Answer) else answer

    async def _transitions(self, ticket: str) -> dict[str, str] | Failed:
        """By the status that each leads to, its id."""
        answer = await self._api.read("issue", ticket, "transitions")
        if isinstance(answer, Failed):
            return answer
        return {text_at(one, "to", "name"): text_at(one, "id") for one in reversed(list_at(answer.value, "transitions"))}

    def _written(self, text: str) -> Any:
        return to_adf(text) if self._config.version == 3 else text

    def _is_in(self, bodies: Any, key: str) -> bool:
        mark = mark_of(key)
        return any(mark in _text(body) for body in bodies)

    def _done(self, ticket: str) -> Written:
        return Written(ticket, f"{self._config.url}/browse/{ticket}")

    def _ticket(self, raw: Any, comments: Sequence[Any] = ()) -> Ticket:
        fields = at(raw, "fields")
        return Ticket(
            id=text_at(raw, "key"),
            title=text_at(fields, "summary"),
            status=text_at(fields, "status", "name"),
            open=text_at(fields, "status", "statusCategory", "key") != "done",
            author=text_at(fields, "reporter", "displayName"),
            assignee=text_at(fields, "assignee", "displayName"),
            labels=tuple(str(one) for one in list_at(fields, "labels")),
            created=text_at(fields, "created"),
            updated=text_at(fields, "updated"),
            url=f"{self._config.url}/browse/{text_at(raw, 'key')}",
            description=_text(at(fields, "description")),
            comments=tuple(
                Comment(text_at(one, "author", "displayName"), text_at(one, "created"), _text(at(one, "body"))) for one in comments
            ),
        )


def _text(body: Any) -> str:
    """A description or a comment: a document in v3, a text in v2."""
    return body if isinstance(body, str) else from_adf(body)


def _dialect(config: JiraConfig, context: SourceContext) -> Dialect:
    def headers() -> Headers:
        token = context.secret(config.token_env)
        basic = base64.b64encode(f"{config.user}:{token}".encode()).decode()
        return (("Accept", "application/json"), ("Authorization", f"Basic {basic}" if config.user else f"Bearer {token}"))

    def explain(response: Response, value: Any) -> str:
        if response.status == 429:
            return "Jira limits how fast it may be asked." + (wait_of(response) or " Try again in a minute.")
        fields = at(value, "errors")
        told = [str(one) for one in list_at(value, "errorMessages")]
        told += [f"{name}: {text}" for name, text in fields.items()] if isinstance(fields, dict) else []
        said = cut(" ".join(told), 600) or response.reason
        hint = {401: f" Does {config.token_env} hold a token that is still valid?", 403: " The token may not do this.",
                404: " It does not exist, or the token may not see it."}.get(response.status, "")
        return f"Jira answered {response.status}: {said.rstrip('.')}.{hint}"

    return Dialect("Jira", headers, explain)
