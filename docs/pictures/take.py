"""Takes the pictures of README and the guides, in the sandbox's page, with the real bot behind it: a card that waits, and a changed one.

Run it from the root of the repository: `.venv/bin/python -m docs.pictures.take`. It needs Debian's chromium and fonts-noto-color-emoji.
"""

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from bot.sandbox.visitor import SandboxError, Visitor, button_of
from tests.bot.sandbox.browsing import chromium, visited
from tests.whole.town import INCIDENTS, Town, town

HERE = Path(__file__).parent
DESK = {"viewport": {"width": 1360, "height": 1060}, "device_scale_factor": 1.5, "color_scheme": "light"}
PHONE = {"viewport": {"width": 400, "height": 900}, "device_scale_factor": 1.5, "color_scheme": "light"}
REASON = "INC-7: slow since its last deploy, so it goes back to the version before."


async def take() -> None:
    """Let an ordinary morning come to the moment at which an operator has to decide, and photograph what she sees."""
    with tempfile.TemporaryDirectory() as folder:
        async with town(Path(folder)) as acme, acme.bot(), chromium() as browser:
            report = await _morning(acme)
            await _picture(browser, acme, "incident", DESK, 'role=button[name="Approve"]')
            await _changed(acme, report)
            await _picture(browser, acme, "edited", PHONE, "text=Exactly this")


async def _morning(acme: Town) -> str:
    """What people write in the channel; the last report, which is returned, is the one that waits for a decision."""
    await acme.post("model/settings", {"pace": 1})
    await acme.person("U01BOB").post(INCIDENTS, "Handing over to the day shift. The night was quiet: no pages, two routine deploys.")
    await acme.answer(await acme.mention("status of web?", "U01ALICE"))
    await acme.person("U01CAROL").post(INCIDENTS, "The newsletter goes out at noon. Expect about twice the usual traffic on web until one.")
    report = await acme.mention("checkout is slow, customers are complaining")
    await acme.card(report)
    await acme.person("U01CAROL").post(INCIDENTS, "Three of the big shops wrote in about it as well.")
    return report


async def _changed(acme: Town, report: str) -> None:
    """Another operator changes the call before it is approved."""
    bob, card = acme.person("U01BOB"), await acme.card(report)
    await bob.click(INCIDENTS, card, "edit")
    dialog = await _dialog_of(bob)
    await bob.submit(dialog, {"argument:reason": {"argument:reason": {"value": REASON}}})
    await acme.see(report, "the card of the changed call", lambda m: m["ts"] != card["ts"] and button_of(m, "approve") is not None)


async def _dialog_of(person: Visitor) -> dict[str, Any]:
    """The dialog that opens for somebody."""
    for _ in range(200):
        if views := await person.views():
            return views[-1]
        await asyncio.sleep(0.05)
    raise SandboxError("The dialog did not open.")


async def _picture(browser: Browser, acme: Town, name: str, window: dict[str, Any], seen: str) -> None:
    """The thread as Alice sees it, with the last of this kind in view."""
    page = await visited(browser, acme.sandbox.url, "U01ALICE", **window)
    await page.get_by_role("button", name=re.compile(r"\d+ repl")).last.click()
    await page.get_by_role("button", name="Approve", exact=True).wait_for()
    await page.locator(seen).last.evaluate("found => found.scrollIntoView()")
    await page.get_by_role("heading", name="Thread").click()  # no field has the focus
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(take())
