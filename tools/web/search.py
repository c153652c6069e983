"""Searching the web, by a service that the operator has chosen."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from agents.ports import Done, Failed
from tools.api import Address, Api, Dialect, Headers, Query, wait_of
from tools.argument import Part
from tools.net import Response
from tools.operation import Arguments, Use
from tools.source import EnvironmentName, SourceContext
from tools.told import list_at, text_at, told
from tools.web.hosts import Hosts, written


class SearchConfig(Part):
    """A search service."""

    kind: Literal["brave", "searxng"]
    """`brave`: Brave Search's API. `searxng`: a SearXNG with the format json allowed."""
    url: Address = ""
    """Of the service; needed for `searxng`."""
    token_env: EnvironmentName | None = Field(default=None)
    """Needed for `brave`."""

    @model_validator(mode="after")
    def _check_needs(self) -> Self:
        if self.kind == "searxng" and not self.url:
            raise ValueError("searxng needs the url of your SearXNG")
        if self.kind == "brave" and not self.token_env:
            raise ValueError("brave needs token_env, the name of the variable with its token")
        return self

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.url or "https://api.search.brave.com"


@dataclass(frozen=True, slots=True)
class _Service:
    """How a service is asked, and where its results are."""

    path: tuple[str, ...]
    query: Callable[[str, int], Query]
    header: Callable[[str], Headers]
    results: tuple[str, ...]
    snippet: str
    date: str


SERVICES: Mapping[str, _Service] = {
    "brave": _Service(
        ("res", "v1", "web", "search"), lambda text, most: {"q": text, "count": most},
        lambda token: (("X-Subscription-Token", token),), ("web", "results"), "description", "age",
    ),
    "searxng": _Service(
        ("search",), lambda text, _: {"q": text, "format": "json"},
        lambda token: (("Authorization", f"Bearer {token}"),) if token else (), ("results",), "content", "publishedDate",
    ),
}
"""Formats: https://api-dashboard.search.brave.com/app/documentation/web-search/query, https://docs.searxng.org/dev/search_api.html"""


class Search:
    """Asks a search service."""

    def __init__(self, config: SearchConfig, hosts: Hosts, context: SourceContext) -> None:
        self._service = SERVICES[config.kind]
        self._hosts = hosts
        name = config.kind.capitalize()

        def headers() -> Headers:
            token = context.secret(config.token_env) if config.token_env else ""
            return (("Accept", "application/json"), *self._service.header(token))

        def explain(response: Response, value: Any) -> str:
            if response.status == 429:
                return f"{name} limits how fast it may be asked." + (wait_of(response) or " Try again in a minute.")
            return f"{name} answered {response.status}." + (" Is its token valid?" if response.status in (401, 403, 422) else "")

        self._api = Api(context.net, config.address, Dialect(name, headers, explain))

    async def search(self, arguments: Arguments, use: Use) -> Done | Failed:
        """Titles, addresses and snippets, and which of the pages may be read."""
        most = int(arguments["limit"])
        answer = await self._api.read(*self._service.path, query=self._service.query(arguments["text"], most))
        if isinstance(answer, Failed):
            return answer
        found = [self._result(one) for one in list_at(answer.value, *self._service.results)[:most]]
        return told({"results": found} if found else {"results": "nothing was found"}, taints=True)

    def _result(self, raw: Any) -> dict[str, Any]:
        url = text_at(raw, "url", most=1_000)
        return {
            "title": _plain(text_at(raw, "title")), "url": url, "snippet": _plain(text_at(raw, self._service.snippet, most=800)),
            "date": text_at(raw, self._service.date, most=60),
            "readable": "yes" if self._hosts.wrong(written(url)) is None else "no: the host is not on the list",
        }


def _plain(text: str) -> str:
    """Without the marks that services put around the words that were found."""
    return " ".join(html.unescape(re.sub(r"</?[a-zA-Z][^<>]{0,100}>", "", text)).split())
