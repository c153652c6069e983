"""Admins are told of a tool that changed, each once, also across crashes and bad lines."""

from agents.core.ids import CONTROL, person
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, Office, Role, office
from tests.bot.sandbox.acting import Json, Page

ALICE = person("T01SANDBOX", "U01ALICE")
TOOL = "files_fetch"


async def told(bot: Office, user: str) -> list[Json]:
    """What the bot has written to this person."""
    channel = (await bot.slack.client.conversations_open(users=user))["channel"]["id"]
    return [one for one in await bot.page.messages(user, channel) if one["user"] == "U01BOT"]


def admins(*users: str) -> Kept:
    return Kept(roles={"operators": Role((), ("S01OPS",)), "admins": Role(users)})


async def changed(bot: Office, definition: str) -> None:
    """The tool is trusted, and then another."""
    await bot.switchboard.trust(TOOL, "{}", ALICE)
    await bot.switchboard.tool_changed(TOOL, definition)


async def test_each_admin_is_told_once_of_each_change(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, admins("U01ALICE", "U01BOB")) as bot:
        await bot.front.teller.catch_up()
        await changed(bot, '{"description":"<!channel> *evil*"}')
        await bot.switchboard.tool_changed(TOOL, "another")  # it is off already
        for _ in range(2):
            await bot.front.teller.catch_up()
        for user in ("U01ALICE", "U01BOB"):
            [message] = await told(bot, user)
            assert "*The definition of `files_fetch` changed, so the tool is off*" in message["text"]
            assert "countersign tool trust files_fetch" in str(message["blocks"])
            assert "evil" not in str(message)
        assert await told(bot, "U01DANA") == []
        await changed(bot, "{2}")
        await bot.front.teller.catch_up()
        assert len(await told(bot, "U01ALICE")) == 2


async def test_what_a_crash_cut_off_is_caught_up_with_and_not_said_twice(sandbox: Sandbox, page: Page) -> None:
    kept = admins("U01ALICE")
    async with office(sandbox, page, kept) as bot:
        await changed(bot, "{1}")
    async with office(sandbox, page, kept) as bot:
        await bot.front.teller.catch_up()
        assert len(await told(bot, "U01ALICE")) == 1
    assert kept.journal.rows[CONTROL].pop().event.kind == "tool_change_told"  # it was posted, and the crash came before that was written
    async with office(sandbox, page, kept) as bot:
        await bot.front.teller.catch_up()
        assert len(await told(bot, "U01ALICE")) == 1
        assert kept.journal.rows[CONTROL][-1].event.kind == "tool_change_told"


async def test_who_cannot_be_told_is_given_up_and_the_others_are_told(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, admins("U01ALICE", "U0NOBODY")) as bot:
        await changed(bot, "{1}")
        await bot.front.teller.catch_up()
        assert len(await told(bot, "U01ALICE")) == 1
        assert dict(bot.standing.switches.changes[TOOL].told).keys() == {"U01ALICE"}


async def test_where_no_role_names_admins_the_operators_are_told_and_otherwise_nobody(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept()) as bot:
        await changed(bot, "{1}")
        await bot.front.teller.catch_up()
        assert set(bot.standing.switches.changes[TOOL].told) == {"U01ALICE", "U01BOB"}
    async with office(sandbox, page, Kept(roles={})) as bot:
        await changed(bot, "{1}")
        await bot.front.teller.catch_up()
        assert bot.standing.switches.changes[TOOL].told == {}
