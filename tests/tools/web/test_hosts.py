"""Which addresses are on a list of hosts."""

import pytest
from pydantic import TypeAdapter, ValidationError

from tools.web.hosts import HostPattern, Hosts, written

HOSTS = Hosts(("docs.example.org", "*.wiki.example", "local.example:8443"))


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.example.org",
        "http://docs.example.org:80/x?y=z",
        "https://DOCS.example.org/",
        "https://docs.example.org:443/",
        "https://docs.example.org./",
        "https://a.wiki.example/",
        "https://a.b.wiki.example/x",
        "https://local.example:8443/",
    ],
)
def test_these_are(url: str) -> None:
    assert HOSTS.wrong(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://evil-docs.example.org/",
        "https://docs.example.org.evil.example/",
        "https://docs.example.org:8080/",
        "http://docs.example.org:443/",
        "https://wiki.example/",
        "https://xwiki.example/",
        "https://.wiki.example/x@evil",
        "https://user@docs.example.org/",
        "https://docs.example.org@evil.example/",
        "https://docs.example.org\\@evil.example/",
        "https://evil.example\\.docs.example.org",
        "https://evil.example#.wiki.example/",
        "https://evil.example?.wiki.example",
        "https://docs.example.org:80@evil.example/",
        "ftp://docs.example.org/",
        "file:///etc/passwd",
        "//docs.example.org/",
        "docs.example.org",
        "https://docs.example.org\t.evil.example/",
        "https://docs.example.org\n/",
        "https:/docs.example.org/",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://local.example/",
        "https://docs。example。org/",
        "https://docs.example.org%2eevil.example/",
        "",
    ],
)
def test_these_are_not(url: str) -> None:
    assert HOSTS.wrong(url)
    assert url.startswith("https://evil.example#") or HOSTS.wrong(written(url)) or not url.isascii() or "\n" in url or "\t" in url


def test_addresses_are_written_as_they_are_sent() -> None:
    assert written(" https://docs.example.org/größe a?b=c%20d#part ") == "https://docs.example.org/gr%C3%B6%C3%9Fe%20a?b=c%20d"


@pytest.mark.parametrize(
    "listed", ["*", "*.", "https://a.example", "a.example/x", "a..example", "-a.example", "a.*.example", "**.example", "", "a b"]
)
def test_what_is_no_host_is_refused(listed: str) -> None:
    with pytest.raises(ValidationError, match="must be a host"):
        TypeAdapter(HostPattern).validate_python(listed)
