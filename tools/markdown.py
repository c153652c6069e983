"""A page of Markdown as its sections. The only module that knows the library which reads Markdown."""

import re
from dataclasses import dataclass
from itertools import pairwise

FRONT_MATTER = 200
"""Lines that the block at the head of a page may have."""

_TITLE = re.compile(r"^title:\s*(?P<quote>[\"']?)(?P<title>.+?)(?P=quote)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it, up to the next heading."""

    trail: tuple[str, ...]
    """The headings above it, and its own."""
    level: int
    """1 to 6; 0 for what stands before the first heading."""
    line: int
    """Where it begins, from 1."""
    end: int
    """The line behind its last one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page."""

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    """In their order; together they are the page."""

    def text(self, line: int, end: int) -> str:
        """The lines from this one to before that one."""
        return "\n".join(self.lines[line - 1 : end - 1]).strip("\n")

    def whole(self, section: Section) -> int:
        """The line behind a section and all that is below it."""
        later = self.sections[self.sections.index(section) + 1 :]
        if section.level == 0:
            return section.end
        return next((one.line for one in later if one.level <= section.level), len(self.lines) + 1)


def page_of(text: str, name: str) -> Page:
    """The page with this text. `name` is its title where it gives itself none."""
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff").replace("\0", "\N{REPLACEMENT CHARACTER}"))
    behind = _front_matter(lines)
    given = _TITLE.search("\n".join(lines[:behind]))
    headings = _headings("\n".join(["" if number < behind else line for number, line in enumerate(lines)]))
    title = given["title"] if given else headings[0][2] if headings else name
    sections = []
    begins = [line for line, _, _ in headings] + [len(lines) + 1]
    if any(line.strip() for line in lines[: begins[0] - 1]):
        sections.append(Section((title,), 0, 1, begins[0]))
    above: list[tuple[int, str]] = []
    for (line, level, heading), end in zip(headings, begins[1:], strict=True):
        above = [*((other, words) for other, words in above if other < level), (level, heading)]
        sections.append(Section(tuple(words for _, words in above), level, line, end))
    return Page(title, tuple(lines), tuple(sections))


def _front_matter(lines: list[str]) -> int:
    """How many lines the block of settings at the head takes; 0 where there is none."""
    if lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:FRONT_MATTER], 2):
        if line.rstrip() in ("---", "..."):
            return number
    return 0


def _headings(text: str) -> list[tuple[int, int, str]]:
    """Line, level and words of each heading that stands on its own: none in a quote, a list or a block of code."""
    from markdown_it import MarkdownIt  # only who has runbooks waits for it

    tokens = MarkdownIt("commonmark").parse(text)
    found = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            words = "".join(part.content or " " for part in inline.children or ())
            found.append((opening.map[0] + 1, int(opening.tag[1:]), " ".join(words.split()) or "(no words)"))
    return found
