"""Fetching a page of an allowed host, and telling a part of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

from agents.ports import Done, Failed
from tools.asking import retried, transient
from tools.net import NotSent, Request, Response
from tools.operation import Arguments, Use
from tools.source import SourceContext
from tools.web.apart import Page, page_of
from tools.web.hosts import Hosts, origin, written
from tools.web.robots import LARGEST, Rule, allows, rules_in

LARGEST_PAGE = 1_500_000
"""Bytes of a page that are read."""

TIMEOUT = 15.0
"""Seconds for one request, its retries included."""

MAX_REDIRECTS = 5
"""Redirects that are followed, from allowed host to allowed host."""

PART = 12_000
"""Characters of a page that are told at once."""

KEPT = timedelta(hours=1)
"""How long a host's robots.txt is taken for its present one; RFC 9309 allows a day."""

MOST_KEPT = 200
"""Hosts whose robots.txt is kept."""

HTML = ("text/html", "application/xhtml+xml")
TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript")
NAMES = {"application/pdf": "a PDF", "image/": "an image", "audio/": "sound", "video/": "a film", "application/zip": "an archive"}
"""What is refused, by the beginning of its content type."""

@dataclass(frozen=True, slots=True)
class _Robots:
    rules: tuple[Rule, ...] | None
    """None: the host could not be asked, so nothing of it may be read (RFC 9309, 2.3.1.4)."""
    until: datetime


class Reader:
    """Reads pages."""

    def __init__(self, hosts: Sequence[str], context: SourceContext) -> None:
        self.hosts = Hosts(hosts)
        self._net = context.net
        self._clock = context.clock
        self._robots: dict[str, _Robots] = {}

    def invalid(self, arguments: Arguments) -> str | None:
        """Whether the page's host is on the list."""
        return self.hosts.wrong(written(arguments["url"]))

    async def read(self, arguments: Arguments, use: Use) -> Done | Failed:
        """A page, or a part of it."""
        found = await self._fetched(written(arguments["url"]))
        if isinstance(found, Failed):
            return found
        page = await self._understood(found)
        if isinstance(page, Failed):
            return page
        parts = parts_of(page.text)
        number = int(arguments["part"])
        if number > len(parts):
            return Failed(f"The page has {len(parts)} part{'s'[: len(parts) != 1]}; there is no part {number}.")
        head = {
            "title": page.title, "url": found.url, "canonical": page.canonical if page.canonical != found.url else "",
            "date": page.date or found.headers.get("last-modified", "")[:60], "part": f"{number} of {len(parts)}",
            "note": "the page is longer than what was read" if found.cut else "",
        }
        lines = [f"{name}: {' '.join(value.split())}" for name, value in head.items() if value]
        return Done("\n".join(lines) + "\n\n" + parts[number - 1], taints=True)

    async def _fetched(self, url: str) -> Response | Failed:
        """The answer to this address or to where it redirects. Each address is checked before anything is sent to it."""
        for hop in range(MAX_REDIRECTS + 1):
            if wrong := self.hosts.wrong(url):
                return Failed("The page redirects to an address that this tool may not read." if hop else wrong)
            if not await self._permitted(url):
                return Failed("The host's robots.txt does not let this program read the page, or could not be read.")
            answer = await self._asked(url)
            if not isinstance(answer, Response):
                return Failed(f"The page could not be read: {answer}.")
            if answer.url != url and not await self._permitted(answer.url):
                return Failed("The page redirects to one that the host's robots.txt does not let this program read.")
            if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
                return _good(answer)
            try:
                url = written(urljoin(answer.url or url, answer.headers["location"]))
            except ValueError:
                return Failed("The page redirects to what is no address.")
        return Failed(f"The page redirects more than {MAX_REDIRECTS} times.")

    async def _asked(self, url: str, most: int = LARGEST_PAGE) -> Response | str:
        accept = ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5")
        request = Request("GET", url, True, (accept,), timeout=TIMEOUT, max_bytes=most, public=True)
        answer = await retried(self._net, request, again=lambda came: not isinstance(came, NotSent) and transient(came))
        if not isinstance(answer, Response):
            return answer.why
        return replace(answer, url=answer.url or url)

    async def _permitted(self, url: str) -> bool:
        at = origin(url)
        known = self._robots.get(at)
        if known is None or known.until <= self._clock():
            known = _Robots(await self._rules(at), self._clock() + KEPT)
            while len(self._robots) >= MOST_KEPT:
                del self._robots[next(iter(self._robots))]
            self._robots[at] = known
        return known.rules is not None and allows(known.rules, url)

    async def _rules(self, at: str) -> tuple[Rule, ...] | None:
        """RFC 9309, 2.3.1: a host without a robots.txt allows all, one that cannot be asked nothing."""
        answer = await self._asked(f"{at}/robots.txt", LARGEST)
        if not isinstance(answer, Response) or answer.status >= 500 or answer.status == 429:
            return None
        return rules_in(answer.body.decode("utf-8", "replace")) if answer.status == 200 else ()

    async def _understood(self, answer: Response) -> Page | Failed:
        kind, _, parameters = answer.headers.get("content-type", "").lower().partition(";")
        kind = kind.strip()
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            return Failed("The page came compressed, which was not asked for; it cannot be read.")
        if kind and not kind.startswith((*HTML, *TEXTS)) and not kind.endswith(("+json", "+xml")):
            what = next((name for beginning, name in NAMES.items() if kind.startswith(beginning)), "no text")
            return Failed(f"What is at this address is {what}, and cannot be read here.")
        if answer.body.startswith(b"%PDF") or (b"\0" in answer.body[:4_000] and not answer.body.startswith((b"\xff\xfe", b"\xfe\xff"))):
            return Failed("What is at this address is no text, and cannot be read here.")
        named = re.search(r"charset\s*=\s*[\"']?([a-z0-9._:-]{1,40})", parameters)
        charset = named[1] if named else ""
        looks = answer.body[:1_000].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        if kind.startswith(HTML) or (not kind and looks):
            page = await page_of(answer.body, charset, answer.url)
            return page or Failed("The page is too tangled to be read.")
        return _plain(answer.body, charset)


def _plain(body: bytes, charset: str) -> Page:
    for one in (charset or "utf-8", "utf-8"):
        try:
            return Page("", body.decode(one).strip())
        except (LookupError, ValueError):
            continue
    return Page("", body.decode("windows-1252", "replace").strip())


def _good(answer: Response) -> Response | Failed:
    """What the page says where it is no success is left out: outsiders wrote it."""
    if 200 <= answer.status < 300:
        return answer
    return Failed({
        401: "The page asks for a login.", 403: "The host refuses to show the page.", 404: "There is no such page.",
        410: "The page is gone.", 429: "The host limits how fast it may be asked. Try again later.",
    }.get(answer.status, f"The host answered {answer.status}."))


def parts_of(text: str) -> Sequence[str]:
    """The text in parts, each ending with a line where that is possible."""
    parts = []
    while len(text) > PART:
        end = max(text.rfind("\n\n", PART // 2, PART), text.rfind("\n", PART * 3 // 4, PART))
        end = end if end > 0 else PART
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip("\n")
    return [*parts, text] if text or not parts else parts
