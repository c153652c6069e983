"""`/ops` in the sandbox's workspace, over the real slash command."""

import pytest

from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.world import ScriptedModel, says


async def ops(bot: Office, text: str, user: str = "U01ALICE") -> str:
    """What this person reads on the command, in blocks; it is for them alone."""
    before = len(await bot.page.messages(user))
    await bot.page.act("command", user=user, channel=INCIDENTS, text=f"/ops {text}")

    async def answered() -> Json | None:
        new = (await bot.page.messages(user))[before:]
        return new[0] if new else None

    answer = await eventually(answered)
    assert answer["ephemeral"]
    assert answer not in await bot.page.messages("U01BOB")
    return "\n".join(block["text"]["text"] for block in answer["blocks"])


async def test_help_is_for_everybody(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        assert "/ops approvals" in await ops(bot, "help", "U01GUS")
        assert "/ops approvals" in await ops(bot, "")


async def test_runs_and_approvals_are_listed(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        assert "There are no such runs" in await ops(bot, "runs")
        assert "Nothing waits for anybody" in await ops(bot, "approvals")
        ts = await bot.mention("is <b> slow?")
        card = await bot.card(ts)
        run_id = (await bot.run()).run_id
        said = await ops(bot, "runs open")
        assert f"*waits for 1 answer* · `{run_id}` · triage for <@U01DANA> in <#C01INCIDENTS>" in said
        assert "is &lt;b&gt; slow?" in said
        assert "Approval of `write`* for triage, asked <!date^" in await ops(bot, "approvals")
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        await bot.dispatcher.settled()
        assert "Nothing waits" in await ops(bot, "approvals")
        assert "*granted* by <@U01ALICE>" in await ops(bot, "approvals all")
        assert "*answered*" in await ops(bot, "runs")
        assert "There are no such runs" in await ops(bot, "runs open")


async def test_the_audit_is_narrowed_by_its_filters(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "approve", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        await bot.dispatcher.settled()
        run_id = (await bot.run()).run_id
        whole = await ops(bot, f"audit run {run_id[:8]}")
        assert f"of `{run_id}`" in whole
        assert "over: answered" in whole
        mine = await ops(bot, "audit user me since 2h")
        assert "*2 events*" in mine
        assert "approval of write granted" in mine
        assert mine == await ops(bot, "audit user <@U01ALICE> tool write agent triage")
        assert "*1 event*" in await ops(bot, "audit user U01DANA")
        assert "Nothing in the journal matches" in await ops(bot, "audit tool other")


async def test_long_audits_are_paged(sandbox: Sandbox, page: Page) -> None:
    turns = [says("", ("read", {"n": n})) for n in range(8)]
    async with office(sandbox, page, Kept(model=ScriptedModel(*turns))) as bot:
        await bot.said(await bot.mention(), "Done.")
        await bot.dispatcher.settled()
        first = await ops(bot, "audit agent triage")
        assert "*25 events*" in first
        cursor = first.rpartition("/ops audit agent triage before ")[2].strip("`")
        older = await ops(bot, f"audit agent triage before {cursor}")
        assert "Dana Reyes asked triage" in older
        assert "Older ones" not in older


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aprovals", "did you mean `approvals`?"),
        ("audit run zzz", "There is no run `run-zzz`"),
        ("audit user nobody", "Pick the person from Slack's list"),
        ("audit since yesterday", "`since yesterday` is no time"),
        ("audit before never", "`before` takes the number"),
    ],
)
async def test_mistakes_are_explained(sandbox: Sandbox, page: Page, text: str, words: str) -> None:
    async with office(sandbox, page) as bot:
        assert words in await ops(bot, text)


async def test_an_ambiguous_run_lists_what_it_could_be(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        for text in ("one", "two"):
            await bot.said(await bot.mention(text), "Done.")
        said = await ops(bot, "audit run run-")
        assert all(run_id in said for run_id in bot.kept.journal.rows)


async def test_a_guest_may_not_read_the_journal(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        for text in ("runs", "approvals", "audit"):
            assert "Only full members" in await ops(bot, text, "U01GUS")


async def test_what_breaks_is_told_and_logged(sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    async with office(sandbox, page) as bot:
        bot.kept.journal.rows = None  # type: ignore[assignment]  # a journal that is broken
        assert "could not be answered just now" in await ops(bot, "runs")
        assert "could not be answered" in caplog.text
        bot.kept.journal.rows = {}
