"""`/ops memory` in the sandbox's workspace: operators read what agents remember where they may read, and have it erased."""

from datetime import timedelta

from agents.core import events as e
from agents.core.ids import CONTROL, RunId, person
from agents.core.memory import EVERYTHING, Note
from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ask, ops, turned, words
from tests.bot.office import Kept, Role, now, office
from tests.bot.sandbox.acting import Page

ROLES = {"operators": Role(("U01ALICE", "U01CAROL")), "admins": Role(("U01BOB",))}
DANA = person("T01SANDBOX", "U01DANA")


async def remembered(kept: Kept, *texts: str, channel: str = "C01GENERAL", tainted: bool = False) -> None:
    """These are stored in a run of Dana's."""
    for text in texts:
        await kept.memories.store(Note(
            key=text, book="memory", agent="triage", channel=channel, text=text, topic="deploys", tags=("checkout",), run_id=RunId("run-x"),
            actor=DANA, tainted=tainted, at=now(), expires_at=now() + timedelta(days=9),
        ), EVERYTHING, 1000)


async def test_operators_read_it_with_its_source(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles=ROLES)
    await remembered(kept, "Checkout <b> ships on\nTuesdays.", tainted=True)
    async with office(sandbox, page, kept) as bot:
        said = await ops(bot, "memory")
        assert "*`m1`* deploys; checkout · triage for <@U01DANA> in <#C01GENERAL>, <!date^" in said
        assert "· `run-x` · :warning: after reading what outsiders could have written\nCheckout &lt;b&gt; ships on Tuesdays." in said
        assert "Checkout" in await ops(bot, "memory when does Checkout ship?")
        assert "Agents remember nothing of this kind" in await ops(bot, "memory zebra")
        assert "Only operators may do this." in await ops(bot, "memory", "U01DANA")


async def test_what_was_said_in_private_is_read_by_those_who_are_there(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles=ROLES)
    await remembered(kept, "Open.")
    await remembered(kept, "Private.", channel="C01OPSLEADS")
    await remembered(kept, "Terminal.", channel="")
    async with office(sandbox, page, kept) as bot:
        seen = {user: await ops(bot, "memory", user) for user in ("U01ALICE", "U01BOB", "U01CAROL")}
        read = {user: [text for text in ("Open.", "Private.", "Terminal.") if text in said] for user, said in seen.items()}
        everything = ["Open.", "Private.", "Terminal."]
        assert read == {"U01ALICE": everything, "U01BOB": everything, "U01CAROL": ["Open.", "Terminal."]}
        assert "*1 memory*, that fit" in await ops(bot, "memory Private. Open.", "U01CAROL")
        assert "There is no memory `m2` that you may see." in await ops(bot, "memory forget m2", "U01CAROL")
        assert CONTROL not in kept.journal.rows


async def test_to_forget_is_an_event_that_tells_who_and_not_what(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles=ROLES)
    await remembered(kept, "Wrong.")
    async with office(sandbox, page, kept) as bot:
        assert "Only operators may do this." in await ops(bot, "memory forget m1", "U01DANA")
        for wrong in ("m2", "zebra", "m0", "m" + "9" * 40):
            assert "There is no memory" in await ops(bot, f"memory forget {wrong}")
        assert await ops(bot, "memory forget M1") == "m1 is erased for good."
        (row,) = kept.journal.rows[CONTROL]
        assert (row.event, row.actor) == (e.MemoryForgotten(1, "triage", "Alice Moreau"), person("T01SANDBOX", "U01ALICE"))


async def test_there_are_pages(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles=ROLES)
    await remembered(kept, *(f"Fact {number}." for number in range(1, 13)))
    async with office(sandbox, page, kept) as bot:
        first = await ask(bot, "memory")
        assert ("Fact 12." in words(first), "Fact 3." in words(first), "Fact 2." in words(first)) == (True, True, False)
        second = await turned(bot, first, "page")
        assert ("Fact 2." in words(second), "Fact 3." in words(second)) == (True, False)
        assert "`before` takes a memory" in await ops(bot, "memory before noon")
