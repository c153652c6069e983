"""Which pages may be read: those of the hosts on a list."""

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator

_HOST = r"(?=.{1,253}(?::|$))(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LISTED = re.compile(rf"(?:\*\.)?{_HOST}(?::[0-9]{{1,5}})?")
_URL = re.compile(r"(https?)://([A-Za-z0-9][A-Za-z0-9.-]*)(?::([0-9]{1,5}))?((?:[/?][!-~]*)?)")

USUAL = {"http": 80, "https": 443}
"""Ports by scheme."""


def _listed(text: str) -> str:
    if not _LISTED.fullmatch(text.lower()):
        raise ValueError("must be a host such as docs.example.org, *.example.org or docs.example.org:8443, without scheme and path")
    return text.lower()


HostPattern = Annotated[str, AfterValidator(_listed)]
"""A host, at the usual port of its scheme; `*.host` for all below it, without itself; `host:port` for another port."""


class Hosts:
    """A list of hosts."""

    def __init__(self, listed: Sequence[str]) -> None:
        self.listed = tuple(listed)

    def wrong(self, url: str) -> str | None:
        """Why this page may not be read; None where it may. Pure."""
        found = _URL.fullmatch(url)
        if not found:
            return "`url` must be an http or https address with a plain host, without user, password or characters that need encoding."
        scheme, host, port = found[1], found[2].lower().rstrip("."), int(found[3] or USUAL[found[1]])
        if self._holds(scheme, host, port):
            return None
        return f"{host[:100]} is not on this tool's list of hosts. There are: {', '.join(self.listed) or 'none'}."

    def _holds(self, scheme: str, host: str, port: int) -> bool:
        for one in self.listed:
            name, _, wanted = one.partition(":")
            if port != int(wanted or USUAL[scheme]):
                continue
            if host == name or (name.startswith("*.") and host.endswith(name[1:])):
                return True
        return False


def written(url: str) -> str:
    """The address as it is sent: without a fragment, and what is no ASCII in path and query encoded."""
    return quote(url.strip().partition("#")[0], safe="!\"#$%&'()*+,/:;<=>?@[\\]^_`{|}~")


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
