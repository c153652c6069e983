"""HTTP tools: a configured request with a risk, a key, a preview and a probe."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from agents.core.ids import canonical, fingerprint
from agents.core.tool import Repeat, ToolSpec
from agents.ports import TERMINAL, Caller, Done, Failed, Preview, Unknown
from tools.argument import defaults_of
from tools.asking import Sleep, retried, retry_after, transient
from tools.http_config import HttpToolConfig, definition, held_secrets, hosts_of
from tools.http_content import field, parsed, preview_of, readable
from tools.http_parts import Address
from tools.http_template import ABSENT, KEY, fill
from tools.net import Lost, Net, NotSent, Refused, Request, Response
from tools.redact import Redactor
from tools.references import Secret, Unset, expanded, nothing
from tools.tool import Bounds
from tools.toolbox import unread

__all__ = ["HttpTool", "HttpToolConfig", "build_tools", "held_secrets", "hosts_of"]

MAX_ERROR = 1_500
"""Characters of an error's body that the model is shown."""


def build_tools(
    configs: Sequence[HttpToolConfig], net: Net, *,
    redact: Callable[[str], str] | None = None, secret: Secret = nothing, sleep: Sleep = asyncio.sleep, random: Random | None = None,
) -> tuple["HttpTool", ...]:
    """The configured tools. `secret` is asked for what headers refer to; `redact` keeps the values of secrets out of
    their digests, and out of text before that is cut."""
    return tuple(HttpTool(config, net, redact=redact, secret=secret, sleep=sleep, random=random) for config in configs)


class HttpTool:
    """One HTTP tool. Implements `tools.tool.Tool`."""

    def __init__(
        self, config: HttpToolConfig, net: Net, *,
        redact: Callable[[str], str] | None = None, secret: Secret = nothing,
        sleep: Sleep = asyncio.sleep, random: Random | None = None,
    ) -> None:
        self._config = config
        self._secret = secret
        self._redact = redact or Redactor(())
        self._net = net
        self._sleep = sleep
        self._random = random
        self._url = config.http.place
        self.defaults = defaults_of(config.arguments)
        self._headers = tuple(config.http.headers.items())
        self.spec = _spec(config, self._redact, secret)
        self.bounds = Bounds(config.timeout + 1, config.max_result, config.at_once)
        """A second more than the request has: the request's own deadline knows whether anything left."""

    def invalid(self, arguments: Mapping[str, Any]) -> str | None:
        """Whether an argument would leave its place in the path."""
        return self._url.unsafe(self._values(arguments))

    async def run(self, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        """Send the request. Reads are retried; what may have had an effect is Unknown rather than Failed."""
        request = self._request(self._values(arguments), key)
        if self._config.reads:
            return self._read_outcome(await self._retried(request, transient))
        turned_away = _turned_away if self._config.repeat is not Repeat.NEVER else _never
        return self._write_outcome(await self._retried(request, turned_away))

    async def preview(self, arguments: Mapping[str, Any]) -> Preview:
        """The present state of what the call would change."""
        config = self._config.preview
        if config is None:
            return unread("the tool has no preview")
        values = self._values(arguments)
        answer = await self._retried(self._asking(config, values), transient)
        if not isinstance(answer, Response):
            return unread(answer.why)
        if not 200 <= answer.status < 300:
            return unread(self._told(answer))
        after = {path: filled for path, template in config.after.items() if (filled := fill(template, values)) is not ABSENT}
        return preview_of(answer, config.show, config.ignore, after, self._redact)

    async def probe(self, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        """Whether the call with this key happened, by the field of the probe's answer."""
        config = self._config.probe
        if config is None:
            return None
        answer = await self._retried(self._asking(config, {**self._values(arguments), KEY: key}), transient)
        if not isinstance(answer, Response):
            return None
        if answer.status == 404:
            return config.missing
        if not 200 <= answer.status < 300:
            return None
        found, wanted = field(parsed(answer), config.happened.field), config.happened.equals
        if type(found) is not type(wanted):
            return None
        return True if found == wanted else False if isinstance(found, bool) else None

    def _values(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.defaults, **arguments}

    def _request(self, values: Mapping[str, Any], key: str) -> Request:
        config = self._config
        headers, body = list(self._headers), None
        if config.http.body is not None and (filled := fill(config.http.body, values)) is not ABSENT:
            body = json.dumps(filled, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
            if "content-type" not in {name.lower() for name, _ in headers}:
                headers.append(("Content-Type", "application/json"))
        if config.idempotency_header:
            headers.append((config.idempotency_header, key))
        reads = config.reads and config.http.method in ("GET", "HEAD")
        return Request(config.http.method, self._url.render(values), reads, tuple(headers), body, config.timeout)

    def _asking(self, address: Address, values: Mapping[str, Any]) -> Request:
        """A preview or a probe. It carries the tool's headers only to where the tool itself goes."""
        place = address.place
        headers = self._headers if place.origin == self._url.origin else ()
        return Request("GET", place.render(values), True, headers, timeout=self._config.timeout)

    async def _retried(self, request: Request, again: Callable[[Response | NotSent | Lost], bool]) -> Response | NotSent | Lost:
        sender = _Referring(self._net, self._secret)
        return await retried(sender, request, again=again, sleep=self._sleep, random=self._random)

    def _read_outcome(self, answer: Response | NotSent | Lost) -> Done | Failed:
        match answer:
            case Response(status=status) if 200 <= status < 300:
                return self._done(answer)
            case Response(status=status):
                return Failed(self._told(answer), outage=status >= 500)
            case NotSent():
                return _not_sent(answer)
            case Lost(why):
                return Failed(f"No answer: {why}.", outage=True)

    def _write_outcome(self, answer: Response | NotSent | Lost) -> Done | Failed | Unknown:
        match answer:
            case Response(status=status) if 200 <= status < 300:
                return self._done(answer)
            case Response(status=status) if status in (307, 308) or (400 <= status < 500 and status != 408):
                return Failed(self._told(answer))
            case Response():
                return Unknown(self._told(answer))
            case NotSent():
                return _not_sent(answer)
            case Lost(why):
                return Unknown(f"The request left, and no whole answer came: {why.rstrip('.')}.")

    def _done(self, answer: Response) -> Done:
        text = readable(answer)
        return Done(text if text.strip() else f"{answer.status} {answer.reason}".strip(), self._config.taints)

    def _told(self, answer: Response) -> str:
        """An answer that is no success, in words."""
        told = f"{answer.status} {answer.reason}".strip()
        if 300 <= answer.status < 400:
            return f"{told}: a redirect, which is not followed here."
        if answer.status == 429 and (wait := retry_after(answer)) is not None:
            told += f" (try again in {wait:g} s)"
        if self._config.taints:
            return f"{told} (outsiders could have written the text, so it is left out)"
        body = self._redact(readable(answer)).strip()
        return f"{told}: {body[:MAX_ERROR]}{'…' if len(body) > MAX_ERROR else ''}" if body else told


def _not_sent(answer: NotSent) -> Failed:
    return Failed(f"The request did not leave: {answer.why.rstrip('.')}.", outage=not isinstance(answer, Refused))



class _Referring:
    """Sends requests with what their headers refer to: a secret is held no longer than this takes."""

    def __init__(self, net: Net, secret: Secret) -> None:
        self._net = net
        self._secret = secret

    async def send(self, request: Request) -> Response | NotSent | Lost:
        """Send it once."""
        try:
            headers = tuple((name, expanded(value, self._secret)) for name, value in request.headers)
        except Unset as missing:
            return Refused(str(missing))
        return await self._net.send(replace(request, headers=headers))


def _turned_away(answer: Response | NotSent | Lost) -> bool:
    return isinstance(answer, Response) and answer.status == 429


def _never(_: Response | NotSent | Lost) -> bool:
    return False


def _spec(config: HttpToolConfig, redact: Callable[[str], str], secret: Secret) -> ToolSpec:
    return ToolSpec(
        name=config.name,
        description=config.description,
        schema=config.json_schema,
        digest=fingerprint("http", redact(canonical(definition(config, secret)))),
        risk=config.risk,
        risk_rules=tuple(rule.rule for rule in config.risk_when),
        effect=config.declared_effect,
        repeat=config.repeat,
        probe=config.probe is not None,
        preview=config.preview is not None,
        taints=config.taints,
        grantable=config.grantable,
        undo=config.undo.declared if config.undo else None,
        labels=config.labels,
        personal=config.personal,
        per_minute=config.per_minute,
    )
