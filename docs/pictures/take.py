"""Takes the picture in README: a card that waits for its countersignature, in the sandbox's page, with the real bot behind it.

Run it from the root of the repository: `.venv/bin/python -m docs.pictures.take`. It needs Debian's chromium and fonts-noto-color-emoji.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from playwright.async_api import Page

from tests.bot.sandbox.browsing import chromium, visited
from tests.whole.town import INCIDENTS, Town, town

PICTURE = Path(__file__).with_name("incident.png")


async def take() -> None:
    """Let an ordinary morning come to the moment at which an operator has to decide, and photograph what she sees."""
    with tempfile.TemporaryDirectory() as folder:
        async with town(Path(folder)) as acme, acme.bot(), chromium() as browser:
            await _morning(acme)
            alice = await visited(
                browser, acme.sandbox.url, "U01ALICE", viewport={"width": 1360, "height": 920}, device_scale_factor=2, color_scheme="light"
            )
            await _compose(alice)
            await alice.screenshot(path=PICTURE)


async def _morning(acme: Town) -> None:
    """What people write in the channel; the last report is the one that waits for a decision."""
    await acme.post("model/settings", {"pace": 1})
    await acme.person("U01BOB").post(INCIDENTS, "Handing over to the day shift. The night was quiet: no pages, two routine deploys.")
    await acme.answer(await acme.mention("status of web?", "U01ALICE"))
    await acme.person("U01CAROL").post(INCIDENTS, "The newsletter goes out at noon. Expect about twice the usual traffic on web until one.")
    report = await acme.mention("checkout is slow, customers are complaining")
    await acme.card(report)
    await acme.person("U01CAROL").post(INCIDENTS, "Three of the big shops wrote in about it as well.")


async def _compose(page: Page) -> None:
    """The thread beside the channel, at its end: the exact call, its stakes, who may decide, and the buttons."""
    await page.get_by_role("button", name=re.compile(r"\d+ repl")).last.click()
    await page.get_by_role("button", name="Approve").scroll_into_view_if_needed()
    await page.get_by_role("heading", name="Thread").click()  # no field has the focus
    await page.evaluate("document.fonts.ready")


if __name__ == "__main__":
    asyncio.run(take())
