"""Runbooks: a folder of Markdown that people keep, searched and read by heading. Changes are seen without a restart."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from agents.ports import Done, Failed
from tools.argument import Argument, Part
from tools.markdown import Page, Section
from tools.operation import Arguments, Operation, Use
from tools.runbook_index import LARGEST, RunbookIndex
from tools.source import Entry, Pack, SourceContext

log = logging.getLogger(__name__)

READ = 18_000
"""Characters of what is read at once; of a longer page its headings are told."""

LISTED = 300
"""Lines of a list."""

Found = TypeVar("Found")


class RunbooksConfig(Part):
    """Where they are."""

    folder: str = Field(min_length=1)
    """A folder of Markdown, seen from the configuration's own. It may be a clone that something else keeps up to date."""


class RunbooksEntry(Entry):
    """`{name: runbooks, runbooks: {folder: docs/runbooks}}`."""

    runbooks: RunbooksConfig


@dataclass(frozen=True, slots=True)
class Runbooks:
    """A folder, and its index."""

    folder: Path
    index: RunbookIndex

    async def look(self, work: Callable[[RunbookIndex], Found]) -> Found | Failed:
        """What the work finds in the folder as it is now."""
        try:
            return await asyncio.to_thread(work, self.index)
        except OSError as error:
            return Failed(f"The folder of the runbooks, {self.folder}, cannot be read: {error.strerror or error}. Tell an operator.")


@asynccontextmanager
async def _connect(entry: RunbooksEntry, context: SourceContext) -> AsyncIterator[Runbooks]:
    folder = context.folder / entry.runbooks.folder
    if not await asyncio.to_thread(folder.is_dir):
        log.warning("tools: %s: there is no folder %s. Create it, or name another one; each call says so until then.", entry.name, folder)
    index = RunbookIndex(folder)
    try:
        yield Runbooks(folder, index)
    finally:
        index.close()


async def _search(runbooks: Runbooks, arguments: Arguments, use: Use) -> Done | Failed:
    found = await runbooks.look(lambda index: index.search(arguments["words"], arguments["limit"]))
    if isinstance(found, Failed):
        return found
    lines = [f"{hit.path}:{hit.section.line} > {' > '.join(hit.section.trail)}\n  {hit.snippet}" for hit in found]
    return Done("\n".join(lines) or "No runbook has any of these words. The operation `list` shows which pages there are.")


async def _read(runbooks: Runbooks, arguments: Arguments, use: Use) -> Done | Failed:
    found = await runbooks.look(lambda index: index.pages())
    if isinstance(found, Failed):
        return found
    pages, cut, _ = found
    path = arguments["page"].strip().removeprefix("./")
    path, _, line = (path, "", "") if path in pages else path.partition(":")
    page = pages.get(path)
    if page is None:
        return Failed(_no_page(path, pages))
    wanted = arguments["section"].strip()
    if wanted or line.strip():
        section = _named(page, wanted) if wanted else _at(page, line.strip())
        if section is None:
            return Failed(f"{path} has no such section. It has:\n{_outline(path, page)}")
        return Done(_told(path, page, section))
    text = page.text(1, len(page.lines) + 1)
    more = f"\n… only its first {LARGEST:,} bytes are read" if path in cut else ""
    if len(text) > READ:
        return Done(f"{path} has {len(text):,} characters. Read one of its sections:\n{_outline(path, page)}{more}")
    return Done(f"{path}:1 > {page.title}\n\n{text}{more}")


async def _list(runbooks: Runbooks, arguments: Arguments, use: Use) -> Done | Failed:
    found = await runbooks.look(lambda index: index.pages())
    if isinstance(found, Failed):
        return found
    pages, cut, left_out = found
    under = arguments["under"].strip().strip("/")
    chosen = [path for path in pages if not under or path == under or path.startswith(f"{under}/")]
    lines = [f"{path} > {pages[path].title}{' (too large: not read to its end)' if path in cut else ''}" for path in chosen[:LISTED]]
    if len(chosen) > LISTED:
        lines.append(f"… {len(chosen) - LISTED:,} more; name a folder to see those in it")
    if left_out:
        lines.append(f"… {left_out:,} more files are not read at all: there are too many")
    return Done("\n".join(lines) or "There are no pages here.")


def _told(path: str, page: Page, section: Section) -> str:
    end = page.whole(section)
    text = page.text(section.line, end)
    if len(text) > READ:  # then itself, without what is below it
        text = page.text(section.line, section.end)
    return f"{path}:{section.line} > {' > '.join(section.trail)}\n\n{text}"


def _named(page: Page, wanted: str) -> Section | None:
    """The section with this heading, or with these headings above it and its own."""
    parts = [" ".join(part.split()).casefold() for part in wanted.lstrip("# ").split(" > ")]
    for section in page.sections:
        trail = [part.casefold() for part in section.trail]
        if trail[-len(parts) :] == parts or trail == parts:
            return section
    return None


def _at(page: Page, line: str) -> Section | None:
    """The section that this line stands in."""
    number = int(line) if line.isascii() and line.isdecimal() and len(line) < 9 else 0
    return next((one for one in page.sections if one.line <= number < one.end), None)


def _outline(path: str, page: Page) -> str:
    lines = [f"{path}:{one.line} > {' > '.join(one.trail)}" for one in page.sections]
    more = [f"… {len(lines) - LISTED:,} more"] if len(lines) > LISTED else []
    return "\n".join((*lines[:LISTED], *more)) or "(nothing)"


def _no_page(path: str, pages: Mapping[str, Page]) -> str:
    near = get_close_matches(path, list(pages), n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "The operation `list` shows which pages there are."
    return f"There is no page {path[:200]}. {hint}"


RUNBOOKS = Pack("runbooks", RunbooksEntry, (
    Operation(
        "search", "Search our runbooks: the sections that fit best, each as path:line > headings, with a snippet.", _search,
        {
            "words": Argument(type="string", minLength=1, maxLength=300, description="words that the section may hold, in any form"),
            "limit": Argument(type="integer", default=8, minimum=1, maximum=30, description="at most so many sections"),
        },
    ),
    Operation(
        "read", "Read a page of our runbooks or one section of it. Cite what you use as path:line > headings.", _read,
        {
            "page": Argument(type="string", minLength=1, maxLength=500, description="its path; with :line the section at that line"),
            "section": Argument(
                type="string", default="", maxLength=500,
                description="a heading, such as Rollback or Payments > Rollback; empty for the whole page",
            ),
        },
    ),
    Operation(
        "list", "List the pages of our runbooks with their titles.", _list,
        {"under": Argument(type="string", default="", maxLength=500, description="only those in this folder")},
    ),
), _connect)
