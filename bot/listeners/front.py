"""Everything that listens in Slack, put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agents.incidents import Incidents
from agents.ledger import Ledger
from agents.mailroom import Mailroom
from agents.noise import Watched
from agents.ports import Clock, Inbox, Journal
from agents.runs import Runs
from agents.schedules import Calendar
from agents.spec import AgentSpec, RulesFor
from agents.standing import Standing
from agents.switchboard import Switchboard
from bot import announce, outages
from bot.announce import Announcer
from bot.change_teller import ChangeTeller
from bot.listeners.authors import Authors
from bot.listeners.buttons import Buttons
from bot.listeners.clicks import Clicks
from bot.listeners.commands import Commands
from bot.listeners.deeds import Deeds
from bot.listeners.desk import Desk, Handler
from bot.listeners.home import Home
from bot.listeners.mail import Mail
from bot.listeners.mentions import Mentions
from bot.listeners.monitoring import Monitoring
from bot.listeners.payloads import Ears
from bot.listeners.reading import Reading
from bot.listeners.remembering import Remembering
from bot.listeners.replies import Replies
from bot.listeners.routes import Route, Routes
from bot.listeners.sessions import Sessions
from bot.listeners.shortcuts import Shortcuts
from bot.listeners.waiting import Waiting
from bot.listeners.whisper import Whisper
from bot.notices import Notices
from bot.outages import Outages
from bot.outbound import Outbound
from bot.people import People
from bot.slack import Command, Slack
from bot.visibility import Visibility
from tools.breakers import Breakers
from tools.memories import Memories


@dataclass(frozen=True, slots=True)
class Front:
    """What listens, and what is told to people without being asked."""

    desk: Desk
    """To be entered and replayed before anything listens."""
    command: Command
    """Answers `/ops`."""
    home: Home
    """To be refreshed from time to time."""
    announcer: Announcer
    """To catch up at the start and from time to time."""
    teller: ChangeTeller
    """Likewise."""
    outages: Outages
    """Likewise."""


def front(
    slack: Slack, *, runs: Runs, switchboard: Switchboard, standing: Standing, people: People, ledger: Ledger, inbox: Inbox,
    journal: Journal, memories: Memories, outbound: Outbound, channels: Mapping[str, Route], agents: Mapping[str, AgentSpec],
    rules_for: RulesFor, clock: Clock, breakers: Breakers, calendar: Calendar, mailroom: Mailroom, incidents: Incidents, watched: Watched,
    hooks: Mapping[str, Handler] = MappingProxyType({}),
) -> Front:
    """`channels` maps `#name` and `dm` to what happens there, `hooks` the kinds of deliveries from elsewhere to what deals with them."""
    whisper = Whisper(slack.client)
    replies = Replies(slack.session, slack.client.proxy, whisper)
    routes = Routes(slack.client, channels, agents)
    authors = Authors(people, slack.bot_user)
    visibility = Visibility(people.rooms)
    monitoring = Monitoring(watched, runs=runs, visibility=visibility, workspace=slack.url, clock=clock)
    waiting = Waiting(runs=runs, ledger=ledger, visibility=visibility)
    reading = Reading(
        runs=runs, ledger=ledger, standing=standing, waiting=waiting, visibility=visibility, agents=agents,
        remembering=Remembering(memories, visibility, clock), workspace=slack.url, clock=clock, calendar=calendar, monitoring=monitoring,
    )
    deeds = Deeds(runs=runs, switchboard=switchboard, reading=reading, agents=agents)
    commands = Commands(people=people, reading=reading, deeds=deeds, mail=Mail(mailroom), replies=replies)
    home = Home(
        client=slack.client, people=people, ledger=ledger, standing=standing, reading=reading, waiting=waiting, visibility=visibility,
        deeds=deeds, agents=agents, workspace=slack.url, clock=clock, calendar=calendar, monitoring=monitoring,
    )
    mentions = Mentions(runs=runs, standing=standing, authors=authors, routes=routes, whisper=whisper, bot_user=slack.bot_user)
    picks = Shortcuts(runs=runs, standing=standing, people=people, authors=authors, routes=routes, replies=replies, workspace=slack.url)
    clicks = Clicks(
        runs=runs, people=people, client=slack.client, whisper=whisper, journal=journal, rules_for=rules_for, may_see=visibility.may_see,
        incidents=incidents, standing=standing,
    )
    handlers: dict[str, Handler] = {
        **hooks, "event": mentions.handle, "watched": mentions.watched, "home": home.opened, "shortcut": picks.handle,
        "session": Sessions(runs=runs, ledger=ledger, whisper=whisper).stopped, "view": clicks.handle_view,
        "action": Buttons(home=home, commands=commands, decisions=clicks.handle_action).handle,
    }
    ears = Ears(slack.bot_user, slack.bot_id, routes.watches)
    desk = Desk(inbox=inbox, mailroom=mailroom, handlers=handlers, check=clicks.complaints, whisper=whisper, ears=ears, clock=clock)
    return Front(desk, commands.handle, home, *_tellers(slack, outbound, standing, switchboard, ledger, people, breakers))


def _tellers(
    slack: Slack, outbound: Outbound, standing: Standing, switchboard: Switchboard, ledger: Ledger, people: People, breakers: Breakers
) -> tuple[Announcer, ChangeTeller, Outages]:
    """Who tells people of what concerns no single run."""
    halts = Announcer(notices=_halts(slack, outbound), standing=standing, switchboard=switchboard, ledger=ledger)
    down = Outages(notices=_outages(slack, outbound), standing=standing, switchboard=switchboard, breakers=breakers)
    changes = ChangeTeller(
        posting=slack.posting, reading=slack.client, outbound=outbound, bot_user=slack.bot_user, standing=standing,
        switchboard=switchboard, people=people,
    )
    return halts, changes, down


def _halts(slack: Slack, outbound: Outbound) -> Notices:
    return _notices(slack, outbound, announce.EVENT_TYPE, "a halt")


def _outages(slack: Slack, outbound: Outbound) -> Notices:
    return _notices(slack, outbound, outages.EVENT_TYPE, "an outage")


def _notices(slack: Slack, outbound: Outbound, event_type: str, what: str) -> Notices:
    return Notices(
        posting=slack.posting, reading=slack.client, outbound=outbound, bot_user=slack.bot_user, event_type=event_type, what=what
    )
