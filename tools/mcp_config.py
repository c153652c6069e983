"""MCP servers as they are written in the configuration."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from agents.core.tool import Effect, Repeat, Risk
from tools.argument import Part
from tools.http_parts import HeaderName, HeaderValue
from tools.operation import Setting
from tools.source import Entry, EnvironmentName
from tools.tool import Outline

LONGEST_NAME = 64
"""Characters of a tool's name, which is the source's, an underscore and the server's."""


class FromEnvironment(Part):
    """A secret by its name: it is looked up when the server is started or asked."""

    from_env: EnvironmentName
    prefix: str = ""
    """What stands before it in a header, such as `"Bearer "`."""


class McpServer(Part):
    """How a server is reached: a command that is started here (stdio), or an address (streamable HTTP)."""

    command: tuple[str, ...] | None = Field(default=None, min_length=1)
    """The program and its arguments. It is started in the configuration's folder."""
    env: dict[EnvironmentName, str] = Field(default_factory=dict)
    """Constants in its environment, which holds nothing else but these, `secrets`, and basics such as PATH."""
    secrets: dict[EnvironmentName, FromEnvironment] = Field(default_factory=dict)
    """Secrets in its environment, by the names that the server knows."""
    url: str | None = None
    headers: dict[HeaderName, FromEnvironment | HeaderValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("write exactly one of `command` and `url`")
        if self.url is not None and (self.env or self.secrets):
            raise ValueError("`env` and `secrets` belong to a `command`; a `url` has `headers`")
        if self.command is not None and self.headers:
            raise ValueError("`headers` belong to a `url`; a `command` has `env` and `secrets`")
        if twice := sorted(self.env.keys() & self.secrets.keys()):
            raise ValueError(f"{', '.join(twice)} stands in `env` and in `secrets`")
        if self.url is not None and (wrong := _wrong_url(self.url)):
            raise ValueError(f"url: {wrong}")
        return self


class McpSetting(Setting):
    """What the operator says of one tool of a server. What the server says of itself decides nothing."""

    repeatable: bool = False
    """Whether a call whose outcome is unknown may simply be made again."""

    @property
    def declared(self) -> tuple[Risk, Effect, Repeat, bool]:
        """Risk, effect, what may be repeated, and whether its results taint. What is not said is the worst."""
        effect = self.effect or Effect.EXTERNAL
        repeat = Repeat.FREE if self.repeatable or effect is Effect.NONE else Repeat.NEVER
        return self.risk or Risk.HIGH, effect, repeat, self.taints is not False


class McpEntry(Entry):
    """`{name: files, mcp: {command: [mcp-files, /srv]}, tools: {read: {risk: low, effect: none}}}`."""

    mcp: McpServer
    tools: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]{1,128}$")], McpSetting] = Field(min_length=1)
    """The allow-list, by the names that the server uses: no other tool of it exists."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if self.settings or self.only is not None:
            raise ValueError("`settings` and `only` are not for MCP servers: `tools` lists what may be used, with its settings")
        names = [self.called(tool) for tool in self.tools]
        if long := sorted(name for name in names if len(name) > LONGEST_NAME):
            raise ValueError(f"{long[0]} is longer than {LONGEST_NAME} characters; give the source a shorter name")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two tools of the server would be called {twice[0]} here; allow one of them")
        return self

    def called(self, tool: str) -> str:
        """The name by which agents know this tool of the server."""
        return f"{self.name}_{re.sub('[^A-Za-z0-9_-]', '_', tool)}"

    def urls(self) -> tuple[str, ...]:
        """The address that it names."""
        return (self.mcp.url,) if self.mcp.url else ()

    def secret_names(self) -> frozenset[str]:
        """The environment variables that hold its secrets."""
        given = (*self.mcp.secrets.values(), *self.mcp.headers.values())
        return frozenset(one.from_env for one in given if isinstance(one, FromEnvironment))

    @property
    def place(self) -> str:
        """Where the server is, for people; without arguments, which may be long."""
        return self.mcp.url or PurePath((self.mcp.command or ("",))[0]).name

    @property
    def said(self) -> Mapping[str, Any]:
        """All that it says of the server. Secrets are in it by name only."""
        return {"kind": "mcp", "name": self.name, **self.mcp.model_dump(mode="json")}

    def outlines(self) -> tuple[Outline, ...]:
        """Its tools, as far as the configuration tells."""
        return tuple(self._outline(tool, setting) for tool, setting in self.tools.items())

    def _outline(self, tool: str, setting: McpSetting) -> Outline:
        risk, effect, _, _ = setting.declared
        risks = (risk, *(rule.risk for rule in setting.risk_when))
        return Outline(self.called(tool), effect is Effect.NONE, max(risks, key=lambda one: one.rank), per_minute=setting.per_minute)


def _wrong_url(text: str) -> str | None:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError as error:
        return str(error)
    if url.scheme not in ("http", "https") or not url.hostname:
        return "has to be an http or https address"
    if url.username or url.password or url.fragment:
        return "may hold no user, no password and no fragment; secrets go into `headers`, by name"
    return None
