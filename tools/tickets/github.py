"""GitHub Issues as a tracker, one repository's. Format: https://docs.github.com/en/rest/issues"""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.ports import Failed, Unknown
from tools.api import Address
from tools.argument import Part
from tools.github.client import GitHub, GitHubConfig, Repository
from tools.github.issues import last
from tools.github.writes import find_comment, find_issue
from tools.marks import hidden
from tools.source import EnvironmentName, SourceContext
from tools.tickets.tracker import Comment, Moves, Ticket, Written
from tools.told import at, list_at, text_at

MOST = 30_000
"""Characters of a text that are taken over; the operations cut further."""

STATES: Mapping[str, Mapping[str, str]] = {
    "open": {"state": "open"},
    "closed": {"state": "closed", "state_reason": "completed"},
    "not planned": {"state": "closed", "state_reason": "not_planned"},
}
"""What GitHub has for statuses."""


class GitHubIssuesConfig(Part):
    """One repository's issues."""

    url: Address = "https://api.github.com"
    token_env: EnvironmentName
    repository: Repository

    def urls(self) -> tuple[str, ...]:
        """The API's address."""
        return (self.url,)


class GitHubTracker:
    """Implements `tools.tickets.tracker.Tracker`."""

    def __init__(self, config: GitHubIssuesConfig, context: SourceContext) -> None:
        known = GitHubConfig(url=config.url, token_env=config.token_env, repositories=(config.repository,))
        self._github = GitHub(known, context)
        self._repository = config.repository
        self._place = ("repos", *config.repository.split("/"))

    def wrong(self, ticket: str) -> str | None:
        """Tickets are numbers."""
        number = ticket.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 10:
            return None
        return f"`ticket` must be a number, not {ticket[:60]!r}."

    async def search(self, text: str, status: str, most: int) -> Sequence[Ticket] | Failed:
        """With words by GitHub's search, without by its list."""
        if not text:
            query = {"state": "all" if status == "any" else status, "sort": "updated", "direction": "desc"}
            found = await self._github.pages(*self._place, "issues", query=query, most=most, keep=lambda one: not _is_pull(one))
            return found if isinstance(found, Failed) else [_ticket(one) for one in found]
        words = [f'"{word}"' for word in text.replace('"', " ").split()]
        state = [] if status == "any" else [f"state:{status}"]
        asked = " ".join([f"repo:{self._repository} is:issue", *state, *words])
        answer = await self._github.read("search", "issues", query={"q": asked, "sort": "updated", "order": "desc", "per_page": most})
        if isinstance(answer, Failed):
            return answer
        ending = "/" + "/".join(self._place)
        return [_ticket(one) for one in list_at(answer.value, "items") if text_at(one, "repository_url").lower().endswith(ending)]

    async def read(self, ticket: str, comments: int) -> Ticket | Failed:
        """One issue."""
        answer = await self._github.read(*self._issue(ticket))
        if isinstance(answer, Failed):
            return answer
        if _is_pull(answer.value):
            return Failed(f"{ticket} is a pull request, not a ticket.")
        found = await last(self._github, (*self._issue(ticket), "comments"), int(at(answer.value, "comments") or 0), comments)
        return found if isinstance(found, Failed) else _ticket(answer.value, found)

    async def create(self, title: str, text: str, labels: Sequence[str], key: str) -> Written | Failed | Unknown:
        """Open an issue that carries the call's mark."""
        body: dict[str, Any] = {"title": title, "body": hidden(text, key)} | ({"labels": list(labels)} if labels else {})
        answer = await self._github.api.write("POST", *self._place, "issues", body=body)
        return answer if isinstance(answer, Failed | Unknown) else _written(answer.value)

    async def comment(self, ticket: str, text: str, key: str) -> Written | Failed | Unknown:
        """Write a comment that carries the call's mark."""
        answer = await self._github.api.write("POST", *self._issue(ticket), "comments", body={"body": hidden(text, key)})
        return answer if isinstance(answer, Failed | Unknown) else Written(ticket, text_at(answer.value, "html_url"))

    async def moves(self, ticket: str) -> Moves | Failed:
        """From anywhere to anywhere."""
        found = await self.read(ticket, 0)
        return found if isinstance(found, Failed) else Moves(found, found.status, tuple(STATES))

    async def move(self, ticket: str, status: str) -> Written | Failed | Unknown:
        """Close or open it."""
        answer = await self._github.api.write("PATCH", *self._issue(ticket), body=dict(STATES[status]))
        return answer if isinstance(answer, Failed | Unknown) else _written(answer.value)

    async def label(self, ticket: str, labels: Sequence[str]) -> Written | Failed | Unknown:
        """Add labels; GitHub makes those that it has not."""
        answer = await self._github.api.write("POST", *self._issue(ticket), "labels", body={"labels": list(labels)})
        return answer if isinstance(answer, Failed | Unknown) else Written(ticket)

    async def created(self, key: str) -> bool | None:
        """By the mark."""
        return await find_issue(self._github, {"repository": self._repository}, key)

    async def commented(self, ticket: str, key: str) -> bool | None:
        """By the mark."""
        return await find_comment(self._github, {"repository": self._repository, "number": self._issue(ticket)[-1]}, key)

    def _issue(self, ticket: str) -> tuple[str | int, ...]:
        return (*self._place, "issues", int(ticket.removeprefix("#")))


def _is_pull(raw: Any) -> bool:
    return at(raw, "pull_request") is not None


def _written(raw: Any) -> Written:
    return Written(text_at(raw, "number"), text_at(raw, "html_url"))


def _ticket(raw: Any, comments: Sequence[Any] = ()) -> Ticket:
    state, reason = text_at(raw, "state"), text_at(raw, "state_reason")
    return Ticket(
        id=text_at(raw, "number"),
        title=text_at(raw, "title"),
        status=state if state == "open" or reason in ("", "completed") else reason.replace("_", " "),
        open=state == "open",
        author=text_at(raw, "user", "login"),
        assignee=", ".join(text_at(one, "login") for one in list_at(raw, "assignees")),
        labels=tuple(text_at(one, "name") for one in list_at(raw, "labels")),
        created=text_at(raw, "created_at"),
        updated=text_at(raw, "updated_at"),
        url=text_at(raw, "html_url"),
        description=text_at(raw, "body", most=MOST),
        comments=tuple(
            Comment(text_at(one, "user", "login"), text_at(one, "created_at"), text_at(one, "body", most=MOST)) for one in comments
        ),
    )
