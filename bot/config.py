"""`countersign.yaml`: read, checked whole, and refused with every mistake at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

import agents
from agents.core.errors import ConfigError
from agents.core.rules import Rule
from agents.digests import Digest
from agents.monitors import Monitor
from agents.schedules import Schedule
from agents.spec import AgentSpec
from bot.config_agents import AgentReader, Draft
from bot.config_api import ApiConfig, check_api
from bot.config_checks import Known, check_agent, check_channels, check_models, check_roles, window
from bot.config_decisions import decisions_of, wants_of
from bot.config_digests import read_digests
from bot.config_http import HttpConfig, SlackConfig
from bot.config_mistakes import checked, nearest
from bot.config_monitor_places import Around
from bot.config_monitors import monitor_secrets, read_monitors
from bot.config_policy import Names, read_links, read_policy
from bot.config_rules import check_undo_calls
from bot.config_schedules import read_schedules
from bot.config_shape import Channel, ChannelConfig, ModelConfig, Name, PrivacyConfig, Role, WantConfig
from bot.config_source import Source, read
from bot.config_tools import ToolReader
from bot.config_webhooks import WebhookConfig, read_webhooks
from tools.http_config import HttpToolConfig, held_secrets
from tools.source import Entry

LIBRARY = Path(agents.__file__).parent / "library"
"""The ready-made agents."""

SECTIONS = (
    "models", "roles", "tools", "agents", "channels", "policy", "links", "privacy", "schedules", "monitors", "digests", "http", "slack",
    "webhooks", "api",
)

Shaped = TypeVar("Shaped")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the configuration says, checked."""

    models: Mapping[str, ModelConfig]
    """By tier."""
    roles: Mapping[str, Role]
    tools: tuple[HttpToolConfig, ...] = field(repr=False)
    """Their headers refer to the environment; their addresses may hold what stands there."""
    sources: tuple[Entry, ...] = field(repr=False)
    """The items of `tools:` that make several tools each."""
    folder: Path
    """Where the file lies: relative paths in it are seen from here."""
    agents: Mapping[str, AgentSpec]
    channels: Mapping[str, ChannelConfig]
    """By `#name`, or `dm`."""
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The keys of the tiers that name their own."""
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)
    """What must never be written anywhere: those keys, secret headers, and values from the environment that stand in headers."""
    policy: tuple[Rule, ...] = ()
    """The installation's own rules, in their order."""
    links: tuple[str, ...] = ()
    """Hosts to which links in what the bot posts may lead."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    """By name."""
    http: HttpConfig = field(default_factory=HttpConfig)
    slack: SlackConfig = field(default_factory=SlackConfig)
    webhooks: Mapping[str, WebhookConfig] = field(default_factory=dict)
    """By name; their secrets are in the environment."""
    api: ApiConfig = field(default_factory=ApiConfig)
    callback_secret: str = field(default="", repr=False)
    """What callbacks are signed with; empty where there are none."""
    monitors: Mapping[str, Monitor] = field(default_factory=dict)
    """By name."""
    wants: Mapping[str, Mapping[str, WantConfig]] = field(default_factory=dict)
    """What each agent says that it needs tools for."""
    homes: Mapping[str, Path] = field(default_factory=dict)
    """The folder of each agent's own file: `agent.yaml`, or the configuration."""
    digests: tuple[Digest, ...] = ()

    @property
    def usual_agent(self) -> str | None:
        """The agent of whoever speaks to the bot alone, and names none; None where there is no such agent."""
        return self.channels["dm"].agent if "dm" in self.channels else None


def load(path: Path, environ: Mapping[str, str], library: Path = LIBRARY, policy: Path | None = None) -> Config:
    """The configuration in this file; with `policy`, the section of this name is that of another file.

    Raises ConfigError, which lists every mistake as `file:line  path: what is wrong`.
    """
    source = read(path, str(path), environ)
    other = read(policy, str(policy), environ) if policy else source
    reading = _Reading(source, AgentReader(source, path.parent, library, environ), path.parent, other)
    config = reading.config(environ) if not source.mistakes or source.content is not None else None
    files = [source, *([other] if policy else []), *reading.agents.files]
    mistakes = [mistake for file in files for mistake in file.mistakes]
    if mistakes or config is None:
        mistakes.sort(key=lambda mistake: (mistake.file != source.file, mistake.file, mistake.line))
        raise ConfigError("\n".join(str(mistake) for mistake in mistakes))
    return config


class _Reading:
    """One reading of one file. Each entry is read by itself, so that a mistake in one hides none in another."""

    def __init__(self, source: Source, agents: AgentReader, folder: Path, policy: Source) -> None:
        """`policy` is the file whose rules count."""
        self._source = source
        self._policy = policy
        self._folder = folder
        self.agents = agents

    def config(self, environ: Mapping[str, str]) -> Config:
        """The configuration; it counts only if no mistake was noted meanwhile."""
        content = self._top_level()
        models = self._named("models", content, TypeAdapter(ModelConfig))
        roles = self._named("roles", content, TypeAdapter(Role))
        channels = self._named("channels", content, TypeAdapter(ChannelConfig))
        drafts = self._agents(content)
        tools = self._tools(content, drafts, environ)
        known = Known(models, roles, tools.outlines)
        check_models(self._source, known, environ)
        check_roles(self._source, known)
        check_undo_calls(self._source, content, tools.http)
        policy = read_policy(self._policy, self._rules(), Names(tools.outlines, drafts, channels))
        for draft in _whole(drafts).values():
            check_agent(draft, known, policy)
        check_channels(self._source, _whole(channels), drafts)
        schedules = read_schedules(self._source, self._items("schedules", content), drafts)
        around = Around(drafts, tools.sources, channels, environ)
        monitors = read_monitors(self._source, self._items("monitors", content), around)
        webhooks = read_webhooks(self._source, content, environ, drafts)
        keys = {tier: environ.get(model.api_key_env, "") for tier, model in _whole(models).items() if model.api_key_env}
        secrets = {*keys.values(), *self._source.secrets, *tools.secrets, *(environ.get(one.secret_env, "") for one in webhooks.values())}
        secrets |= {environ.get(name, "") for name in monitor_secrets(monitors.values())}
        if not self._source.mistakes:
            secrets = secrets.union(*(held_secrets(tool, lambda name: environ.get(name, "")) for tool in _whole(tools.http).values()))
        api = self._section("api", content, ApiConfig())
        callback_secret = check_api(self._source, api, environ)
        privacy = checked(TypeAdapter(PrivacyConfig), content.get("privacy") or {}, self._source, ("privacy",))
        agents = {name: draft.spec(roles, window(draft.tier, models), privacy) for name, draft in _whole(drafts).items()}
        wants = {name: wants_of(draft) for name, draft in _whole(drafts).items()}
        return Config(
            _whole(models), _whole(roles), tuple(_whole(tools.http).values()), tuple(_whole(tools.sources).values()), self._folder, agents,
            _whole(channels), keys, frozenset({*secrets, callback_secret} - {""}), policy, read_links(self._source, content), schedules,
            self._section("http", content, HttpConfig()), self._section("slack", content, SlackConfig()), webhooks, api, callback_secret,
            monitors, wants, {name: draft.layers[-1].folder for name, draft in _whole(drafts).items()},
            read_digests(self._source, self._items("digests", content), drafts, monitors, channels),
        )

    def _tools(self, content: dict[str, Any], drafts: Mapping[str, Draft | None], environ: Mapping[str, str]) -> ToolReader:
        """The tools, with the decisions that agents bring along."""
        tools = ToolReader(self._source, environ, self._folder)
        tools.read(self._items("tools", content))
        for draft in _whole(drafts).values():
            for name, decision in decisions_of(draft).items():
                tools.bring(name, decision, *draft.place("decisions"))
        return tools

    def _top_level(self) -> dict[str, Any]:
        content = self._source.content
        if not isinstance(content, dict):
            self._source.wrong((), f"has to be a mapping with {', '.join(SECTIONS)}; `countersign sandbox` runs with a complete example")
            return {}
        for key in content:
            if key not in SECTIONS:
                self._source.wrong((key,), f"there is no such section{nearest(key, SECTIONS)}")
        for key in ("models", "agents"):
            if not content.get(key):
                self._source.wrong((key,), "is missing")
        return content

    def _named(self, section: str, content: dict[str, Any], adapter: TypeAdapter[Shaped]) -> dict[str, Shaped | None]:
        """The entries of a section that is a mapping, None for those with mistakes."""
        entries = content.get(section)
        if entries is None:
            return {}
        if not isinstance(entries, dict):
            self._source.wrong((section,), "has to be a mapping of names")
            return {}
        names: TypeAdapter[str] = TypeAdapter(Channel if section == "channels" else Name)
        for name in entries:
            checked(names, name, self._source, (section, name))
        return {name: checked(adapter, value, self._source, (section, name)) for name, value in entries.items()}

    def _section(self, section: str, content: dict[str, Any], usual: Shaped) -> Shaped:
        """A section that is one shape; what it leaves out is as usual."""
        written = content.get(section)
        return usual if written is None else checked(TypeAdapter(type(usual)), written, self._source, (section,)) or usual

    def _items(self, section: str, content: dict[str, Any], source: Source | None = None) -> list[Any]:
        items = content.get(section)
        if items is not None and not isinstance(items, list):
            (source or self._source).wrong((section,), "has to be a list, each item with a dash")
        return items if isinstance(items, list) else []

    def _rules(self) -> list[Any]:
        content = self._policy.content
        if self._policy is not self._source and not (isinstance(content, dict) and "policy" in content):
            self._policy.wrong((), "has no section policy")
        return self._items("policy", content if isinstance(content, dict) else {}, self._policy)

    def _agents(self, content: dict[str, Any]) -> dict[str, Draft | None]:
        """The agents by their names; those with mistakes too, as far as they have one."""
        drafts: dict[str, Draft | None] = {}
        for number, item in enumerate(self._items("agents", content)):
            draft = self.agents.read(number, item)
            named = item.get("name") or item.get("use") if isinstance(item, dict) else None
            name = draft.name if draft else named
            if isinstance(name, str):
                self._once(name, drafts, ("agents", number))
                drafts[name] = draft
        return drafts

    def _once(self, name: str, known: Mapping[str, object], where: tuple[str | int, ...]) -> None:
        if name in known:
            self._source.wrong(where, f"there are two by the name {name}; each name may stand once")


def _whole(entries: Mapping[str, Shaped | None]) -> dict[str, Shaped]:
    return {name: entry for name, entry in entries.items() if entry is not None}
