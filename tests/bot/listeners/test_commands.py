"""`/ops` in the sandbox's workspace, over the real slash command: what is read with it, and who may."""

import pytest

from agents.core.ids import CONTROL
from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ask, ops, turned, values, words
from tests.bot.listeners.test_clicks import wants
from tests.bot.office import Kept, Role, office
from tests.bot.sandbox.acting import INCIDENTS, Page
from tests.world import ScriptedModel, says

ROLES = {"operators": Role((), ("S01OPS",)), "admins": Role(("U01CAROL",))}
LEVELS = {**ROLES, "viewers": Role(("U01DANA",))}
LEADS = "C01OPSLEADS"


async def test_help_is_for_everybody(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        assert "/ops approvals" in await ops(bot, "help", "U01GUS")
        assert "/ops approvals" in await ops(bot, "")
        assert "user @somebody" in await ops(bot, "help audit", "U01GUS")
        assert "did you mean `halt`?" in await ops(bot, "help hatl")


async def test_runs_and_approvals_are_listed(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, wants()) as bot:
        assert "There are no such runs" in await ops(bot, "runs")
        assert "Nothing waits for anybody" in await ops(bot, "approvals")
        ts = await bot.mention("is <b> slow?")
        card = await bot.card(ts)
        run_id = (await bot.run()).run_id
        said = await ops(bot, "runs open")
        assert f"*waits for 1 answer* · `{run_id}` · triage for <@U01DANA> in <#C01INCIDENTS>" in said
        assert f"<https://acme.slack.com/archives/C01INCIDENTS/p{ts.replace('.', '')}|Open>" in said
        assert "is &lt;b&gt; slow?" in said
        assert "Approval of `write`* for triage, asked <!date^" in await ops(bot, "approvals")
        await bot.click(card, "approve", "U01ALICE")
        await bot.said(ts, "It is *back* to normal.")
        await bot.dispatcher.settled()
        assert "Nothing waits" in await ops(bot, "approvals")
        assert "*granted* by <@U01ALICE>" in await ops(bot, "approvals all")
        assert "*answered*" in await ops(bot, "runs")
        assert "There are no such runs" in await ops(bot, "runs open")


async def test_mine_is_what_i_may_decide_and_have_not_asked_for(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(2))))
    async with office(sandbox, page, kept) as bot:
        for user in ("U01DANA", "U01ALICE"):
            await bot.card(await bot.mention(user=user))
        first, second = [run_id for run_id in kept.journal.rows if run_id != CONTROL]
        assert first in (mine := await ops(bot, "approvals mine", "U01ALICE"))
        assert second not in mine
        both = await ops(bot, "approvals mine", "U01BOB")
        assert first in both
        assert second in both
        assert "Nothing waits" in await ops(bot, "approvals mine", "U01DANA")
        assert "2 questions" in await ops(bot, "approvals", "U01DANA")


async def test_a_run_is_seen_at_a_glance(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(wants().model, roles=ROLES)) as bot:
        ts = await bot.mention("checkout is slow")
        card = await bot.card(ts)
        run_id = (await bot.run()).run_id
        shown = await ask(bot, f"run {run_id[4:9]}")
        assert "checkout is slow" in str(shown["blocks"])
        assert "write(service: checkout): waits for approval" in str(shown["blocks"])
        assert f"p{card['ts'].replace('.', '')}?thread_ts={ts}&amp;cid={INCIDENTS}|Open the question>" in words(shown)
        assert values(shown) == {"timeline": run_id, "stop": run_id, "take_over": run_id}
        assert set(values(await ask(bot, f"run {run_id}", "U01DANA"))) == {"timeline", "stop"}
        assert set(values(await ask(bot, f"run {run_id}", "U01GUS"))) == set()
        assert "There is no run `run-zzz` that you may see" in await ops(bot, "run zzz")
        await ops(bot, f"stop {run_id}", "U01DANA")
        await bot.dispatcher.settled()
        assert set(values(await ask(bot, f"run {run_id}"))) == {"timeline"}


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
        assert "Nothing that you may see matches" in await ops(bot, "audit tool other")


async def test_long_audits_are_paged_with_buttons(sandbox: Sandbox, page: Page) -> None:
    turns = [says("", ("read", {"n": n})) for n in range(8)]
    async with office(sandbox, page, Kept(model=ScriptedModel(*turns))) as bot:
        await bot.said(await bot.mention(), "Done.")
        await bot.dispatcher.settled()
        first = await ask(bot, "audit agent triage")
        assert "*20 events*" in words(first)
        assert values(first)["page"].startswith("audit agent triage before ")
        shown, pages = first, 1
        while "page" in values(shown):
            shown, pages = await turned(bot, shown, "page"), pages + 1
        assert "Dana Reyes asked triage" in words(shown)
        assert pages == -(-len(bot.kept.journal.rows[(await bot.run()).run_id]) // 20)
        assert words(await turned(bot, shown, "page_first")) == words(first)


async def test_runs_and_questions_are_paged(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(13))))
    async with office(sandbox, page, kept) as bot:
        for number in range(13):
            await bot.card(await bot.mention(f"number {number}"))
        first = await ask(bot, "runs open")
        assert "*10 runs*" in words(first)
        second = await turned(bot, first, "page")
        assert "*3 runs*" in words(second)
        assert "number 0" in words(second)
        assert values(second) == {"page_first": "runs open"}
        questions = await turned(bot, await ask(bot, "approvals mine"), "page")
        assert "*1 question*" in words(questions)
        assert values(questions) == {"page_first": "approvals mine"}


async def test_a_page_is_full_before_it_ends_whatever_cannot_be_seen(sandbox: Sandbox, page: Page) -> None:
    """Dana's two runs lie at both ends of forty that she may not see."""
    async with office(sandbox, page) as bot:
        await bot.said(await bot.mention("the first"), "Done.")
        for number in range(40):
            ts = await bot.mention(f"secret {number}", "U01ALICE", LEADS)
            await bot.said(ts, "Done.", "U01ALICE", LEADS)
        await bot.said(await bot.mention("the last"), "Done.")
        await bot.dispatcher.settled()
        shown = await ask(bot, "runs", "U01DANA")
        assert "*2 runs*" in words(shown)
        assert values(shown) == {}
        events = await ask(bot, "audit", "U01DANA")
        own = sum(len(rows) for run_id, rows in bot.kept.journal.rows.items() if run_id != CONTROL and "secret" not in str(rows[0]))
        assert f"*{min(own, 20)} events*" in words(events)
        assert "secret" not in words(events)
        assert "secret" not in await ops(bot, "runs", "U01CAROL")
        assert "secret 39" in await ops(bot, "runs", "U01ALICE")


async def test_private_channels_and_direct_messages_stay_among_their_people(sandbox: Sandbox, page: Page) -> None:
    kept = Kept(model=ScriptedModel(*(says("", ("write", {"n": n})) for n in range(2))), roles=ROLES)
    async with office(sandbox, page, kept) as bot:
        await bot.card(await bot.mention("in private", "U01ALICE", LEADS), user="U01ALICE", channel=LEADS)
        await bot.card(str((await page.act("post", user="U01DANA", channel="D01DANA", text="alone"))["ts"]), channel="D01DANA")
        private, direct = [run_id for run_id in kept.journal.rows if run_id != CONTROL]
        for user, sees in (("U01ALICE", {private}), ("U01BOB", {private}), ("U01DANA", {direct}), ("U01CAROL", {private, direct})):
            for text in ("runs", "approvals", "audit"):
                said = await ops(bot, text, user)
                assert {run_id for run_id in (private, direct) if run_id in said} == sees
            for run_id in (private, direct):
                found = "There is no run" not in await ops(bot, f"run {run_id}", user)
                assert found == (run_id in sees)
                assert ("There is no run" not in await ops(bot, f"audit run {run_id}", user)) == found


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "usergroups.users.list"])
async def test_a_workspace_that_lacks_a_method_shows_less_and_works(sandbox: Sandbox, page: Page, method: str) -> None:
    async with office(sandbox, page) as bot:
        await page.act("faults", unknown_methods=[method])
        await bot.said(await bot.mention("public"), "Done.")
        await bot.said(await bot.mention("private", "U01ALICE", LEADS), "Done.", "U01ALICE", LEADS)
        assert "public" in await ops(bot, "runs", "U01DANA")
        assert "private" not in await ops(bot, "runs", "U01DANA")
        assert "private" in await ops(bot, "runs", "U01ALICE")
        assert ("public" in await ops(bot, "runs", "U01CAROL")) == (method != "conversations.info")


async def test_agents_and_spend_are_told(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        assert "Nothing was used since" in await ops(bot, "spend")
        await bot.said(await bot.mention(), "Done.")
        await bot.dispatcher.settled()
        assert "*triage*  $0.0010 · 1 run, 1 steps, 120 tokens" in await ops(bot, "spend since 7d")
        assert "`since soon` is no time" in await ops(bot, "spend since soon")
        said = await ops(bot, "agents")
        assert "*triage*" in said
        assert "`outside`" in said
        await ops(bot, "halt triage because it spins")
        assert "*halted by <@U01ALICE>" in await ops(bot, "agents")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aprovals", "did you mean `approvals`?"),
        ("audit run zzz", "There is no run `run-zzz`"),
        ("audit user nobody", "Pick the person from Slack's list"),
        ("audit since yesterday", "`since yesterday` is no time"),
        ("audit before never", "`before` takes the number"),
        ("runs before never", "`before` takes the number"),
        ("approvals page none", "`page` takes a number"),
        ("grants page 0", "`page` takes a number"),
    ],
)
async def test_mistakes_are_explained(sandbox: Sandbox, page: Page, text: str, said: str) -> None:
    async with office(sandbox, page) as bot:
        assert said in await ops(bot, text)


async def test_an_ambiguous_run_lists_what_it_could_be(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        for text in ("one", "two"):
            await bot.said(await bot.mention(text), "Done.")
        said = await ops(bot, "audit run run-")
        assert all(run_id in said for run_id in bot.kept.journal.rows)


READING = ("runs", "run run-", "approvals", "approvals mine", "audit", "agents", "grants", "grants revoke x", "spend", "schedules")


@pytest.mark.parametrize("text", READING)
async def test_who_may_read(sandbox: Sandbox, page: Page, text: str) -> None:
    async with office(sandbox, page, Kept(roles=LEVELS)) as bot:
        for user, may in (("U01GUS", False), ("U01DANA", True), ("U01ALICE", True), ("U01CAROL", True)):
            assert ("Only full members" not in await ops(bot, text, user)) == may
    async with office(sandbox, page, Kept(roles={**ROLES, "viewers": Role(("U01BOB",))})) as bot:
        assert "where its configuration names viewers, only those" in await ops(bot, text, "U01DANA")


async def test_whoever_cannot_be_looked_up_is_told_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        await page.act("faults", unknown_methods=["users.info"])
        assert "could not be looked up just now" in await ops(bot, "runs")


async def test_what_breaks_is_told_and_logged(sandbox: Sandbox, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    async with office(sandbox, page) as bot:
        bot.kept.journal.rows = None  # type: ignore[assignment]  # a journal that is broken
        assert "could not be answered just now" in await ops(bot, "runs")
        assert "could not be answered" in caplog.text
        bot.kept.journal.rows = {}
