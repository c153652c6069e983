"""The section `api:` of the configuration: where the ends of runs may be told, and how that is signed."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from bot.config_shape import Shape, Text, _like
from bot.config_source import Source

Host = Annotated[str, _like(r"(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", "host; write one such as hooks.example.com, or with :PORT")]

PREFIX = "whsec_"
"""What a signing secret begins with, as Standard Webhooks writes it; the rest is base64."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts on this machine, which may be told without TLS."""


class CallbackConfig(Shape):
    """Where the ends of runs may be told."""

    hosts: tuple[Host, ...] = Field(min_length=1)
    """The only hosts, each as it stands in the address."""


class ApiConfig(Shape):
    """The API."""

    callbacks: CallbackConfig | None = None
    """None where no address may be given."""
    callback_secret_env: Text | None = None
    """The environment variable that holds what callbacks are signed with, `whsec_` and base64 of 24 to 64 bytes."""

    def refuses(self, url: str) -> str | None:
        """Why the end of a run may not be told to this address; None where it may."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "it is no address"
        if self.callbacks is None:
            return "the configuration allows no callbacks; name their hosts under api: callbacks: hosts:"
        if parts.username is not None or parts.password is not None or parts.fragment:
            return "an address may hold neither a user nor a password nor a fragment"
        if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL):
            return "it has to begin with https://"
        shown = f"[{host}]" if ":" in host else host
        if not {shown, f"{shown}:{port}"} & set(self.callbacks.hosts):
            return f"{shown} is not among the hosts that the configuration allows"
        return None

    @property
    def hosts(self) -> frozenset[str]:
        """The names of the hosts, without ports."""
        written = self.callbacks.hosts if self.callbacks else ()
        return frozenset(urlsplit(f"//{host}").hostname or "" for host in written)


def check_api(source: Source, api: ApiConfig, environ: Mapping[str, str]) -> str:
    """The signing secret; empty where there is none. Where callbacks are allowed there has to be one."""
    name = api.callback_secret_env
    if name is None:
        if api.callbacks is not None:
            source.wrong(("api", "callback_secret_env"), "is missing: what is sent to callbacks has to be signed")
        return ""
    secret = environ.get(name, "")
    if not secret:
        source.wrong(("api", "callback_secret_env"), f"the environment has no {name}; set it to whsec_ and `openssl rand -base64 32`")
    elif key_of(secret) is None:
        source.wrong(("api", "callback_secret_env"), f"{name} has to be whsec_ and the base64 of 24 to 64 bytes")
    return secret


def key_of(secret: str) -> bytes | None:
    """The bytes that a signing secret stands for; None where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if secret.startswith(PREFIX) and 24 <= len(key) <= 64 else None
