"""The Home tab over the wire: what each person finds there, what they can do there, and that it keeps up."""

from datetime import timedelta

from agents.core import events as e
from agents.core.ids import CONTROL, CallId, GrantId, person
from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ops
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, Office, Role, eventually, now, office
from tests.bot.sandbox.acting import Page
from tests.world import ScriptedModel, says

TEAM = "T01SANDBOX"
ROLES = {"operators": Role((), ("S01OPS",)), "admins": Role(("U01CAROL",))}


async def home(bot: Office, words: str, user: str = "U01ALICE", *, gone: str = "") -> str:
    """What stands on this person's Home tab once it holds these words, and others no more."""
    async def found() -> str | None:
        shown = str((await bot.page.see("home", user=user, quiet="1"))["blocks"])
        return shown if words in shown and not (gone and gone in shown) else None

    return await eventually(found)


async def open_home(bot: Office, words: str = "Refresh", user: str = "U01ALICE") -> str:
    """Open the tab."""
    await bot.page.see("home", user=user)
    return await home(bot, words, user)


async def click(bot: Office, action: str, user: str = "U01ALICE", **more: str) -> None:
    """Use a button of the tab."""
    view = await bot.page.see("home", user=user, quiet="1")
    await bot.page.act("click", user=user, view_id=view["view_id"], action_id=action, **more)


async def test_an_empty_tab_says_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        shown = await open_home(bot, "Nothing waits for you.")
        assert "No run is open." in shown
        assert "Hello." in await open_home(bot, "*Hello.*", "U01GUS")


async def test_what_waits_is_approved_there(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.card(ts)
        assert "Nothing waits for you." in await open_home(bot, user="U01DANA")
        shown = await open_home(bot, "Approval of `write`")
        assert '"service": "checkout"' in shown
        assert "version v1" in shown
        await click(bot, "approve")
        await bot.card(ts, "Approved")
        assert len(bot.kept.toolbox.effects) == 1
        await home(bot, "Nothing waits for you.")
        await bot.said(ts, "It is *back* to normal.")
        await bot.dispatcher.settled()
        await click(bot, "home_refresh")
        assert "*granted* by <@U01ALICE>" in await home(bot, "Decided in the last day")


async def test_what_waits_is_denied_and_looked_into_there(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.card(ts)
        await open_home(bot, "Approval of `write`")
        await click(bot, "details")
        assert "checkout" in str(await bot.modal("U01ALICE"))
        view = await bot.modal("U01ALICE")
        await page.act("close", user="U01ALICE", view_id=view["id"])
        await click(bot, "deny")
        view = await bot.modal("U01ALICE")
        await page.act("submit", user="U01ALICE", view_id=view["id"], values={})
        await bot.card(ts, "Denied")


async def test_what_is_too_long_to_be_read_there_is_only_linked(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(says("", ("write", {"note": "x" * 2000}))))
    async with office(sandbox, page, kept) as bot:
        await bot.card(await bot.mention())
        shown = await open_home(bot, "Approval of `write`")
        assert "'action_id': 'approve'" not in shown
        assert "|Open>" in shown


async def test_a_click_that_does_not_count_is_told_directly(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.card(ts)
        await open_home(bot, "Approval of `write`")
        await bot.runs.answer(next(iter((await bot.run()).asks)), "deny", person(TEAM, "U01BOB"))
        await click(bot, "approve")

        async def told() -> bool | None:
            return any("This was already decided" in one["text"] for one in await page.messages("U01ALICE", "D01ALICE")) or None

        await eventually(told)
        await home(bot, "Nothing waits for you.")


async def test_the_switches_halt_and_resume(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(wants().model, roles=ROLES)) as bot:
        await bot.card(await bot.mention())
        assert "Switches" not in await open_home(bot, user="U01DANA")
        assert "'action_id': 'halt'" in await open_home(bot)
        view = (await page.see("home", user="U01ALICE", quiet="1"))["blocks"]
        blocks = {block["accessory"]["value"]: block["block_id"] for block in view if block.get("accessory", {}).get("action_id") == "halt"}
        assert set(blocks) == {"triage", "all"}
        await click(bot, "halt", block_id=blocks["triage"])
        shown = await home(bot, "triage is halted: nothing begins")
        assert "'action_id': 'approve'" not in shown
        assert "'action_id': 'resume'" not in shown
        assert set(bot.standing.switches.halts) == {"triage"}
        await open_home(bot, "'action_id': 'resume'", "U01CAROL")
        await click(bot, "resume", "U01CAROL")
        await home(bot, "triage goes on.", "U01CAROL")
        assert bot.standing.switches.halts == {}


async def test_a_right_that_is_gone_is_refused_at_the_click(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles={"operators": Role(("U01DANA",)), "admins": Role(("U01CAROL",))})
    async with office(sandbox, page, kept) as bot:
        await open_home(bot, "Switches", "U01DANA")
        view = await page.see("home", user="U01DANA", quiet="1")
        block = next(one["block_id"] for one in view["blocks"] if one.get("accessory", {}).get("value") == "all")
    async with office(sandbox, page, Kept(roles=ROLES)) as bot:
        await click(bot, "halt", "U01DANA", block_id=block)
        await home(bot, "Only operators may halt.", "U01DANA")
        assert bot.standing.switches.halts == {}


async def test_grants_are_listed_and_taken_back_there(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        await bot.card(await bot.mention())
        await bot.dispatcher.settled()
        [run_id] = bot.kept.journal.rows
        ask_id = next(iter((await bot.run()).asks))
        grant = GrantId(f"{run_id}.g1")
        given = e.GrantGiven(grant, ask_id, CallId("c1"), "write", "d-write", {}, now() + timedelta(hours=1), 3, "Bob")
        rows = bot.kept.journal.rows[run_id]
        await bot.kept.journal.append(run_id, [e.Fact(given, person(TEAM, "U01BOB"), now())], after=len(rows), agent="triage")
        await open_home(bot, "3 of 3 uses left")
        await click(bot, "revoke")
        shown = await home(bot, "from now on write asks again")
        assert "uses left" not in shown
        assert bot.kept.journal.rows[CONTROL][-1].event.kind == "grant_revoked"


async def test_whoever_looks_at_it_sees_what_changes(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        await open_home(bot, "Nothing waits for you.")
        await bot.front.home.refresh()
        published = len(await bot.calls("views.publish"))
        await bot.front.home.refresh()
        assert len(await bot.calls("views.publish")) == published
        await bot.card(await bot.mention())
        await bot.front.home.refresh()
        await home(bot, "Approval of `write`")
        await ops(bot, "halt")
        await bot.front.home.refresh()
        await home(bot, "Every agent", gone="Approve")


async def test_a_workspace_without_home_tabs_loses_nothing_else(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await page.act("faults", unknown_methods=["views.publish"])
        await page.see("home", user="U01ALICE")
        await bot.said(await bot.mention(), "Done.")
        await bot.front.home.refresh()


async def test_private_work_is_not_on_other_tabs(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(wants().model, roles=ROLES)) as bot:
        ts = await bot.mention("hush", "U01BOB", "C01OPSLEADS")
        await bot.card(ts, user="U01BOB", channel="C01OPSLEADS")
        assert "hush" in await open_home(bot, "Approval of", "U01ALICE")
        assert "hush" not in await open_home(bot, user="U01DANA")
        assert "hush" in await open_home(bot, "At work", "U01CAROL")
