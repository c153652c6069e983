"""Pages are read in a process that can be ended."""

import time

import pytest

from tools.web.apart import Page, page_of


async def test_it_tells_what_the_page_says() -> None:
    page = await page_of("<title>Größe</title><p>x".encode("latin-1"), "latin-1", "https://a.example/\n{}")
    assert page == Page("Größe", "x")


@pytest.mark.parametrize("unit", ["<!--", "<p title='x", "</"])
async def test_a_page_that_takes_for_ever_is_given_up(unit: str) -> None:
    begun = time.perf_counter()
    await page_of(unit.encode() * (1_500_000 // len(unit)), "", "https://a.example", longest=1.0)
    assert time.perf_counter() - begun < 3
