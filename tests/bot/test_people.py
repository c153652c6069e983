"""Who people are, asked of the sandbox's workspace."""

from collections.abc import Mapping
from dataclasses import replace

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level
from agents.core.ids import ActorId, local_person, person
from bot.people import People
from bot.sandbox.app import running
from bot.sandbox.seed import acme
from tests.bot.office import Role
from tests.bot.sandbox.acting import Page

OPS = ("S01OPS",)
ROLES = {"operators": Role((), OPS), "leads": Role(("U01CAROL",)), "ghosts": Role((), ("S01GONE",)), "all": Role(("U01BOB",), OPS)}
TEAM = "T01SANDBOX"


async def test_people_hold_the_roles_of_this_moment() -> None:
    workspace = acme()
    async with running(workspace=workspace) as sandbox:
        people = People(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/"), TEAM, ROLES, fresh=0.0)
        alice = await people.voter(person(TEAM, "U01ALICE"))
        assert (alice.name, alice.user, alice.team, alice.roles) == ("Alice Moreau", "U01ALICE", TEAM, frozenset({"operators", "all"}))
        assert (await people.voter(person(TEAM, "U01CAROL"))).roles == {"leads"}
        assert (await people.voter(person(TEAM, "U01GUS"))).is_guest
        assert (await people.voter(person(TEAM, "U01BOT"))).is_bot
        assert (await people.voter(person("T9OTHER", "U01ALICE"))).is_foreign
        assert (await people.voter(person(TEAM, "U01NOBODY"))).is_unknown
        assert (await people.voter(ActorId("countersign"))).is_unknown
        assert await people.name("U01DANA") == "Dana Reyes"
        assert await people.name("U01NOBODY") == "U01NOBODY"


async def test_roles_count_who_is_in_a_channel_at_the_moment() -> None:
    workspace = acme()
    roles = {"leads": Role(channels=("C01OPSLEADS",)), "gone": Role(channels=("C01GONE",))}
    async with running(workspace=workspace) as sandbox:
        people = People(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/"), TEAM, roles, fresh=0.0)
        assert (await people.voter(person(TEAM, "U01ALICE"))).roles == {"leads"}
        assert (await people.voter(person(TEAM, "U01DANA"))).roles == frozenset()
        many = tuple(f"U9{number:04}" for number in range(450))
        workspace.channels["C01OPSLEADS"] = replace(workspace.channels["C01OPSLEADS"], members=("U01BOT", *many, "U01DANA"))
        assert (await people.voter(person(TEAM, "U01DANA"))).roles == {"leads"}  # on the third page
        assert (await people.voter(person(TEAM, "U01ALICE"))).roles == frozenset()


async def test_where_channels_cannot_be_asked_nobody_is_in_them() -> None:
    async with running() as sandbox:
        people = People(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/"), TEAM, {"l": Role(channels=("C01OPSLEADS",))})
        async with aiohttp.ClientSession() as session:
            await Page(session, sandbox.url).act("faults", unknown_methods=["conversations.members"])
            assert (await people.voter(person(TEAM, "U01ALICE"))).roles == frozenset()


async def test_people_of_other_workspaces_are_known_and_foreign() -> None:
    roles = {"friends": Role(("U02NINA",)), "viewers": Role(("U02NINA",))}
    async with running() as sandbox:
        people = People(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/"), TEAM, roles, fresh=0.0)
        nina = await people.voter(person("T02NORTHWIND", "U02NINA"))
        assert (nina.name, nina.team, nina.actor) == ("Nina Falk", "T02NORTHWIND", "T02NORTHWIND/U02NINA")
        assert (nina.is_foreign, nina.is_member, nina.level, nina.roles) == (True, False, Level.NOBODY, frozenset({"friends", "viewers"}))
        assert (await people.voter(person(TEAM, "U02NINA"))).is_foreign
        assert (await people.voter(person(TEAM, "U01OTTO"))).is_deactivated


@pytest.mark.parametrize(
    ("held", "names", "level"),
    [
        ((), (), Level.ADMIN), ((), ("operators",), Level.VIEWER), (("operators",), ("operators",), Level.ADMIN),
        (("operators",), ("operators", "admins"), Level.OPERATOR), (("admins",), ("operators", "admins"), Level.ADMIN),
        ((), ("viewers", "operators"), Level.NOBODY), (("viewers",), ("viewers", "operators"), Level.VIEWER),
    ],
)
async def test_levels_come_from_the_names_of_roles(held: tuple[str, ...], names: tuple[str, ...], level: Level) -> None:
    roles = {name: Role(("U1",) if name in held else ("U2",)) for name in names}
    people = People(Answers({"id": "U1", "name": "x", "team_id": TEAM}), TEAM, roles)
    assert (await people.voter(person(TEAM, "U1"))).level == level


async def test_whoever_is_at_the_terminal_is_local() -> None:
    voter = await People(AsyncWebClient(), TEAM, ROLES).voter(local_person("root"))
    assert (voter.is_local, voter.name, voter.team) == (True, "root", "local")


async def test_where_slack_cannot_be_asked_nobody_is_known() -> None:
    async with running() as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        async with aiohttp.ClientSession() as session:
            page = Page(session, sandbox.url)
            people = People(client, TEAM, ROLES, fresh=0.0)
            await page.act("faults", unknown_methods=["users.info"])
            assert (await people.voter(person(TEAM, "U01ALICE"))).is_unknown
            await page.act("faults", unknown_methods=["usergroups.users.list"])
            assert (await people.voter(person(TEAM, "U01ALICE"))).roles == frozenset()
            assert (await people.voter(person(TEAM, "U01BOB"))).roles == {"all"}


async def test_many_questions_at_once_are_one_question() -> None:
    async with running() as sandbox:
        client = AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")
        people = People(client, TEAM, ROLES, fresh=60.0)
        async with aiohttp.ClientSession() as session:
            page = Page(session, sandbox.url)
            for _ in range(50):
                await people.voter(person(TEAM, "U01ALICE"))
            assert len((await page.see("log", method="users.info"))["calls"]) == 1


@pytest.mark.parametrize(
    ("shape", "flag"),
    [
        ({"deleted": True}, "is_deactivated"), ({"is_ultra_restricted": True}, "is_guest"), ({"is_stranger": True}, "is_foreign"),
        ({"team_id": "T9"}, "is_foreign"), ({"is_workflow_bot": True}, "is_bot"),
    ],
)
async def test_flags_count_against_people(shape: dict[str, object], flag: str) -> None:
    people = People(Answers({"id": "U1", "name": "x", "team_id": TEAM} | shape), TEAM, {}, fresh=0.0)
    assert getattr(await people.voter(person(TEAM, "U1")), flag)


@pytest.mark.parametrize("home", [TEAM, "T2", "E1"])
async def test_a_member_of_the_organisation_acts_here_under_one_id(home: str) -> None:
    shape = {"id": "U1", "name": "x", "team_id": "T2", "enterprise_user": {"teams": ["T2", TEAM]}}
    people = People(Answers(shape), TEAM, {"operators": Role(("U1",))})
    voter = await people.voter(person(home, "U1"))
    assert (voter.actor, voter.team, voter.is_foreign, voter.level) == (f"{TEAM}/U1", TEAM, False, Level.ADMIN)
    assert (await people.author(person(home, "U1"))).actor == f"{TEAM}/U1"


@pytest.mark.parametrize("shape", [{"teams": ["T2", "T3"]}, {}])
async def test_other_members_of_the_organisation_are_foreign(shape: dict[str, object]) -> None:
    people = People(Answers({"id": "U1", "name": "x", "team_id": TEAM, "enterprise_user": shape}), TEAM, {})
    voter = await people.voter(person("T2", "U1"))
    assert (voter.actor, voter.is_foreign, voter.is_member) == ("T2/U1", True, False)


def test_roles_are_mentioned_by_their_people_and_groups() -> None:
    roles = {**ROLES, "leads": Role(channels=("C01OPSLEADS",))}
    mentions = People(AsyncWebClient(), TEAM, roles).mentions()
    assert mentions["all"] == "<@U01BOB> <!subteam^S01OPS>"
    assert mentions["leads"] == "everybody in <#C01OPSLEADS>"


class Answers(AsyncWebClient):
    """A client that knows one person."""

    def __init__(self, shape: Mapping[str, object]) -> None:
        super().__init__()
        self._shape = shape

    async def users_info(self, **arguments: object) -> dict[str, Mapping[str, object]]:  # type: ignore[override]  # a plain answer will do
        return {"user": self._shape}
