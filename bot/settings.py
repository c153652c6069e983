"""Secrets and addresses, read once from the environment. Everything else is in the configuration file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import unquote

from agents.core.errors import ConfigError

SENSITIVE = re.compile(r"(?i)token|secret|passw|_key$|^key|credential|dsn$")
"""Names of variables whose values are secrets wherever they stand."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. Secrets never show in its repr; an empty string means that the variable is not set."""

    slack_bot_token: str = field(default="", repr=False)
    """`SLACK_BOT_TOKEN`: what the bot speaks with, `xoxb-…`."""
    slack_app_token: str = field(default="", repr=False)
    """`SLACK_APP_TOKEN`: what Socket Mode is opened with, `xapp-…`."""
    slack_signing_secret: str = field(default="", repr=False)
    """`SLACK_SIGNING_SECRET`: what Slack signs its HTTP requests with; Socket Mode does without."""
    slack_api_url: str = "https://slack.com/api/"
    """`SLACK_API_URL`: where the Web API is, with a slash at its end."""
    anthropic_api_key: str = field(default="", repr=False)
    """`ANTHROPIC_API_KEY`: the key of every model that names no other."""
    anthropic_base_url: str = "https://api.anthropic.com"
    """`ANTHROPIC_BASE_URL`: where every model is that names no other address."""
    database_url: str = "sqlite:///countersign.db"
    """`DATABASE_URL`: the journal. `sqlite:///` and a path; four slashes begin an absolute one. Its password shows in no repr."""
    config: Path = Path("countersign.yaml")
    """`COUNTERSIGN_CONFIG`: the configuration file."""
    http: str = "127.0.0.1:8080"
    """`COUNTERSIGN_HTTP`: where webhooks, the API and health are served: a host and a port, of which 0 takes a free one."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The environment itself, for the secrets that the configuration names: they are looked up when a tool needs them."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in this environment; what is unset or blank has its default. Raises ConfigError."""
        given = {name: value for name, key in variables().items() if (value := environ.get(key, "").strip())}
        wrong = [f"{variable(name)}: {given[name]!r} is no http or https address" for name in given if _is_no_address(name, given[name])]
        if (url := given.get("database_url")) and sqlite_path(url) is None:
            wrong.append(f"DATABASE_URL: {re.sub(r'//.*@', '//…@', url)!r} is not supported; write sqlite:///path/of/the/file.db")
        if (address := given.get("http")) and not re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}", address, re.ASCII):
            wrong.append(f"COUNTERSIGN_HTTP: {address!r} is no host and port; write 127.0.0.1:8080")
        if wrong:
            raise ConfigError("\n".join(wrong))
        config = Path(given.pop("config", "countersign.yaml"))
        if "slack_api_url" in given:
            given["slack_api_url"] = given["slack_api_url"].rstrip("/") + "/"
        return cls(**given, config=config, environ=environ)

    @property
    def http_address(self) -> tuple[str, int]:
        """The host and the port of the HTTP server."""
        host, _, port = self.http.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def database_file(self) -> Path:
        """Where the journal lies."""
        path = sqlite_path(self.database_url)
        if path is None:
            raise ConfigError(f"DATABASE_URL: {self.database_url!r} is not a SQLite file.")
        return path

    @property
    def control_socket(self) -> Path:
        """Where a running bot takes requests from the terminal: beside the database."""
        return self.database_file.with_name(self.database_file.name + ".sock")

    def secret(self, name: str) -> str:
        """The value of an environment variable, for whoever sends it now; empty where it is not set."""
        return self.environ.get(name, "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written anywhere: the passwords in addresses too."""
        values = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret, self.anthropic_api_key)
        addresses = (self.database_url, self.slack_api_url, self.anthropic_base_url)
        return tuple(value for value in (*values, *(part for url in addresses for part in passwords_in(url))) if value)


def variables() -> dict[str, str]:
    """The environment variable of each setting."""
    return {one.name: variable(one.name) for one in fields(Settings) if one.name != "environ"}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"COUNTERSIGN_{name.upper()}" if name in ("config", "http") else name.upper()


def held_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What is secret in an environment: by the names of its variables, and the passwords in its addresses."""
    named = tuple(value for name, value in environ.items() if SENSITIVE.search(name))
    return (*named, *(part for value in environ.values() for part in passwords_in(value)))


def passwords_in(address: str) -> tuple[str, ...]:
    """The password that an address holds, as it is written there and as it is meant; nothing for what is no address."""
    found = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*?:([^/?#]*)@", address)
    return tuple(dict.fromkeys((found[1], unquote(found[1])))) if found else ()


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///path` address; None for any other, and for one without a path."""
    path = url.removeprefix("sqlite:///")
    return Path(path) if path != url and path and path != ":memory:" else None


def _is_no_address(name: str, value: str) -> bool:
    return name.endswith(("_api_url", "_base_url")) and not re.match(r"https?://[^/\s]+", value)
