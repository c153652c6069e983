"""Slack as a tool: read what was said where the run's initiator may read, and post in the channels that the operator names."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field

from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Caller, Done, Failed, Unknown
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext
from tools.workspace import Conversation, Said, Workspace

TS = r"^([0-9]{10}\.[0-9]{6})?$"
TEXT = 3_000
"""Characters of a message that is posted."""

SHOWN = 3_000
"""Characters of each message that is read."""

NO_SLACK = "There is no connection to Slack here: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set."

_CHANNEL = re.compile(r"<#(?P<id>[CGD][A-Z0-9]{2,20})(?:\|[^>]*)?>|#?(?P<name>[^\s#<>/:]{1,80})")
_PERMALINK = re.compile(
    r"<?https://[\w.-]+/archives/(?P<channel>[CGD][A-Z0-9]{2,20})(?:/p(?P<ts>\d{10}\d{6}))?(?:\?(?P<query>[^>|#]*))?(?:\|[^>]*)?>?"
)
_THREAD = re.compile(r"(?:^|&)thread_ts=(\d{10}\.\d{6})(?:&|$)")


class SlackConfig(Part):
    """Where it may post."""

    channels: tuple[str, ...] = Field(default=(), max_length=100)
    """Names such as `#incidents`, or ids. Empty: it posts nowhere."""


class SlackEntry(Entry):
    """`{name: slack, slack: {channels: ["#incidents"]}}`."""

    slack: SlackConfig


@dataclass(frozen=True, slots=True)
class Desk:
    """The workspace, and where may be posted."""

    workspace: Workspace | None
    """None where there is no connection to Slack."""
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A channel by its name or id, or a thread in it."""

    channel: str
    thread: str = ""


@asynccontextmanager
async def _connect(entry: SlackEntry, context: SourceContext) -> AsyncIterator[Desk]:
    yield Desk(context.workspace, entry.slack.channels)


def spot_of(said: str, thread: str = "") -> Spot | None:
    """What is meant by a channel's name, its id or a message's address; None where nothing can be."""
    text = said.strip()
    if link := _PERMALINK.fullmatch(text):
        within = _THREAD.search(link["query"] or "")
        own = f"{link['ts'][:10]}.{link['ts'][10:]}" if link["ts"] else ""
        return Spot(link["channel"], thread or (within[1] if within else own))
    found = _CHANNEL.fullmatch(text)
    return Spot(found["id"] or _named(found["name"]), thread) if found else None


def _named(name: str) -> str:
    return name if re.fullmatch(r"[CGD][A-Z0-9]{2,20}", name) else f"#{name.lower()}"


async def _read(desk: Desk, arguments: Arguments, use: Use) -> Done | Failed:
    if desk.workspace is None:
        return Failed(NO_SLACK)
    spot = _own(use.caller) if not arguments["where"].strip() else spot_of(arguments["where"], arguments["thread"])
    if spot is None:
        return Failed("Say where: a channel such as #incidents, its id, or the address of a message.")
    channel = await desk.workspace.channel(spot.channel)
    if isinstance(channel, Failed):
        return channel
    found = await desk.workspace.read(channel, spot.thread, arguments["limit"], use.caller)
    return found if isinstance(found, Failed) else Done(_told(found, spot), any(one.outsider for one in found.messages))


async def _post(desk: Desk, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    if desk.workspace is None:
        return Failed(NO_SLACK)
    spot = await _allowed(desk, desk.workspace, arguments)
    if isinstance(spot, Failed):
        return spot
    posted = await desk.workspace.post(spot.channel, spot.thread, arguments["text"].strip(), use.key, use.caller)
    return Done(f"Posted: {posted}") if isinstance(posted, str) else posted


async def _stands(desk: Desk, arguments: Arguments, key: str) -> bool | None:
    if desk.workspace is None:
        return None
    spot = await _allowed(desk, desk.workspace, arguments)
    return None if isinstance(spot, Failed) else await desk.workspace.stands(spot.channel, spot.thread, key)


async def _allowed(desk: Desk, workspace: Workspace, arguments: Arguments) -> Spot | Failed:
    """Where to post, by ids, if the operator lets it."""
    spot = spot_of(arguments["channel"], arguments["thread"])
    if spot is None:
        return Failed("`channel` is no channel: write its name, its id, or the address of a message.")
    wanted = await workspace.channel(spot.channel)
    if isinstance(wanted, Failed):
        return wanted
    for name in desk.channels:
        if await workspace.channel(_named(name.removeprefix("#"))) == wanted:
            return Spot(wanted, spot.thread)
    allowed = ", ".join(desk.channels) or "none"
    return Failed(f"Nothing may be posted in {spot.channel}. The channels that the configuration allows: {allowed}.")


def _invalid(desk: Desk, arguments: Arguments) -> str | None:
    return None if arguments["text"].strip() else "`text` is empty: there is nothing to post."


def _own(caller: Caller) -> Spot | None:
    return Spot(caller.place.channel, caller.place.thread_ts) if caller.place else None


def _told(found: Conversation, spot: Spot) -> str:
    what = f"the thread {spot.thread} in {found.channel}" if spot.thread else found.channel
    count = len(found.messages)
    head = f"{count} {'message' if count == 1 else 'messages'} of {what}, oldest first{'; there are older ones' if found.left_out else ''}"
    return "\n".join((head, *map(_line, found.messages)))


def _line(one: Said) -> str:
    """A message that cannot be taken for another one."""
    at = datetime.fromtimestamp(float(one.ts), UTC) if re.fullmatch(r"\d{1,11}\.\d{1,6}", one.ts) else None
    name = " ".join(one.name.split())[:80]
    who = f"{name} (an outsider or an app)" if one.outsider else name
    replies = f", {one.replies} {'reply' if one.replies == 1 else 'replies'}" if one.replies else ""
    text = one.text if len(one.text) <= SHOWN else f"{one.text[: SHOWN - 1]}…"
    body = "\n".join(f"  {line}" for line in text.splitlines())
    return f"{f'{at:%Y-%m-%d %H:%M:%S} UTC' if at else 'unknown time'} {who} [ts {one.ts}{replies}]\n{body}"


THREAD = Argument(type="string", default="", pattern=TS, description="the ts of a thread's first message, such as 1795858200.000100")

SLACK = Pack("slack", SlackEntry, (
    Operation(
        "read",
        "Read the newest messages of a Slack channel or of a thread, oldest first: of public channels that the bot is in, and of private "
        "ones or direct messages only of the one in which this conversation is.",
        _read,
        {
            "where": Argument(
                type="string", default="", maxLength=300,
                description="a channel such as #incidents, its id, or a message's address for its thread; empty for this conversation",
            ),
            "thread": THREAD,
            "limit": Argument(type="integer", default=30, minimum=1, maximum=100, description="at most so many messages"),
        },
        max_result=40_000,
    ),
    Operation(
        "post",
        "Post a message in a Slack channel of our own workspace, or in a thread there. It is plain text with Slack's *bold*, _italic_ and "
        "`code`; it can mention nobody and nothing in it becomes a link.",
        _post,
        {
            "channel": Argument(
                type="string", minLength=1, maxLength=300,
                description="a channel such as #incidents, its id, or the address of a message in whose thread to post",
            ),
            "text": Argument(type="string", minLength=1, maxLength=TEXT, description="what to post"),
            "thread": THREAD,
        },
        risk=Risk.MEDIUM, effect=Effect.INTERNAL, repeat=Repeat.NEVER, invalid=_invalid, probe=_stands, timeout=60.0,
    ),
), _connect)
