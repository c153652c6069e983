"""GitHub's REST API, for the repositories on the list.

Format: https://docs.github.com/en/rest. Limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from agents.ports import Clock, Failed
from tools.api import Address, Answer, Api, Dialect, Query, wait_of
from tools.argument import Part
from tools.net import Net, Response
from tools.operation import Arguments
from tools.source import Entry, EnvironmentName, SourceContext
from tools.told import cut, list_at, text_at

PAGE = 100
"""Items of a page, the most that GitHub gives."""

MAX_PAGES = 10
"""Pages of a list that are read at most."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
"""A repository, `owner/name`."""

REF = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._/+@#-]{0,249}")
"""A branch, a tag or a commit of the repository itself: no range, and no fork by `owner:branch`."""


def _repository(text: str) -> str:
    if not NAME.fullmatch(text) and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/\*", text):
        raise ValueError("must be owner/name, or owner/* for all of an owner's")
    return text.lower()


Repository = Annotated[str, AfterValidator(_repository)]


class GitHubConfig(Part):
    """Which GitHub, as whom, and which repositories."""

    url: Address = "https://api.github.com"
    """Of the API; `https://HOST/api/v3` for a GitHub Enterprise Server."""
    token_env: EnvironmentName
    repositories: tuple[Repository, ...] = Field(min_length=1)
    """`owner/name`, or `owner/*`. Nothing else is read or written."""


class GitHubEntry(Entry):
    """`{name: gh, github: {token_env: GITHUB_TOKEN, repositories: [acme/shop]}}`."""

    github: GitHubConfig

    def urls(self) -> tuple[str, ...]:
        """The API's address."""
        return (self.github.url,)


class GitHub:
    """The API, and what of it may be asked."""

    def __init__(self, config: GitHubConfig, context: SourceContext) -> None:
        self._allowed = frozenset(config.repositories)
        self.clock: Clock = context.clock
        self.net: Net = context.net
        self._root = urlsplit(config.url).path.lower()
        self.api = Api(context.net, config.url, dialect(config.token_env, context))

    def invalid(self, arguments: Arguments) -> str | None:
        """Whether the repository is on the list, and whether what goes into a path or a query stays what it is."""
        repository = str(arguments["repository"])
        if not NAME.fullmatch(repository):
            return f"`repository` must be owner/name, not {cut(repository, 60)!r}."
        owner = repository.partition("/")[0]
        if not {repository.lower(), f"{owner.lower()}/*"} & self._allowed:
            return f"The repository {repository} is not on this tool's list. There are: {', '.join(sorted(self._allowed))}."
        for name in ("ref", "base", "head", "branch"):
            if (given := arguments.get(name)) and not REF.fullmatch(str(given)):
                return f"`{name}` must be a branch, a tag or a commit of the repository."
        path = str(arguments.get("path", ""))
        if any(step in (".", "..") for step in path.split("/")):
            return "`path` must be a path inside the repository, without . and .. in it."
        return None

    async def read(self, *path: str | int, query: Query | None = None, accept: str = "", redirect: bool = False) -> Answer | Failed:
        """Ask. A transferred issue and a renamed repository lead elsewhere: what answers there may not be on the list."""
        answer = await self.api.read(*path, query=query, accept=accept, redirect=redirect)
        if isinstance(answer, Answer) and path[0] == "repos" and answer.response.url:
            asked = f"/repos/{path[1]}/{path[2]}".lower()
            if not f"{urlsplit(answer.response.url).path.lower()}/".startswith(f"{self._root}{asked}/"):
                return Failed("GitHub has moved this: the repository was renamed, or the issue transferred. Ask for it by its new name.")
        return answer

    async def pages(
        self, *path: str | int, query: Query, most: int, inside: str = "", keep: Callable[[Any], bool] | None = None
    ) -> list[Any] | Failed:
        """A list, over as many pages as it takes to have `most` items, of those that are kept.

        `inside` is the field that holds it, where it is not the answer itself.
        """
        found: list[Any] = []
        size = PAGE if keep else min(PAGE, most)
        for page in range(1, MAX_PAGES + 1):
            answer = await self.read(*path, query={**query, "per_page": size, "page": page})
            if isinstance(answer, Failed):
                return answer
            items = list_at(answer.value, *([inside] if inside else []))
            found += [one for one in items if keep is None or keep(one)]
            if len(items) < size or len(found) >= most:
                break
        return found[:most]


def place(arguments: Arguments) -> tuple[str, str, str]:
    """The path of the repository."""
    owner, _, name = str(arguments["repository"]).partition("/")
    return "repos", owner, name


def dialect(token_env: str, context: SourceContext) -> Dialect:
    """How GitHub is spoken to."""
    def explain(response: Response, value: Any) -> str:
        return told_why(response, value, context.clock(), token_env)

    return Dialect("GitHub", lambda: (
        ("Accept", "application/vnd.github+json"),
        ("Authorization", f"Bearer {context.secret(token_env)}"),
        ("X-GitHub-Api-Version", "2022-11-28"),
    ), explain)


def told_why(response: Response, value: Any, now: datetime, token_env: str) -> str:
    """Why GitHub refused, in words."""
    message = text_at(value, "message")
    if limited := _limited(response, message, now):
        return limited
    told = f"GitHub answered {response.status}: {message or response.reason}".rstrip(".") + "."
    if details := ", ".join(filter(None, (_detail(error) for error in list_at(value, "errors")[:5]))):
        told += f" {details}."
    if response.status == 401:
        told += f" Does {token_env} hold a token that is still valid?"
    elif response.status == 404:
        told += " It does not exist, or the token may not see it."
    elif response.status == 403:
        told += " The token may not do this."
    return told


def _limited(response: Response, message: str, now: datetime) -> str | None:
    """403 and 429 are refusals or limits: the headers, and for the secondary limit the message, tell which."""
    if response.status not in (403, 429):
        return None
    if response.headers.get("x-ratelimit-remaining") == "0" and (reset := response.headers.get("x-ratelimit-reset", "")).isdigit():
        again = datetime.fromtimestamp(int(reset), UTC)
        wait = max(0, round((again - now).total_seconds()))
        return f"GitHub's rate limit is used up until {again:%H:%M:%S} UTC. Try again in {wait} s."
    if response.status == 429 or "secondary rate limit" in message.lower() or "retry-after" in response.headers:
        return "GitHub limits how fast it may be asked (secondary rate limit)." + (wait_of(response) or " Try again in a minute.")
    return None


def _detail(error: Any) -> str:
    if isinstance(error, str):
        return cut(error, 200)
    return text_at(error, "message") or " ".join(filter(None, (text_at(error, step) for step in ("resource", "field", "code"))))


@asynccontextmanager
async def connect(entry: GitHubEntry, context: SourceContext) -> AsyncIterator[GitHub]:
    """The API, for as long as the source is open."""
    yield GitHub(entry.github, context)


def failed(answers: Sequence[object]) -> Failed | None:
    """The first that failed."""
    return next((one for one in answers if isinstance(one, Failed)), None)


__all__ = ["Answer", "GitHub", "GitHubConfig", "GitHubEntry", "connect", "dialect", "failed", "place", "told_why"]
