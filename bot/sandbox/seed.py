"""The cast and the channels of the sandbox."""

import time
from collections.abc import Callable

from bot.sandbox.workspace import Channel, Person, Team, UserGroup, Workspace

ACME = Team(id="T01SANDBOX", name="Acme", domain="acme", app_id="A01APP", bot_id="B01BOT", bot_user="U01BOT", commands=("/ops",))
PEOPLE = (
    Person("U01DANA", "dana", "Dana Reyes", "Support lead", "7c3aed"),
    Person("U01ALICE", "alice", "Alice Moreau", "Operator", "0f766e"),
    Person("U01BOB", "bob", "Bob Lindqvist", "Operator", "b45309"),
    Person("U01CAROL", "carol", "Carol Osei", "Workspace admin", "be185d", is_admin=True),
    Person("U01GUS", "gus", "Gus Park", "Guest from a partner", "4d7c0f", is_guest=True),
    Person("U01BOT", "countersign", "countersign", "App", "1d4ed8", is_bot=True),
)
OPS = UserGroup("S01OPS", "ops", "Operators", ("U01ALICE", "U01BOB"))
EVERYBODY = tuple(person.id for person in PEOPLE)
MEMBERS = tuple(person.id for person in PEOPLE if not person.is_guest)


def acme(clock: Callable[[], float] = time.time) -> Workspace:
    """A new workspace "Acme" with nothing said in it yet."""
    created = int(clock())
    channels = [
        Channel("C01INCIDENTS", "incidents", EVERYBODY, created=created),
        Channel("C01OPSLEADS", "ops-leads", MEMBERS, created=created),
        Channel("C01GENERAL", "general", EVERYBODY, created=created),
    ]
    for person in PEOPLE:
        if not person.is_bot:
            name = person.id.removeprefix("U01")
            channels.append(Channel(f"D01{name}", person.name, (person.id, ACME.bot_user), is_dm=True, created=created))
    return Workspace(ACME, PEOPLE, channels, (OPS,), clock)
