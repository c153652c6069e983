"""`/ops` in the sandbox's workspace: what is done with it, and who may."""

from datetime import timedelta

from agents.core import events as e
from agents.core.ids import CONTROL, GrantId, person
from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ask, ops, turned, values, words
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, Office, Role, now, office
from tests.bot.sandbox.acting import Page
from tests.world import ScriptedModel, says

TEAM = "T01SANDBOX"
ROLES = {"operators": Role((), ("S01OPS",)), "admins": Role(("U01CAROL",))}
LEADS = "C01OPSLEADS"


async def granted(bot: Office, run_number: int = 0, by: str = "U01ALICE") -> GrantId:
    """A grant that stands in the journal, in the run of this number."""
    await bot.dispatcher.settled()
    run_id = [one for one in bot.kept.journal.rows if one != CONTROL][run_number]
    rows = bot.kept.journal.rows[run_id]
    ask_id, call_id = next((row.event.ask_id, row.event.call_id) for row in rows if isinstance(row.event, e.ApprovalAsked))
    grant = GrantId(f"{run_id}.g1")
    given = e.GrantGiven(grant, ask_id, call_id, "write", "d-write", {"service": "checkout"}, now() + timedelta(hours=1), 10, "Alice")
    await bot.kept.journal.append(run_id, [e.Fact(given, person(TEAM, by), now())], after=len(rows), agent="triage")
    await bot.standing.refresh()
    return grant


async def test_grants_are_listed_and_taken_back(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        assert "No approval was given ahead" in await ops(bot, "grants")
        await bot.card(await bot.mention())
        grant = await granted(bot)
        shown = await ask(bot, "grants", "U01BOB")
        assert "*`write`* for triage with `{ &quot;" not in words(shown)
        assert '"service": "checkout"' in words(shown)
        assert "10 of 10 uses left" in words(shown)
        assert values(shown) == {"revoke": grant}
        assert values(await ask(bot, "grants", "U01DANA")) == {}
        assert "Only operators may take a grant back." in await ops(bot, f"grants revoke {grant}", "U01DANA")
        after = await turned(bot, shown, "revoke", "U01BOB")
        assert "Taken back: from now on write asks again." in words(after)
        assert "No approval was given ahead" in words(after)
        assert "It was taken back before." in await ops(bot, f"grants revoke {grant}", "U01ALICE")
        assert "taken back" in await ops(bot, "grants all")
        assert "There is no grant nothing" in await ops(bot, "grants revoke nothing")
        assert bot.standing.grants("triage") == ()


async def test_a_grant_of_a_private_channel_is_its_members(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        await bot.card(await bot.mention("hush", "U01BOB", LEADS), user="U01BOB", channel=LEADS)
        await granted(bot)
        assert "No approval was given ahead" in await ops(bot, "grants", "U01DANA")
        assert "`write`" in await ops(bot, "grants", "U01ALICE")


async def test_halting_and_resuming_by_command(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(roles=ROLES)
    async with office(sandbox, page, kept) as bot:
        assert "Only operators may halt." in await ops(bot, "halt", "U01DANA")
        assert "Only operators may halt." in await ops(bot, "halt", "U01GUS")
        assert "There is no agent `triaeg`; did you mean `triage`? There is: `triage`." in await ops(bot, "halt triaeg")
        assert "triage is halted: nothing begins" in await ops(bot, "halt triage because of <b>")
        assert "triage is halted already." in await ops(bot, "halt triage", "U01BOB")
        assert bot.standing.switches.halts["triage"].reason == "of <b>"
        await ops(bot, "halt all")
        assert set(bot.standing.switches.halts) == {"triage", ""}
        assert "Only admins may resume." in await ops(bot, "resume", "U01ALICE")
        assert "Every agent goes on; still halted: triage." in await ops(bot, "resume", "U01CAROL")
        assert "triage goes on." in await ops(bot, "resume triage", "U01CAROL")
        assert "Every agent is not halted." in await ops(bot, "resume", "U01CAROL")
        assert "There is no agent `x`" in await ops(bot, "resume x", "U01CAROL")


async def test_stopping_and_taking_over_by_command(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(3))), roles=ROLES)
    async with office(sandbox, page, kept) as bot:
        for user in ("U01DANA", "U01GUS", "U01DANA"):
            await bot.card(await bot.mention(user=user))
        first, second, third = kept.journal.rows
        assert "Only operators, and whoever asked for it, may do that." in await ops(bot, f"stop {second}", "U01DANA")
        assert "Only operators may do that." in await ops(bot, f"stop {first} take over", "U01DANA")
        assert "Stopped: it begins nothing more." in await ops(bot, f"stop {first}", "U01DANA")
        assert "Stopped: it begins nothing more." in await ops(bot, f"stop {second}", "U01GUS")
        assert "It is yours now" in await ops(bot, f"stop {third[:12]} take over", "U01ALICE")
        await bot.dispatcher.settled()
        assert [(await bot.runs.see(run_id)).outcome for run_id in (first, second, third)] == [
            e.Outcome.STOPPED, e.Outcome.STOPPED, e.Outcome.HANDED_OVER
        ]
        assert "is over already" in await ops(bot, f"stop {third}")
        assert "There is no run" in await ops(bot, "stop zzz")
