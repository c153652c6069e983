"""Everything that listens in Slack, put together."""

from collections.abc import Collection, Mapping

from slack_bolt.async_app import AsyncApp

from agents.ledger import Ledger
from agents.ports import Clock, Inbox, Journal
from agents.runs import Runs
from agents.spec import RulesFor
from bot.listeners.clicks import Clicks
from bot.listeners.commands import Commands
from bot.listeners.counter import MaySee
from bot.listeners.desk import Desk
from bot.listeners.mentions import Mentions
from bot.listeners.routes import Routes
from bot.listeners.whisper import Whisper
from bot.people import People
from bot.slack import Slack, build_app


def front(
    slack: Slack, *, runs: Runs, people: People, ledger: Ledger, inbox: Inbox, journal: Journal, rules_for: RulesFor, may_see: MaySee,
    channels: Mapping[str, str], agents: Collection[str], clock: Clock,
) -> tuple[Desk, AsyncApp]:
    """The desk, which is to be entered and replayed before the app listens, and the app.

    `channels` maps `#name` and `dm` to the agent that answers there; `agents` are the names of all.
    """
    whisper = Whisper(slack.client)
    routes = Routes(slack.client, channels, agents)
    mentions = Mentions(runs=runs, people=people, routes=routes, whisper=whisper, bot_user=slack.bot_user)
    clicks = Clicks(
        runs=runs, people=people, client=slack.client, whisper=whisper, journal=journal, rules_for=rules_for, may_see=may_see
    )
    commands = Commands(
        ledger=ledger, people=people, whisper=whisper, session=slack.session, proxy=slack.client.proxy, clock=clock
    )
    handlers = {"event": mentions.handle, "action": clicks.handle_action, "view": clicks.handle_view}
    desk = Desk(inbox=inbox, handlers=handlers, check=clicks.complaints, whisper=whisper, bot_user=slack.bot_user, clock=clock)
    return desk, build_app(slack, desk, commands.handle)
