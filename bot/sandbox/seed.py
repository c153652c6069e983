"""The cast and the channels of the sandbox."""

import time
from collections.abc import Callable

from bot.sandbox.workspace import Channel, Person, Shortcut, Team, UserGroup, Workspace

ACME = Team(
    id="T01SANDBOX",
    name="Acme",
    domain="acme",
    app_id="A01APP",
    bot_id="B01BOT",
    bot_user="U01BOT",
    commands=("/ops",),
    shortcuts=(Shortcut("triage_this", "Triage this"),),
)
NORTHWIND = "T02NORTHWIND"
"""Another company's workspace, with which Acme shares channels."""
PEOPLE = (
    Person("U01DANA", "dana", "Dana Reyes", "Support lead", "7c3aed"),
    Person("U01ALICE", "alice", "Alice Moreau", "Operator", "0f766e"),
    Person("U01BOB", "bob", "Bob Lindqvist", "Operator", "b45309"),
    Person("U01CAROL", "carol", "Carol Osei", "Workspace admin", "be185d", is_admin=True),
    Person("U01GUS", "gus", "Gus Park", "Guest from a partner", "4d7c0f", is_guest=True),
    Person("U02NINA", "nina", "Nina Falk", "Engineer at Northwind", "0369a1", home_team=NORTHWIND),
    Person("U01OTTO", "otto", "Otto Brandt", "Operator until last month", "57534e", is_deactivated=True),
    Person("U01GRAFANA", "grafana", "Grafana", "App", "ea580c", is_bot=True, bot_id="B01GRAFANA", app_id="A01GRAFANA"),
    Person("U01BOT", "countersign", "countersign", "App", "1d4ed8", is_bot=True, bot_id=ACME.bot_id, app_id=ACME.app_id),
)
OPS = UserGroup("S01OPS", "ops", "Operators", ("U01ALICE", "U01BOB"))
ACTIVE = tuple(person.id for person in PEOPLE if not person.is_deactivated)
EVERYBODY = tuple(user for user in ACTIVE if user != "U01GRAFANA")
LEADS = ("U01ALICE", "U01BOB", ACME.bot_user)


def acme(clock: Callable[[], float] = time.time) -> Workspace:
    """A new workspace "Acme" with nothing said in it yet."""
    created = int(clock())
    channels = [
        Channel("C01INCIDENTS", "incidents", EVERYBODY, created=created),
        Channel("C01OPSLEADS", "ops-leads", LEADS, created=created, is_private=True),
        Channel("C01GENERAL", "general", EVERYBODY, created=created),
        Channel("C01ALERTS", "alerts", ACTIVE, created=created),
        Channel("C01DATA", "data", ACTIVE, created=created),
    ]
    for person in PEOPLE:
        if person.id in ACTIVE and not person.is_bot and person.home_team is None:
            name = person.id.removeprefix("U01")
            channels.append(Channel(f"D01{name}", person.name, (person.id, ACME.bot_user), is_dm=True, created=created))
    return Workspace(ACME, PEOPLE, channels, (OPS,), clock)
