"""HTTP tools as they are written in the configuration. What is wrong is told with the path of the mistake."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from agents.core.tool import Effect, Repeat, Risk
from agents.core.undo import PLACE, places
from tools.argument import Argument, Part, RiskWhen, schema_of
from tools.http_parts import HeaderName, HttpPreview, HttpProbe, HttpRequest, UndoConfig
from tools.http_template import KEY, uses_in
from tools.references import Secret, expanded, nothing
from tools.tool import Outline

Mistake = tuple[tuple[str | int, ...], str, str]
"""Where, what is wrong there, and what was written."""


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
    grantable: bool = True
    """Whether people may let its calls run ahead of time."""
    undo: UndoConfig | None = None
    personal: bool = False
    """Whether it may be sent the personal data that is kept from the model."""
    labels: dict[str, str] = Field(default_factory=dict)
    """What the policy's rules may look at, such as `environment: production`."""
    per_minute: int = Field(default=0, ge=0)
    """How often a minute it may be called before people are asked; 0 for any number."""
    at_once: int = Field(default=0, ge=0)
    """How many of its calls may be under way at one moment; 0 for any number."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    """Seconds for one call, its retries included."""
    max_result: int = Field(default=20_000, ge=200, le=200_000)
    """Characters of a result that the model is shown."""

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        checks = (_misnamed, _misplaced, _contradictions, _unfit_for_preview, _unfit_for_undo)
        mistakes = dict.fromkeys(mistake for check in checks for mistake in check(self))
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
        return schema_of(self.arguments)

    @property
    def outline(self) -> Outline:
        """What is known of it before anything is connected."""
        risks = (self.risk, *(rule.risk for rule in self.risk_when))
        return Outline(
            self.name, self.reads, max(risks, key=lambda risk: risk.rank), self.undo.tool if self.undo else "", self.per_minute,
            frozenset(self.arguments), self.labels,
        )


def _detail(path: tuple[str | int, ...], why: str, written: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("tool", "{why}", {"why": why}), loc=path, input=written)


def _misnamed(config: HttpToolConfig) -> Iterator[Mistake]:
    """Arguments that do not exist, or that nothing uses."""
    known = set(config.arguments)
    asked = [("http", use) for use in config.http.uses]
    asked += [("preview", use) for use in (config.preview.place.uses if config.preview else ())]
    asked += [("preview", use) for use in (uses_in(config.preview.after, "after") if config.preview else ())]
    asked += [("probe", use) for use in (config.probe.place.uses if config.probe else ()) if use.name != KEY]
    for part, use in asked:
        if use.name not in known:
            key = use.where if use.where in ("body", "after") else "url"
            yield (part, key), f"there is no argument {use.name} under `arguments`", use.name
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
    after = uses_in(config.preview.after if config.preview else None, "after")
    for use in [*config.http.uses, *(use for address in addresses for use in address.place.uses), *after]:
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


def _unfit_for_preview(config: HttpToolConfig) -> Iterator[Mistake]:
    """Fields that would be shown as they will be, and that nobody compares with what they are."""
    show, ignore = (config.preview.show, config.preview.ignore) if config.preview else ((), ())
    for path in config.preview.after if config.preview else ():
        if show and not _lies_in(path, show):
            yield ("preview", "after", path), "is not among the fields under `show`, so what it is now would not be shown", path
        if _lies_in(path, ignore):
            yield ("preview", "after", path), "is among the fields under `ignore`, so what it is now would not be shown", path


def _lies_in(path: str, paths: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in paths)


def _unfit_for_undo(config: HttpToolConfig) -> Iterator[Mistake]:
    """What an undo takes its arguments from has to be there."""
    if config.undo is None:
        return
    if config.reads:
        yield ("undo",), "nothing is to be undone of a tool that only reads", config.undo.tool
    for name, template in config.undo.arguments.items():
        for place in sorted(places(template)):
            if place not in config.arguments and not place.startswith("result."):
                why = f"there is no argument {place} under `arguments`; a field of the result is written {{result.{place}}}"
                yield ("undo", "arguments", name), why, place
        if stray := next((text for text in _texts(template) if set(PLACE.sub("", text)) & set("{}")), None):
            yield ("undo", "arguments", name), f"{stray[:60]!r} has a brace that belongs to no place; places are written {{name}}", stray


def _texts(template: object) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping | list):
        for part in template.values() if isinstance(template, Mapping) else template:
            yield from _texts(part)


SENSITIVE = re.compile(r"(?i)authorization|cookie|token|secret|passw|key|signature")
"""Names of headers whose values are secrets."""


def held_secrets(config: HttpToolConfig, secret: Secret = nothing) -> frozenset[str]:
    """The secrets that a tool's headers send, for the redactor: each value, and what follows its scheme (`Bearer …`)."""
    values = [expanded(value, secret) for name, value in config.http.headers.items() if SENSITIVE.search(name)]
    return frozenset(part for value in values for part in (value, value.rpartition(" ")[2]))


def hosts_of(configs: Iterable[HttpToolConfig]) -> frozenset[str]:
    """The hosts that tools name, for the net's policy."""
    addresses = (address for config in configs for address in (config.http, config.preview, config.probe) if address is not None)
    return frozenset(urlsplit(address.url).hostname or "" for address in addresses)


def definition(config: HttpToolConfig, secret: Secret = nothing) -> Mapping[str, Any]:
    """All that defines a tool, without the values of secret headers; the others as they are sent, so that it is redacted and hashed only.

    Keys that came later count only where they are used: what waits for people outlives an upgrade.
    """
    whole: dict[str, Any] = config.model_dump(mode="json")
    unused: tuple[tuple[dict[str, Any], str, Any], ...] = (
        (whole, "grantable", True), (whole, "undo", None), (whole, "labels", {}), (whole, "per_minute", 0), (whole, "at_once", 0),
        (whole, "personal", False),
        (whole["preview"] or {}, "after", {}),
    )
    for part, key, usual in unused:
        if part.get(key) == usual:
            part.pop(key, None)
    whole["http"]["headers"] = {
        name: "" if SENSITIVE.search(name) else expanded(value, secret) for name, value in config.http.headers.items()
    }
    return whole
