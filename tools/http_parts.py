"""Parts of an HTTP tool as they are written in the configuration: what is sent, what is looked at, how it is taken back."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from agents.core import duration
from agents.core.tool import Undo
from tools.argument import Part, Scalar
from tools.http_template import PLACEHOLDER, Url, Use, parse_url, uses_in
from tools.references import REFERENCE, fits

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name is made of (RFC 9110, 5.6.2)."""

OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade", "expect"})
"""Headers that the client sets itself."""

def _header_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header")
    if name.lower() in OURS:
        raise ValueError(f"{name} is set by the client itself")
    return name


def _header_value(value: str) -> str:
    if not fits(value):
        raise ValueError("a header holds printable ASCII on one line, without spaces around it")
    if found := PLACEHOLDER.search(REFERENCE.sub("", value)):
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
    """What stands in them as `${NAME}` is looked up when the request is made; no configuration holds it."""
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
    after: dict[str, Any] = Field(default_factory=dict)
    """Fields as the call would leave them, by their dotted paths, with `{argument}` in their texts. Shown, not compared."""


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


class UndoConfig(Part):
    """How a call is taken back: by a call of this or of another tool."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Of that call, with places in their texts: `{argument}` of the call that is taken back, `{result.a.b}` of its JSON result."""
    within: Annotated[timedelta, BeforeValidator(duration.parsed, json_schema_input_type=str)]
    """How long after its end a call can be taken back."""

    @property
    def declared(self) -> Undo:
        """As the core reads it."""
        return Undo(self.tool, self.arguments, self.within)
