"""A vendor's JSON API: how it is asked, and what its answers come to. Reads are retried, writes never."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, AnyHttpUrl, TypeAdapter

from agents.ports import Failed, Unknown
from tools.asking import Sender, retried, retry_after
from tools.net import Lost, NotSent, Refused, Request, Response

TIMEOUT = 20.0
"""Seconds for one request, its retries included."""

LARGEST = 4_000_000
"""Bytes of an answer that are read."""

def _address(text: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(text)
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""Where an API is, without a slash at its end."""

Headers = tuple[tuple[str, str], ...]

Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Answer:
    """The other side answered, and well."""

    value: Any
    """The body as JSON; None where it is empty or none."""
    response: Response


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to a vendor's API."""

    vendor: str
    """As people call it."""
    headers: Callable[[], Headers]
    """Sent with every request. Asked for each time, so that a secret is kept nowhere."""
    explain: Callable[[Response, Any], str]
    """Why it refused, from the answer and its JSON. Only the vendor's own words: a failure taints nobody."""
    refuses: Callable[[Any], bool] = lambda _: False
    """Whether a body is a refusal though its status is 200, as GraphQL has it. Such a call had no effect."""


class Api:
    """Asks a JSON API. `base` is the address that all paths are under."""

    def __init__(self, net: Sender, base: str, dialect: Dialect) -> None:
        self._net = net
        self._base = base.rstrip("/")
        self._dialect = dialect

    async def read(
        self, *path: str | int, query: Query | None = None, accept: str = "", body: Any = None, redirect: bool = False
    ) -> Answer | Failed:
        """Ask, and again where it may have been transient. With a body, a POST that reads. A `redirect` elsewhere may be the answer."""
        request = self._request("GET" if body is None else "POST", path, query or {}, body, accept, reads=True)
        answer = await retried(self._net, request)
        if isinstance(answer, Response):
            if redirect and 300 <= answer.status < 400:
                return Answer(None, answer)
            read = self._understood(answer)
            return Failed(read.why, outage=True) if isinstance(read, Unknown) else read
        return Failed(f"{self._dialect.vendor} could not be asked: {answer.why}.", outage=not isinstance(answer, Refused))

    async def write(self, method: str, *path: str | int, body: Any = None) -> Answer | Failed | Unknown:
        """Have an effect, once."""
        answer = await self._net.send(self._request(method, path, {}, body, "", reads=False))
        match answer:
            case Response():
                return self._understood(answer)
            case NotSent(why):
                return Failed(f"The request to {self._dialect.vendor} did not leave: {why}.", outage=not isinstance(answer, Refused))
            case Lost(why):
                return Unknown(f"The request to {self._dialect.vendor} left, and no whole answer came: {why.rstrip('.')}.")

    def _request(
        self, method: str, path: tuple[str | int, ...], query: Query, body: Any, accept: str, *, reads: bool
    ) -> Request:
        url = "/".join([self._base, *(segment(step) for step in path)])
        if query:
            url += f"?{urlencode(query, quote_via=quote)}"
        headers = self._dialect.headers()
        if accept:
            headers = (*(pair for pair in headers if pair[0] != "Accept"), ("Accept", accept))
        sent = None
        if body is not None:
            headers = (*headers, ("Content-Type", "application/json"))
            sent = json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
        return Request(method, url, reads, headers, sent, TIMEOUT, LARGEST)

    def _understood(self, answer: Response) -> Answer | Failed | Unknown:
        value = _json(answer)
        status, vendor = answer.status, self._dialect.vendor
        if 200 <= status < 300:
            if self._dialect.refuses(value):
                return Failed(self._dialect.explain(answer, value))
            return Answer(value, answer)
        if 300 <= status < 400 and status != 303:
            return Failed(f"{vendor} answered {status}: what was asked for is somewhere else now, and that is not followed.")
        if status in (303, 408) or status >= 500 or status < 200:
            return Unknown(f"{vendor} answered {status} {answer.reason}".strip() + ".")
        return Failed(self._dialect.explain(answer, value))


def segment(step: str | int) -> str:
    """One segment of a path. Raises ValueError for what would leave its place: what is asked for was checked before."""
    text = str(step)
    if text in ("", ".", ".."):
        raise ValueError(f"{text!r} cannot be a segment of a path")
    return quote(text, safe="")


def wait_of(answer: Response) -> str:
    """When to come back, in words; empty where the answer does not say."""
    seconds = retry_after(answer)
    return "" if seconds is None else f" Try again in {seconds:g} s."


def _json(answer: Response) -> Any:
    if answer.cut:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
