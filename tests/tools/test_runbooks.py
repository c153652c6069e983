"""Runbooks: found and read by heading, as they are now, and never anything outside their folder."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.ports import Done, Failed
from tests.tools.sources import opened
from tools.markdown import page_of
from tools.runbook_index import LARGEST, RunbookIndex
from tools.toolbox import Toolbox

PAYMENTS = """\
---
title: "Payments: what to do"
owner: alice
---
Call the payments team first.

# Payments

## Rollback

Roll back with `deploy undo`. Tell #payments.

```sh
# not a heading
```

### Checks

> # not one either

See that the queue drains.

Refunds
-------
Never by hand.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two pages."""
    books = tmp_path / "docs" / "runbooks"
    (books / "search").mkdir(parents=True)
    (books / "payments.md").write_text(PAYMENTS, encoding="utf-8")
    (books / "search" / "lag.md").write_text("# Search lags\n\nRestart the indexers, then look at the queues.\n", encoding="utf-8")
    (books / "notes.txt").write_text("queue queue queue", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def toolbox(folder: Path) -> AsyncIterator[Toolbox]:
    async with opened({"name": "runbooks", "runbooks": {"folder": "docs/runbooks"}}, folder=folder) as box:
        yield box


async def call(toolbox: Toolbox, operation: str, **arguments: Any) -> Done | Failed:
    told = await toolbox.run(f"runbooks_{operation}", arguments, key="k")
    assert isinstance(told, Done | Failed)
    return told


async def test_what_fits_is_told_with_its_place(toolbox: Toolbox) -> None:
    assert (await call(toolbox, "search", words="rolling back")).text.startswith(
        "payments.md:9 > Payments > Rollback\n  ## Rollback Roll back with `deploy undo`. Tell #payments. ```sh # not a heading ```\n"
    )
    assert (await call(toolbox, "search", words="queues draining")).text.splitlines()[0::2] == [
        "payments.md:17 > Payments > Rollback > Checks", "search/lag.md:1 > Search lags"
    ]
    assert "alice" in (await call(toolbox, "search", words="owner")).text
    assert "No runbook has any of these words." in (await call(toolbox, "search", words="zebra")).text
    assert "No runbook has any of these words." in (await call(toolbox, "search", words='"*(')).text
    assert len((await call(toolbox, "search", words="queue", limit=1)).text.splitlines()) == 2


@pytest.mark.parametrize(("page", "section", "begins", "holds", "lacks"), [
    ("payments.md", "", "payments.md:1 > Payments: what to do\n\n---", "Never by hand.", None),
    ("payments.md", "Rollback", "payments.md:9 > Payments > Rollback\n\n## Rollback", "the queue drains.", "Never by hand."),
    ("./payments.md", "payments > ROLLBACK", "payments.md:9 > Payments > Rollback", "the queue drains.", "Never by hand."),
    ("payments.md", "## Checks", "payments.md:17 > Payments > Rollback > Checks", "the queue drains.", "deploy undo"),
    ("payments.md", "Refunds", "payments.md:23 > Payments > Refunds", "Never by hand.", "drains"),
    ("payments.md:24", "", "payments.md:23 > Payments > Refunds", "Never by hand.", "drains"),
    ("payments.md:2", "", "payments.md:1 > Payments: what to do", "Call the payments team first.", "Rollback"),
])
async def test_a_page_or_a_section_is_read(toolbox: Toolbox, page: str, section: str, begins: str, holds: str, lacks: str | None) -> None:
    told = await call(toolbox, "read", page=page, section=section)
    assert isinstance(told, Done)
    assert not told.taints
    assert told.text.startswith(begins)
    assert (holds in told.text, lacks is not None and lacks in told.text) == (True, False)


@pytest.mark.parametrize(("page", "section", "said"), [
    ("payment.md", "", "Did you mean payments.md?"), ("zebra", "", "There is no page zebra."),
    ("payments.md", "Nope", "payments.md:9 > Payments > Rollback"),
    ("payments.md:9999", "", "no such section"), ("payments.md:x", "", "no such section"), ("../../secret.md", "", "There is no page"),
    ("/etc/passwd", "", "There is no page"), ("notes.txt", "", "There is no page"), ("search", "", "There is no page"),
])
async def test_what_is_not_there_is_told(toolbox: Toolbox, page: str, section: str, said: str) -> None:
    told = await call(toolbox, "read", page=page, section=section)
    assert isinstance(told, Failed)
    assert said in told.text


async def test_pages_are_listed(toolbox: Toolbox) -> None:
    assert await call(toolbox, "list") == Done("payments.md > Payments: what to do\nsearch/lag.md > Search lags")
    assert await call(toolbox, "list", under="search/") == Done("search/lag.md > Search lags")
    assert await call(toolbox, "list", under="sea") == Done("There are no pages here.")


async def test_changes_are_seen_without_a_restart(toolbox: Toolbox, folder: Path) -> None:
    lag = folder / "docs" / "runbooks" / "search" / "lag.md"
    assert "Search lags" in (await call(toolbox, "search", words="indexers")).text
    lag.write_text("# Search lags\n\nRestart the zebras, then look at the queues.\n", encoding="utf-8")
    assert "zebras" in (await call(toolbox, "search", words="zebra")).text
    assert "No runbook" in (await call(toolbox, "search", words="indexers")).text
    (lag.parent / "new.md").write_text("Indexers again.", encoding="utf-8")
    assert (await call(toolbox, "search", words="indexers")).text.startswith("search/new.md:1 > new")
    lag.unlink()
    assert "No runbook" in (await call(toolbox, "search", words="zebra")).text
    assert isinstance(await call(toolbox, "read", page="search/lag.md"), Failed)


async def test_what_leads_out_of_the_folder_does_not_exist(toolbox: Toolbox, folder: Path) -> None:
    books = folder / "docs" / "runbooks"
    (folder / "secret.md").write_text("A zebra.", encoding="utf-8")
    (folder / "docs" / "runbooks-too").mkdir()
    (folder / "docs" / "runbooks-too" / "other.md").write_text("A zebra.", encoding="utf-8")
    (books / "link.md").symlink_to(folder / "secret.md")
    (books / "sibling.md").symlink_to(folder / "docs" / "runbooks-too" / "other.md")
    (books / "up").symlink_to(folder)
    (books / "loop").symlink_to(books)
    (books / "gone.md").symlink_to(folder / "nothing.md")
    (books / ".hidden.md").write_text("A zebra.", encoding="utf-8")
    (books / "within.md").symlink_to(books / "payments.md")
    os.mkfifo(books / "pipe.md")
    (books / "directory.md").mkdir()
    assert "No runbook" in (await call(toolbox, "search", words="zebra")).text
    assert [line.partition(" > ")[0] for line in (await call(toolbox, "list")).text.splitlines()] == [
        "payments.md", "search/lag.md", "within.md"
    ]


async def test_bad_bytes_survive_and_large_pages_are_bounded(toolbox: Toolbox, folder: Path) -> None:
    books = folder / "docs" / "runbooks"
    (books / "bad.md").write_bytes(b"\xef\xbb\xbf# Caf\xe9\r\n\r\nA zebra \xff\x00\x80.\r\n")
    assert "bad.md:1 > Caf\N{REPLACEMENT CHARACTER}" in (await call(toolbox, "search", words="zebra")).text
    (books / "large.md").write_bytes(b"# Large\n\n" + b"word " * (LARGEST // 5) + b"zebra\n# Behind\n")
    (books / "long.md").write_text("# Long\n\n" + "## Part\n\nword word\n\n" * 2000, encoding="utf-8")
    began = time.perf_counter()
    assert "large" not in (await call(toolbox, "search", words="zebra")).text
    assert time.perf_counter() - began < 3
    assert "large.md > Large (too large: not read to its end)" in (await call(toolbox, "list")).text
    told = (await call(toolbox, "read", page="long.md")).text
    assert told.startswith("long.md has ")
    assert "long.md:3 > Long > Part" in told
    assert told.endswith("… 1,701 more")
    assert (await call(toolbox, "read", page="long.md:7")).text == "long.md:7 > Long > Part\n\n## Part\n\nword word"


async def test_a_folder_that_is_gone_is_told_and_may_come_back(tmp_path: Path) -> None:
    async with opened({"name": "runbooks", "runbooks": {"folder": "nowhere"}}, folder=tmp_path) as box:
        told = await call(box, "search", words="x")
        assert isinstance(told, Failed)
        assert f"{tmp_path / 'nowhere'}, cannot be read: No such file or directory." in told.text
        (tmp_path / "nowhere").mkdir()
        assert await call(box, "list") == Done("There are no pages here.")


async def test_an_operator_may_say_that_outsiders_write_them(folder: Path) -> None:
    item = {"name": "runbooks", "runbooks": {"folder": "docs/runbooks"}, "settings": {"read": {"taints": True}}}
    async with opened(item, folder=folder) as box:
        told = await call(box, "read", page="payments.md")
        assert isinstance(told, Done)
        assert told.taints


def test_looking_for_changes_is_cheap(tmp_path: Path) -> None:
    for number in range(500):
        (tmp_path / f"{number}.md").write_text(f"# Page {number}\n\nIt speaks of things.\n", encoding="utf-8")
    index = RunbookIndex(tmp_path)
    index.search("things", 5)
    began = time.perf_counter()
    assert len(index.search("things", 5)) == 5
    assert time.perf_counter() - began < 0.2
    index.close()


MARKDOWN = st.lists(st.sampled_from([
    "# A", "## B", "### C", "text", "", "===", "---", "```", "> # q", "- # l", "    # code", "title: x", "...", "#", "# `a` *b* [c](d)",
    "\r", "\0", "<!--",
]), max_size=25).map("\n".join) | st.text(max_size=60)


@settings(max_examples=150)
@given(MARKDOWN)
def test_sections_are_the_page_in_order(text: str) -> None:
    page = page_of(text, "name")
    assert page.title.strip()
    for section, following in zip(page.sections, [*page.sections[1:], None], strict=False):
        assert section.end == (following.line if following else len(page.lines) + 1)
        assert section.line < section.end <= page.whole(section)
        assert 0 <= section.level <= 6
    if page.sections:
        assert all(not line.strip() for line in page.lines[: page.sections[0].line - 1])
