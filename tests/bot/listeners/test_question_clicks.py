"""Edit, grant, review, and all calls of a card at once, over the wire."""

from dataclasses import replace
from typing import Any

from agents.core import events as e
from agents.core.ids import AskId
from bot.sandbox.app import Sandbox
from tests.bot.listeners.test_clicks import kinds, wants
from tests.bot.office import Kept, Office, Role, office, title
from tests.bot.sandbox.acting import Json, Page
from tests.world import WRITE, ScriptedModel, says

FORM = {
    "type": "object", "required": ["service"],
    "properties": {"service": {"type": "string"}, "x": {"type": "integer"}, "hosts": {"type": "array"}},
}


def with_form() -> Kept:
    """The model asks for one call of a tool whose schema is known."""
    kept = wants()
    kept.toolbox.define(replace(WRITE, schema=FORM))
    return kept


def two(*arguments: dict[str, Any]) -> Kept:
    """The model asks for several calls at once."""
    calls = [("write", one) for one in arguments or ({"service": "checkout"}, {"service": "cart"})]
    return Kept(model=ScriptedModel(says("Both look wrong.", *calls), says("They are **back** to normal.")))


async def ask_of(bot: Office, number: int = 1) -> AskId:
    """A question of the run."""
    return AskId(f"{(await bot.run()).run_id}.a{number}")


async def test_an_edited_call_is_asked_about_anew_and_runs_as_it_was_changed(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, with_form()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "edit", "U01ALICE")
        view = await bot.modal("U01ALICE")
        assert await bot.submit("U01ALICE", view, argument__service={"value": "cart"}) is None
        await bot.card(ts, "Superseded")
        fresh = await bot.card(ts)
        assert "Changed by Alice Moreau before it was approved" in str(fresh["blocks"])
        await bot.click(fresh, "approve", "U01BOB")
        await bot.said(ts, "It is *back* to normal.")
        assert [effect[1] for effect in bot.kept.toolbox.effects] == [{"service": "cart"}]


async def test_what_does_not_fit_is_said_at_its_field_before_anything_is_decided(sandbox: Sandbox, page: Page) -> None:
    kept = with_form()
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "edit", "U01ALICE")
        view = await bot.modal("U01ALICE")
        assert "Nothing was changed" in (await bot.submit("U01ALICE", view) or {})["argument:service"]
        assert "This is no JSON" in (await bot.submit("U01ALICE", view, argument__hosts={"value": "[1,"}) or {})["argument:hosts"]
        assert await kept.inbox.pending() == ()
        assert await bot.submit("U01ALICE", view, argument__x={"value": "2"}, argument__hosts={"value": None}) is None
        await bot.card(ts, "Superseded")
        assert (await kinds(bot, "call_edited"))[0].arguments == {"service": "checkout", "x": 2}  # type: ignore[union-attr]  # of this kind


async def test_a_guest_among_the_approvers_reads_no_more_than_other_guests(sandbox: Sandbox, page: Page) -> None:
    kept = with_form()
    kept.roles = {"operators": Role(("U01ALICE", "U01GUS"))}
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "edit", "U01GUS")
        await bot.said(ts, "Only members of this workspace who may read", "U01GUS")


async def test_whoever_may_not_decide_may_not_edit_either(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, with_form()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "edit", "U01GUS")
        await bot.said(ts, "Only members of this workspace who may read", "U01GUS")
        await bot.click(card, "edit", "U01CAROL")
        assert await bot.submit("U01CAROL", await bot.modal("U01CAROL"), argument__service={"value": "cart"}) is None
        await bot.said(ts, "You are not among those who may decide this", "U01CAROL")
        assert title(await bot.card(ts)) == "Approval needed: write"


async def test_a_grant_says_in_words_what_it_covers_and_lets_the_next_call_run(sandbox: Sandbox, page: Page) -> None:
    again = says("Once more.", ("keyed", {"service": "cart"}))
    kept = Kept(model=ScriptedModel(says("Hm.", ("keyed", {"service": "checkout"})), again, says("It is **back**.")))
    async with office(sandbox, page, kept) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "grant", "U01ALICE")
        view = await bot.modal("U01ALICE")
        assert 'where service is exactly "checkout"' in str(view["blocks"])
        ticks: Json = {"fixed:0": {"fixed:0": {"selected_options": []}}}
        await page.act("click", user="U01ALICE", view_id=view["id"], action_id="fixed:0", selected=[], values=ticks)
        await bot.said_in_modal("U01ALICE", "where service may be anything")
        assert await bot.submit("U01ALICE", view, fixed__0={"selected_options": []}, uses={"selected_option": {"value": "3"}}) is None
        await bot.said(ts, "calls like it run without asking up to 3 times", "U01ALICE")
        await bot.said(ts, "It is *back*.")
        assert [effect[1] for effect in kept.toolbox.effects] == [{"service": "checkout"}, {"service": "cart"}]
        [given] = await kinds(bot, "grant_given")
        assert isinstance(given, e.GrantGiven)
        assert (given.arguments, given.uses) == ({}, 3)


async def test_what_no_card_can_show_is_approved_where_all_of_it_is_seen(sandbox: Sandbox, page: Page) -> None:
    long = {"note": "x" * 9000}
    async with office(sandbox, page, two(long)) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        assert "approve" not in [one["action_id"] for one in elements(card)]
        await bot.click(card, "review", "U01ALICE")
        view = await bot.modal("U01ALICE")
        assert "x" * 9000 in "".join(texts(view["blocks"]))
        assert await bot.submit("U01ALICE", view) is None
        await bot.said(ts, "They are *back* to normal.")
        assert [effect[1] for effect in bot.kept.toolbox.effects] == [long]


async def test_a_button_of_an_old_card_approves_nothing_that_it_does_not_show(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, two({"note": "x" * 9000}, {"service": "cart"})) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        stale = [{**card["blocks"][0]}, {"type": "actions", "block_id": "old", "elements": [
            {"type": "button", "action_id": name, "value": await ask_of(bot), "text": {"type": "plain_text", "text": name}}
            for name in ("approve", "approve_all")
        ]}]
        await bot.slack.client.chat_update(channel=card["channel"], ts=card["ts"], text="old", blocks=stale)
        for name in ("approve", "approve_all"):
            await bot.click(card, name, "U01ALICE")
            await bot.said(ts, "cannot show all of the call", "U01ALICE")
        assert await kinds(bot, "approval_granted") == []


async def test_all_calls_of_a_card_are_approved_one_by_one(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, two()) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        assert title(card) == "Approval needed: 2 calls"
        await bot.click(card, "approve_all", "U01ALICE")
        await bot.said(ts, "They are *back* to normal.")
        assert title(await bot.card(ts, "Decided: 2 calls")) == "Decided: 2 calls"
        assert sorted(effect[1]["service"] for effect in bot.kept.toolbox.effects) == ["cart", "checkout"]


async def test_each_row_is_decided_by_itself_and_all_that_is_left_together(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, two({"n": 1}, {"n": 2}, {"n": 3})) as bot:
        ts = await bot.mention()
        card = await bot.card(ts)
        await bot.click(card, "approve", "U01ALICE", f"decide:{await ask_of(bot, 2)}")
        card = await bot.card(ts, "Approval needed: 2 of 3")
        await bot.click(card, "deny_all", "U01BOB")
        assert await bot.submit("U01BOB", await bot.modal("U01BOB"), reason={"value": "One is enough"}) is None
        await bot.card(ts, "Decided: 3 calls")
        await bot.said(ts, "They are *back* to normal.")
        assert [effect[1] for effect in bot.kept.toolbox.effects] == [{"n": 2}]
        assert [denied.reason for denied in await kinds(bot, "approval_denied")] == ["One is enough"] * 2  # type: ignore[union-attr]


async def test_who_may_not_decide_is_told_once_for_all(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, two()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "approve_all", "U01CAROL")
        said = await bot.said(ts, "You are not among those who may decide this", "U01CAROL")
        assert str(said["text"]).count("not among those") == 1
        assert bot.kept.toolbox.effects == []


async def test_a_dialog_of_a_run_that_is_gone_says_so(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, with_form()) as bot:
        ts = await bot.mention()
        await bot.click(await bot.card(ts), "edit", "U01ALICE")
        view = await bot.modal("U01ALICE")
        bot.kept.journal.rows.clear()
        assert await bot.submit("U01ALICE", view, argument__service={"value": "cart"}) is None
        await bot.said(ts, "not known here any more", "U01ALICE")


def elements(message: Json) -> list[Json]:
    """Everything in a message that can be used."""
    return [one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]


def texts(value: Any) -> list[str]:
    """Every text in a tree of blocks."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []
