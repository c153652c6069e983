"""A server that a source asks over HTTP: its address, its credentials and its authorities, written once in the configuration."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from agents.ports import Failed, Unknown
from tools.argument import Part
from tools.asking import retried, retry_after, transient
from tools.cutting import shorter
from tools.net import Lost, Net, NotSent, Refused, Request, Response
from tools.source import EnvironmentName, SourceContext

MAX_URL = 6_000
"""Characters of an address; a longer query is sent as a form."""

MAX_ERROR = 1_200
"""Characters of an error that are shown."""

_GAVE_UP = re.compile(rb'"errorType":\s*"timeout"')

Query = Sequence[tuple[str, str]]


class Access(Part):
    """How a server is reached."""

    url: str = Field(pattern=r"^https?://[^/\s@]+(/[^\s?#]*)?$")
    """Where its API begins, with the path that a proxy or a tenant puts before it."""
    token_env: EnvironmentName | None = None
    """Holds a token, which is sent as `Authorization: Bearer`."""
    token_file: Path | None = None
    """Holds such a token; it is read for each request, because tokens in files are renewed."""
    user: str | None = None
    """For basic authentication."""
    password_env: EnvironmentName | None = None
    """Holds the password of `user`."""
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    """Sent with every request, such as a tenant's name."""
    ca_file: Path | None = None
    """The certificate authorities of this server alone, in place of the system's; PEM."""

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env belong together")
        if sum(one is not None for one in (self.token_env, self.token_file, self.user)) > 1:
            raise ValueError("write one of token_env, token_file, and user with password_env")
        return self


@dataclass(frozen=True, slots=True)
class Api:
    """A live `Access`."""

    net: Net
    name: str
    """What it is, for messages: `Prometheus`."""
    url: str
    """Without a slash at its end."""
    headers: Callable[[], tuple[tuple[str, str], ...]]
    """With the credentials, made anew for each request. Raises OSError where they cannot be read."""
    timeout: float = 25.0
    """Seconds for a read, its repetitions included."""
    max_bytes: int = 10_000_000
    """Bytes of an answer that are read."""

    async def read(self, path: str, query: Query = ()) -> Response | Failed:
        """The answer to a read, whatever its status; asked again where what went wrong may pass."""
        form = urlencode(query)
        url = f"{self.url}{path}"
        try:
            headers = self.headers()
        except OSError as error:
            return self._unread(error)
        if len(url) + len(form) <= MAX_URL:
            request = Request("GET", f"{url}?{form}" if form else url, True, headers, None, self.timeout, self.max_bytes)
        else:
            headers = (*headers, ("Content-Type", "application/x-www-form-urlencoded"))
            request = Request("POST", url, True, headers, form.encode(), self.timeout, self.max_bytes)
        answer = await retried(self.net, request, again=_may_pass)
        if isinstance(answer, Response):
            return self._too_large() if answer.cut else answer
        return self.unreached(answer)

    async def write(self, method: str, path: str, body: Any, kind: str = "application/json") -> Response | Failed | Unknown:
        """The answer to a write, whatever its status; sent again only where it was turned away for now. `Unknown` where none came."""
        try:
            headers = (*self.headers(), ("Content-Type", kind))
        except OSError as error:
            return self._unread(error)
        request = Request(method, f"{self.url}{path}", False, headers, json.dumps(body).encode(), self.timeout, self.max_bytes)
        answer = await retried(self.net, request, again=_turned_away)
        match answer:
            case Response():
                return answer
            case NotSent():
                return self.unreached(answer)
            case Lost(why):
                return Unknown(f"The request left for {self.name} at {self.url}, and no whole answer came: {why.rstrip('.')}.")

    def _unread(self, error: OSError) -> Failed:
        return Failed(f"The credentials for {self.name} cannot be read: {error}. Nothing was sent; the operator has to look after them.")

    def unreached(self, answer: NotSent | Lost) -> Failed:
        """In words: no answer came."""
        if isinstance(answer, NotSent):
            return Failed(f"{self.name} at {self.url} could not be reached: {answer.why}.", outage=not isinstance(answer, Refused))
        return Failed(f"{self.name} at {self.url} gave no answer: {answer.why.rstrip('.')}.", outage=True)

    def refused(self, answer: Response, said: str = "") -> Failed:
        """In words: the answer is no success. `said` is what the server wrote, where its format is known."""
        told = f"{self.name} answered {answer.status} {answer.reason}".rstrip()
        if answer.status in (401, 403):
            told += " (the credentials in the configuration do not allow this; the operator has to give others)"
        elif answer.status in (404, 405) and not said:
            told += f" (no such path under {self.url}; the operator should check the url and its prefix)"
        elif answer.status == 429 and (wait := retry_after(answer)) is not None:
            told += f" (try again in {wait:g} s)"
        said = (said or answer.body.decode("utf-8", "replace")).strip()
        return Failed(f"{told}: {shorter(said, MAX_ERROR)}" if said else f"{told}.", outage=answer.status >= 500)

    def _too_large(self) -> Failed:
        read = f"{self.max_bytes // 1_000_000} MB"
        return Failed(
            f"{self.name}'s answer is larger than the {read} that are read. Ask for less: a narrower selector, a shorter time, "
            "an aggregation, or a lower limit."
        )


def api(access: Access, name: str, context: SourceContext) -> Api:
    """The server behind the configured access. Raises ConfigError where its authorities cannot be read."""
    url = access.url.rstrip("/")
    if access.ca_file is not None:
        context.net.trust(url, context.folder / access.ca_file)
    return Api(context.net, name, url, lambda: (*access.headers.items(), *_credentials(access, context)))


def parsed(answer: Response) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _credentials(access: Access, context: SourceContext) -> tuple[tuple[str, str], ...]:
    if access.token_env:
        return (("Authorization", f"Bearer {context.secret(access.token_env)}"),)
    if access.token_file:
        token = (context.folder / access.token_file).read_text(encoding="utf-8").strip()
        return (("Authorization", f"Bearer {token}"),)
    if access.user is not None and access.password_env:
        pair = f"{access.user}:{context.secret(access.password_env)}"
        return (("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
    return ()


def _turned_away(answer: Response | NotSent | Lost) -> bool:
    return isinstance(answer, Response) and answer.status == 429


def _may_pass(answer: Response | NotSent | Lost) -> bool:
    """A query that the server itself gave up is not asked again: it would only take as long once more."""
    return transient(answer) and not (isinstance(answer, Response) and _GAVE_UP.search(answer.body, 0, 500))
