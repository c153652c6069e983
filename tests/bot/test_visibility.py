"""Who may read of a run: every kind of person before every kind of place."""

from dataclasses import replace

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.ids import local_person, person
from agents.core.trigger import Place, Source
from agents.ledger import RunSummary
from bot.rooms import Rooms
from bot.sandbox.app import Sandbox, running
from bot.sandbox.seed import acme
from bot.visibility import Visibility
from tests.bot.sandbox.acting import Page
from tests.bot.views.made import run_of, started
from tests.bot.views.test_lists import summary

TEAM = "T01SANDBOX"
PUBLIC, PRIVATE, DIRECT = (Place(TEAM, channel, "1.1") for channel in ("C01GENERAL", "C01OPSLEADS", "D01DANA"))
GONE = Place(TEAM, "C01GONE", "1.1")
DANA = person(TEAM, "U01DANA")
"""Who asked for all of the runs."""


def somebody(user: str, level: Level) -> Voter:
    """A member of the workspace."""
    return Voter(person(TEAM, user), user, user, TEAM, level=level)


PEOPLE = {
    "initiator": somebody("U01DANA", Level.VIEWER),
    "member of the private channel": somebody("U01ALICE", Level.VIEWER),
    "operator elsewhere": somebody("U01CAROL", Level.OPERATOR),
    "viewer": somebody("U01CAROL", Level.VIEWER),
    "admin": somebody("U01CAROL", Level.ADMIN),
    "no viewer": somebody("U01CAROL", Level.NOBODY),
    "no viewer, though in the private channel": somebody("U01ALICE", Level.NOBODY),
    "initiator, though no viewer": somebody("U01DANA", Level.NOBODY),
    "at the terminal": Voter(local_person("root"), "root", "root", "local", level=Level.ADMIN, is_local=True),
    "guest who asked": replace(somebody("U01DANA", Level.NOBODY), is_guest=True),
    "foreigner": replace(somebody("U01ALICE", Level.NOBODY), is_foreign=True),
    "deactivated": replace(somebody("U01ALICE", Level.NOBODY), is_deactivated=True),
    "unknown": replace(somebody("U01DANA", Level.NOBODY), is_unknown=True),
    "bot": replace(somebody("U01BOT", Level.NOBODY), is_bot=True),
}

#   who: public, private, direct, terminal, a channel of which nothing can be learnt
MAY = {
    "initiator": (True, True, True, True, True),
    "member of the private channel": (True, True, False, False, False),
    "operator elsewhere": (True, False, False, True, False),
    "viewer": (True, False, False, False, False),
    "admin": (True, True, True, True, True),
    "no viewer": (False, False, False, False, False),
    "no viewer, though in the private channel": (False, False, False, False, False),
    "initiator, though no viewer": (True, True, True, True, True),
    "at the terminal": (True, True, True, True, True),
    "guest who asked": (False, False, False, False, False),
    "foreigner": (False, False, False, False, False),
    "deactivated": (False, False, False, False, False),
    "unknown": (False, False, False, False, False),
    "bot": (False, False, False, False, False),
}


def at(place: Place | None) -> RunSummary:
    """A run of Dana's."""
    return replace(summary(), actor=DANA, place=place, source=Source.MENTION)


@pytest.fixture
def visibility(sandbox: Sandbox) -> Visibility:
    """The rules, with nothing remembered."""
    return Visibility(Rooms(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")), fresh=0.0)


@pytest.mark.parametrize("who", PEOPLE)
async def test_who_may_read_of_what(visibility: Visibility, who: str) -> None:
    places = (PUBLIC, PRIVATE, DIRECT, None, GONE)
    assert tuple([await visibility.may_see(PEOPLE[who], at(place)) for place in places]) == MAY[who]


async def test_a_folded_run_is_judged_like_its_summary(visibility: Visibility) -> None:
    run = run_of(started())
    assert await visibility.may_see(replace(PEOPLE["viewer"], actor=run.trigger.actor), run)
    assert not await visibility.may_see(PEOPLE["viewer"], run)


@pytest.mark.parametrize("source", [Source.FINDING, Source.SCHEDULE])
async def test_what_nobody_asked_for_and_has_no_channel_is_for_whoever_may_read(visibility: Visibility, source: Source) -> None:
    found = replace(at(None), source=source)
    allowed = [who for who, person in PEOPLE.items() if await visibility.may_see(person, found)]
    assert allowed == ["initiator", "member of the private channel", "operator elsewhere", "viewer", "admin", "at the terminal"]


async def test_the_other_person_of_a_direct_conversation_may_read_it(visibility: Visibility) -> None:
    other = replace(at(DIRECT), actor=person(TEAM, "U01BOB"))
    assert await visibility.may_see(PEOPLE["initiator"], other)


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members"])
async def test_what_cannot_be_learnt_hides(visibility: Visibility, page: Page, method: str) -> None:
    await page.act("faults", unknown_methods=[method])
    assert not await visibility.may_see(PEOPLE["member of the private channel"], at(PRIVATE))
    assert await visibility.may_see(PEOPLE["initiator"], at(PRIVATE))
    assert await visibility.may_see(PEOPLE["viewer"], at(PUBLIC)) == (method == "conversations.members")


async def test_whoever_leaves_a_private_channel_reads_no_more_of_it() -> None:
    workspace = acme()
    async with running(workspace=workspace) as sandbox:
        visibility = Visibility(Rooms(AsyncWebClient(token="xoxb-sandbox", base_url=f"{sandbox.url}/api/")), fresh=0.0)
        assert await visibility.may_see(PEOPLE["member of the private channel"], at(PRIVATE))
        workspace.channels["C01OPSLEADS"] = replace(workspace.channels["C01OPSLEADS"], members=("U01BOB", "U01BOT"))
        assert not await visibility.may_see(PEOPLE["member of the private channel"], at(PRIVATE))
