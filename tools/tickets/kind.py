"""The kind of source that tickets are: one of three trackers behind the same operations."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Self

from pydantic import model_validator

from agents.core.tool import Effect, Repeat
from tools.argument import Part
from tools.source import Entry, Pack, SourceContext
from tools.tickets.github import GitHubIssuesConfig, GitHubTracker
from tools.tickets.jira import JiraConfig, JiraTracker
from tools.tickets.linear import LinearConfig, LinearTracker
from tools.tickets.operations import operations
from tools.tickets.tracker import Tracker
from tools.tool import Outline, Tool


class TicketsConfig(Part):
    """Exactly one tracker."""

    github: GitHubIssuesConfig | None = None
    jira: JiraConfig | None = None
    linear: LinearConfig | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if len([one for one in (self.github, self.jira, self.linear) if one]) != 1:
            raise ValueError("write exactly one of github, jira, linear")
        return self

    @property
    def chosen(self) -> GitHubIssuesConfig | JiraConfig | LinearConfig:
        """The tracker."""
        found = self.github or self.jira or self.linear
        if found is None:
            raise ValueError("no tracker")
        return found


class TicketsEntry(Entry):
    """`{name: tickets, tickets: {jira: {url: …, user: …, token_env: JIRA_TOKEN, project: OPS}}}`."""

    tickets: TicketsConfig

    def urls(self) -> tuple[str, ...]:
        """The tracker's address."""
        return self.tickets.chosen.urls()


@asynccontextmanager
async def _connect(entry: TicketsEntry, context: SourceContext) -> AsyncIterator[Tracker]:
    match entry.tickets.chosen:
        case GitHubIssuesConfig() as config:
            yield GitHubTracker(config, context)
        case JiraConfig() as config:
            yield JiraTracker(config, context)
        case LinearConfig() as config:
            yield LinearTracker(config, context)


def _pack(repeat: Repeat, creating: Effect) -> Pack[TicketsEntry, Tracker]:
    return Pack("tickets", TicketsEntry, operations(repeat, creating), _connect)


PACKS: Mapping[type[Part], Pack[TicketsEntry, Tracker]] = {
    GitHubIssuesConfig: _pack(Repeat.NEVER, Effect.EXTERNAL),
    JiraConfig: _pack(Repeat.NEVER, Effect.INTERNAL),
    LinearConfig: _pack(Repeat.KEYED, Effect.INTERNAL),
}
"""By tracker: what it lets us do with a call whose outcome is unknown, and whom a new ticket reaches."""


class Tickets:
    """Implements `tools.source.Kind`: which tracker it is decides what its operations declare."""

    key = "tickets"
    entry = TicketsEntry

    def operations(self) -> Mapping[str, str]:
        """The same for every tracker."""
        return PACKS[JiraConfig].operations()

    def outlines(self, entry: TicketsEntry, folder: Path) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration tells."""
        return PACKS[type(entry.tickets.chosen)].outlines(entry, folder)

    def open(self, entry: TicketsEntry, context: SourceContext) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """Its tools, live until the block ends."""
        return PACKS[type(entry.tickets.chosen)].open(entry, context)


TICKETS = Tickets()
