"""A web page as readable text."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PreformattedString

from tools.web.apart import Page
from tools.web.soup import Soup

DEEPEST = 130
"""Elements inside one another that keep their form; what is deeper is told as plain text."""

DROPPED = frozenset(
    ["title", "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "canvas", "form", "button", "select", "dialog"]
)
"""Elements of which nothing is told."""

AROUND = ["nav", "footer", "aside", "header"]
"""Elements that are left out where the page does not say what its main part is."""

SHORTEST = 200
"""Characters of a page's main part; with fewer, all of the page is told."""

BLOCKS = frozenset([
    "address", "article", "aside", "body", "caption", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "header", "hgroup", "main", "nav", "p", "section", "summary", "table", "tbody", "tfoot", "thead",
])
"""Elements that begin on a line of their own."""

INNER = 10
"""How many levels a list or a quotation inside another counts for."""

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)


def page_of(body: bytes, charset: str, url: str) -> Page:
    """Read HTML. What a browser would not show is left out. A hostile page may take for ever: see `tools/web/apart.py`."""
    soup = Soup(_decoded(body, charset), "html.parser")
    said = _metas(soup)
    title, canonical, date = _title(soup, said), _canonical(soup, said, url), _date(soup, said)
    for tag in [tag for tag in soup.descendants if isinstance(tag, Tag) and (tag.name in DROPPED or _is_hidden(tag))]:
        if not tag.decomposed:
            tag.decompose()
    base = soup.find("base", href=True)
    at = _joined(url, str(base["href"])) if isinstance(base, Tag) else url
    return Page(title, _tidy("".join(_told(_main(soup), at, 0))), canonical, date)


def _decoded(body: bytes, charset: str) -> str:
    """By the header's charset, a byte order mark, the page's own word, UTF-8 or Windows-1252, whichever fits first."""
    return "<!-- -->" + re.sub(r"^\s*<\?xml[^>]*\?>", "", _read(body, charset))


def _read(body: bytes, charset: str) -> str:
    rest, marked = EncodingDetector.strip_byte_order_mark(body)
    for one in (charset, marked, EncodingDetector.find_declared_encoding(body, is_html=True), "utf-8"):
        with suppress(LookupError, UnicodeDecodeError):
            if one:
                return rest.decode(one)
    return rest.decode("windows-1252", "replace")


def _metas(soup: BeautifulSoup) -> dict[str, str]:
    """What the page says of itself, by lower-case name; the first of each counts."""
    said: dict[str, str] = {}
    for tag in soup.find_all("meta", content=True):
        name = str(tag.get("property") or tag.get("name") or tag.get("http-equiv") or "").lower()
        said.setdefault(name, str(tag["content"]).strip())
    return said


def _title(soup: BeautifulSoup, said: Mapping[str, str]) -> str:
    named = soup.title.get_text() if soup.title else ""
    return " ".join((named or said.get("og:title", "")).split())[:300]


def _canonical(soup: BeautifulSoup, said: Mapping[str, str], url: str) -> str:
    link = soup.find("link", rel="canonical", href=True)
    found = _joined(url, str(link["href"])) if isinstance(link, Tag) else said.get("og:url", "")
    return found[:1_000] if found.startswith(("http://", "https://")) else ""


def _date(soup: BeautifulSoup, said: Mapping[str, str]) -> str:
    names = ("article:modified_time", "article:published_time", "last-modified", "date", "dc.date", "dcterms.modified")
    time = soup.find("time", datetime=True)
    found = next((said[name] for name in names if said.get(name)), str(time["datetime"]) if isinstance(time, Tag) else "")
    return found[:60]


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target.strip())
    except ValueError:
        return ""


def _is_hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or tag.get("aria-hidden") == "true" or bool(_HIDDEN.search(str(tag.get("style") or "")))


def _main(soup: BeautifulSoup) -> Tag:
    """The page's main part."""
    for found in (soup.find("main"), soup.find(True, attrs={"role": "main"}), *soup.find_all("article", limit=2)[:1]):
        if isinstance(found, Tag) and len(found.get_text()) >= SHORTEST:
            return found
    body = soup.body or soup
    inner = [tag for tag in body.find_all(AROUND) if tag.name != "header" or tag.find_parent(["article", "section"]) is None]
    if len(body.get_text()) - sum(len(tag.get_text()) for tag in inner if tag.find_parent(AROUND) is None) >= SHORTEST:
        for tag in inner:
            if not tag.decomposed:
                tag.decompose()
    return body


def _told(tag: Tag, url: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        yield f" {tag.get_text(' ')} "
        return
    for node in tag.children:
        if isinstance(node, Tag):
            yield from _element(node, url, depth)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield re.sub(r"\s+", " ", node)


def _element(tag: Tag, url: str, depth: int) -> Iterator[str]:
    name = tag.name
    if name in ("br", "hr", "img", "input"):
        yield {"br": "\n", "hr": "\n\n---\n\n", "img": _image(tag)}.get(name, "")
    elif name == "pre":
        yield f"\n\n```\n{tag.get_text().strip(chr(10))}\n```\n\n"
    elif name in ("ul", "ol"):
        yield _listed(tag, url, depth)
    elif name == "tr":
        cells = ("".join(_told(cell, url, depth + 2)) for cell in tag.find_all(["td", "th"], recursive=False))
        yield "\n" + " | ".join(" ".join(cell.split()) for cell in cells) + "\n"
    else:
        yield _wrapped(tag, "".join(_told(tag, url, depth + (INNER if name == "blockquote" else 1))), url)


def _wrapped(tag: Tag, inside: str, url: str) -> str:
    name = tag.name
    words = " ".join(inside.split())
    if re.fullmatch(r"h[1-6]", name):
        return f"\n\n{'#' * int(name[1])} {words}\n\n" if words else ""
    if name == "a":
        return _link(tag, words, inside, url)
    if name in ("code", "kbd", "samp") and words:
        return f"`{words}`"
    if name == "blockquote":
        return "\n\n" + "\n".join(f"> {line}" for line in _tidy(inside).splitlines()) + "\n\n"
    if name in ("b", "strong") and words:
        return f"**{words}**" + (" " if inside.endswith(" ") else "")
    return f"\n\n{inside}\n\n" if name in BLOCKS else inside


def _link(tag: Tag, words: str, inside: str, url: str) -> str:
    target = str(tag.get("href") or "").strip()
    if not words or not target or target.startswith("#"):
        return inside
    target = _joined(url, target)
    return f"[{words}]({target[:1_000]})" if target.startswith(("http://", "https://")) else inside


def _image(tag: Tag) -> str:
    words = " ".join(str(tag.get("alt") or "").split())
    return f"[image: {words[:300]}]" if words else ""


def _listed(tag: Tag, url: str, depth: int) -> str:
    start, lines = str(tag.get("start")), []
    first = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
    for number, item in enumerate(tag.find_all("li", recursive=False), first):
        sign = "- " if tag.name == "ul" else f"{number}. "
        text = re.sub(r"\n{2,}", "\n", _tidy("".join(_told(item, url, depth + INNER))))
        lines.append(sign + text.replace("\n", "\n" + " " * len(sign)))
    return "\n\n" + "\n".join(lines) + "\n\n"


def _tidy(text: str) -> str:
    """Without spaces at the ends of lines and more than one empty line; what is fenced, and how far a line is indented, stays."""
    pieces = re.split(r"(^```\n.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n{3,}", "\n\n", "".join(piece if number % 2 else _loose(piece) for number, piece in enumerate(pieces))).strip()


def _loose(text: str) -> str:
    """Each pattern begins where a run of spaces does, so that a page of spaces takes no longer than another."""
    for pattern, instead in ((r"(?<![^\S\n])[^\S\n]+\n", "\n"), (r"\n (?=\S)", "\n"), (r"(?<=\S)[^\S\n]{2,}", " "), (r"\n{3,}", "\n\n")):
        text = re.sub(pattern, instead, text)
    return text
