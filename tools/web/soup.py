"""HTML as a tree that is never deep. Only this and the page that is made of it import Beautiful Soup."""

from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup, Tag

DEEPEST = 120
"""Elements inside one another; of deeper ones only the text stays. The time that a tree takes grows with the square of its depth."""

MOST = 25_000
"""Elements of a page; of what follows only the text stays."""

INLINE = frozenset(["a", "abbr", "b", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "small", "span", "strong", "sub", "sup"])

CLOSES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(["li"]), frozenset(["ul", "ol"])),
    "dt": (frozenset(["dt", "dd"]), frozenset(["dl"])),
    "dd": (frozenset(["dt", "dd"]), frozenset(["dl"])),
    "td": (frozenset(["td", "th"]), frozenset(["tr", "table"])),
    "th": (frozenset(["td", "th"]), frozenset(["tr", "table"])),
    "tr": (frozenset(["tr"]), frozenset(["table"])),
}
"""What an element's beginning ends by the rules of HTML, as far as the second set's elements."""

ENDS_P = frozenset([
    "address", "article", "aside", "blockquote", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "ul",
])
"""Elements whose beginning ends a paragraph."""


class Soup(BeautifulSoup):
    """Beautiful Soup with Python's own parser, which by itself takes what was not ended for the parent of all that follows."""

    begun = 0
    """Elements so far."""

    def handle_starttag(self, name: str, *arguments: Any, **more: Any) -> Tag | None:
        """An element begins."""
        if name in ENDS_P:
            self._end(frozenset(["p"]), None)
        if name in CLOSES:
            self._end(*CLOSES[name])
        self.begun += 1
        if len(self.tagStack) > DEEPEST or self.begun > MOST:
            return None
        return super().handle_starttag(name, *arguments, **more)

    def _end(self, ended: frozenset[str], within: frozenset[str] | None) -> None:
        """End the nearest of these elements, unless something else is between."""
        for tag in reversed(self.tagStack):
            if tag.name in ended:
                self.endData()
                self._popToTag(tag.name)
                return
            if tag.name in within if within else tag.name not in INLINE:
                return
