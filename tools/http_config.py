"""HTTP tools as they are written in the configuration. What is wrong is told with the path of the mistake."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from agents.core.tool import Effect, Repeat, Risk
from tools.http_argument import Argument, Part, RiskWhen, Scalar
from tools.http_template import KEY, PLACEHOLDER, Url, Use, parse_url, uses_in

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name is made of (RFC 9110, 5.6.2)."""

OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "expect"})
"""Headers that the client sets itself."""

Mistake = tuple[tuple[str | int, ...], str, str]
"""Where, what is wrong there, and what was written."""


def _header_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header")
    if name.lower() in OURS:
        raise ValueError(f"{name} is set by the client itself")
    return name


def _header_value(value: str) -> str:
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ValueError("a header holds printable ASCII on one line, without spaces around it")
    if found := PLACEHOLDER.search(value):
        raise ValueError(f"a header holds constants only, not {found[0]}; arguments go into the path, the query or the body")
    return value


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class Address(Part):
    """Where something is asked or done."""

    url: str
    """With `{argument}` in its path or query."""
    query: dict[str, Scalar] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_url(self) -> Self:
        _ = self.place
        return self

    @property
    def place(self) -> Url:
        """The URL, taken apart. Raises ValueError with what is wrong with it."""
        return parse_url(self.url, self.query)


class HttpRequest(Address):
    """What is sent."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: Any = None
    """JSON, with `{argument}` in its texts; nothing is sent where it is left out."""

    @model_validator(mode="after")
    def _check_body(self) -> Self:
        if self.body is not None and self.method in ("GET", "HEAD"):
            raise ValueError(f"a {self.method} has no body; use `query`")
        return self

    @property
    def uses(self) -> list[Use]:
        """Every place that names an argument."""
        return [*self.place.uses, *uses_in(self.body, "body")]


class HttpPreview(Address):
    """Where the present state can be read that a call would change."""

    method: Literal["GET"] = "GET"
    show: tuple[str, ...] = ()
    """Dotted paths of the only fields that are shown and compared. Empty for all."""
    ignore: tuple[str, ...] = ()
    """Dotted paths of fields that change by themselves: neither shown nor compared."""


class Happened(Part):
    """What in a probe's answer says that the call happened."""

    field: str
    """Dotted path."""
    equals: Scalar
    """The value that says so. The opposite of true or false says that it did not; any other value says nothing."""


class HttpProbe(Address):
    """Where it can be learnt whether a call happened; `{idempotency_key}` is the call's key."""

    method: Literal["GET"] = "GET"
    happened: Happened
    missing: Literal[False] | None = None
    """False: a 404 says that the call did not happen. Otherwise it says nothing."""


class HttpToolConfig(Part):
    """One HTTP tool, as under `tools` in the configuration."""

    name: str = Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$")
    description: str = Field(min_length=1)
    http: HttpRequest
    arguments: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], Argument] = Field(default_factory=dict)
    risk: Risk = Risk.HIGH
    risk_when: tuple[RiskWhen, ...] = ()
    effect: Effect | None = None
    """None: GET and HEAD have no effect, everything else reaches outside."""
    repeatable: bool = False
    """Whether a call whose outcome is unknown may simply be made again."""
    idempotency_header: HeaderName | None = None
    """The header in which the other side takes a key and keeps calls with one key to one effect."""
    preview: HttpPreview | None = None
    probe: HttpProbe | None = None
    taints: bool = False
    """Whether outsiders could have written what it returns."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds for one call, its retries included."""
    max_result: int = Field(default=20_000, ge=200, le=200_000)
    """Characters of a result that the model is shown."""

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        mistakes = dict.fromkeys([*_misnamed(self), *_misplaced(self), *_contradictions(self)])
        if mistakes:
            raise ValidationError.from_exception_data(type(self).__name__, [_detail(*mistake) for mistake in mistakes])
        return self

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.declared_effect is Effect.NONE

    @property
    def declared_effect(self) -> Effect:
        """What a call changes."""
        return self.effect or (Effect.NONE if self.http.method in ("GET", "HEAD") else Effect.EXTERNAL)

    @property
    def repeat(self) -> Repeat:
        """What may be done with a call whose outcome is unknown."""
        if self.reads or self.repeatable:
            return Repeat.FREE
        return Repeat.KEYED if self.idempotency_header else Repeat.NEVER

    @property
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return {
            "type": "object",
            "properties": {name: argument.json_schema for name, argument in self.arguments.items()},
            "required": [name for name, argument in self.arguments.items() if not argument.optional],
            "additionalProperties": False,
        }


def _detail(path: tuple[str | int, ...], why: str, written: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("tool", "{why}", {"why": why}), loc=path, input=written)


def _misnamed(config: HttpToolConfig) -> Iterator[Mistake]:
    """Arguments that do not exist, or that nothing uses."""
    known = set(config.arguments)
    asked = [("http", use) for use in config.http.uses]
    asked += [("preview", use) for use in (config.preview.place.uses if config.preview else ())]
    asked += [("probe", use) for use in (config.probe.place.uses if config.probe else ()) if use.name != KEY]
    for part, use in asked:
        if use.name not in known:
            yield (part, use.where if use.where == "body" else "url"), f"there is no argument {use.name} under `arguments`", use.name
    sent = {use.name for use in config.http.uses}
    for name in (name for name in config.arguments if name not in sent):
        yield ("arguments", name), "is used nowhere in `http`; use it or remove it", name
    for number, rule in enumerate(config.risk_when):
        if rule.argument not in known:
            yield ("risk_when", number, "argument"), f"there is no argument {rule.argument} under `arguments`", rule.argument
    if KEY in known:
        yield ("arguments", KEY), "is the name of the call's own key; call it something else", KEY


def _misplaced(config: HttpToolConfig) -> Iterator[Mistake]:
    """Arguments whose type or absence the place cannot carry."""
    addresses = [address for address in (config.preview, config.probe) if address is not None]
    for use in [*config.http.uses, *(use for address in addresses for use in address.place.uses)]:
        argument = config.arguments.get(use.name)
        if argument is None:
            continue
        within_text = not use.alone or use.where == "path"
        if argument.type == "object" and (within_text or use.where == "query"):
            yield ("arguments", use.name), "is an object, which only a body can hold, alone in its place", argument.type
        if argument.type == "array" and within_text:
            yield ("arguments", use.name), "is a list, which can stand in a query or a body only, alone in its place", argument.type
        if within_text and argument.optional and argument.default is None:
            yield ("arguments", use.name), "may be left out, and then its text or path would have a hole: give it a default", use.where


def _contradictions(config: HttpToolConfig) -> Iterator[Mistake]:
    if config.repeatable and config.idempotency_header:
        yield ("idempotency_header",), "a tool is `repeatable` or takes a key, not both", config.idempotency_header
    if config.idempotency_header and config.idempotency_header.lower() in {name.lower() for name in config.http.headers}:
        yield ("http", "headers", config.idempotency_header), "is the header of the call's key", config.idempotency_header
    for number, rule in enumerate(config.risk_when):
        if rule.risk.rank <= config.risk.rank:
            yield ("risk_when", number, "risk"), f"is not above the tool's own risk ({config.risk}), so it changes nothing", rule.risk


SENSITIVE = re.compile(r"(?i)authorization|cookie|token|secret|passw|key|signature")
"""Names of headers whose values are secrets."""


def held_secrets(config: HttpToolConfig) -> frozenset[str]:
    """The secrets that a tool's headers hold, for the redactor: each value, and what follows its scheme (`Bearer …`)."""
    values = [value for name, value in config.http.headers.items() if SENSITIVE.search(name)]
    return frozenset(part for value in values for part in (value, value.rpartition(" ")[2]))


def hosts_of(configs: Iterable[HttpToolConfig]) -> frozenset[str]:
    """The hosts that tools name, for the net's policy."""
    addresses = (address for config in configs for address in (config.http, config.preview, config.probe) if address is not None)
    return frozenset(urlsplit(address.url).hostname or "" for address in addresses)


def definition(config: HttpToolConfig) -> Mapping[str, Any]:
    """All that defines a tool, without the values of secret headers."""
    whole: dict[str, Any] = config.model_dump(mode="json")
    whole["http"]["headers"] = {name: "" if SENSITIVE.search(name) else value for name, value in config.http.headers.items()}
    return whole
