"""Slack as the Slack tools see it: what may be read on whose behalf, who wrote it, and posts that are found again by their key."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.errors import SurfaceError
from agents.core.trigger import Place
from agents.ports import Caller, Failed, Unknown
from bot.config import Config
from bot.found import found, keys_of, marked
from bot.listeners.authors import Authors
from bot.listeners.payloads import POSTED
from bot.listeners.texts import borrowed
from bot.outbound import Outbound, Urgency
from bot.people import People
from bot.rooms import Kind
from bot.settings import Settings
from bot.slack import Slack, connect
from bot.trouble import EXPECTED, trouble_of
from bot.views.blocks import SECTION, context, section
from bot.views.mrkdwn import escape, split
from tools.workspace import Conversation, Said

FRESH = 5.0
"""Seconds ago at most that somebody was in a channel on whose behalf it is read."""

PAGE = 200
"""Messages that are asked for at once."""

PAGES = 10
"""How many pages of a long thread are read for its newest messages."""


class SlackWorkspace:
    """Implements `tools.workspace.Workspace`."""

    def __init__(self, slack: Slack, people: People, outbound: Outbound) -> None:
        self._slack = slack
        self._people = people
        self._outbound = outbound
        self._authors = Authors(people, slack.bot_user)

    async def channel(self, name: str) -> str | Failed:
        """The id of `#name`; an id is its own."""
        try:
            return await self._slack.places.id_of(name)
        except (SurfaceError, *EXPECTED) as error:
            return _failed(error, f"to say where {name} is")

    async def read(self, channel: str, thread: str, limit: int, caller: Caller) -> Conversation | Failed:
        """The newest messages of a channel, or of a thread with its first message, if whoever caused the run may read them."""
        if refused := await self._refused(channel, caller):
            return refused
        try:
            found, left_out = await (self._replies(channel, thread, limit) if thread else self._history(channel, limit))
            name = (await self._slack.client.conversations_info(channel=channel))["channel"].get("name")
        except EXPECTED as error:
            return _failed(error, f"to show {channel}")
        said = [await self._said(message) for message in found]
        return Conversation(f"#{name}" if name else "this direct conversation", said, left_out)

    async def post(self, channel: str, thread: str, text: str, key: str, caller: Caller) -> str | Failed | Unknown:
        """Post it at our pace; what may have arrived is looked for before it is sent again. Raises nothing that is to be expected."""
        began = datetime.now(UTC)
        safe = escape(text)
        blocks = [*map(section, split(safe, SECTION)), context(escape(_signed(caller)))]

        async def call() -> AsyncSlackResponse:
            return await self._slack.posting.chat_postMessage(
                channel=channel, thread_ts=thread or None, text=safe, blocks=blocks, metadata=marked(key), unfurl_links=False,
                unfurl_media=False, link_names=False, parse="none",
            )

        async def already() -> str | None:
            place = Place(self._slack.team, channel, thread)
            return await found(self._slack.client, place, key, began, self._slack.bot_user)

        try:
            ts = await self._outbound.send(channel, call, urgency=Urgency.SPEECH, what="chat.postMessage of a tool", search=already)
        except SurfaceError as error:
            return Failed(str(error))
        within = f"?thread_ts={thread}&cid={channel}" if thread else ""
        return f"{self._slack.url}archives/{channel}/p{ts.replace('.', '')}{within}" if self._slack.url else f"{channel} {ts}"

    async def stands(self, channel: str, thread: str, key: str) -> bool | None:
        """Whether a message of ours with this key stands there. Of a channel it reads the newest first; whoever asks bounds the time."""
        cursor: str | None = None
        while True:
            try:
                page = await self._page(channel, thread, cursor)
            except EXPECTED:
                return None
            if any(key in keys_of(message, self._slack.bot_user) for message in page.get("messages") or ()):
                return True
            cursor = _next(page)
            if not cursor:
                return False

    async def _refused(self, channel: str, caller: Caller) -> Failed | None:
        """Why this channel may not be read on behalf of whoever caused the run; None where it may."""
        if caller.place is not None and caller.place.channel == channel:
            return None
        rooms = self._people.rooms
        match await rooms.kind(channel, FRESH):
            case Kind.UNKNOWN:
                return Failed(f"What kind of channel {channel} is cannot be learnt, so it is not read. Is the bot in it?")
            case Kind.PRIVATE | Kind.DIRECT:
                return Failed(f"{channel} is private: only a conversation that takes place in it may read it.")
        if "/" not in caller.initiator:
            return None  # the program itself, by its schedule
        asker = await self._people.voter(caller.initiator)
        if asker.is_member or asker.is_local or asker.user in await rooms.members(channel, FRESH):
            return None
        return Failed(f"Whoever asked is no full member of the workspace and not in {channel}, so it is not read for them.")

    async def _history(self, channel: str, limit: int) -> tuple[list[Mapping[str, Any]], bool]:
        """The newest messages, oldest first, and whether there are older ones."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self._page(channel, "", cursor)
            found += [message for message in page.get("messages") or () if message.get("subtype") in POSTED]
            cursor = _next(page)
            if len(found) > limit or not cursor:
                break
        return found[:limit][::-1], len(found) > limit or bool(cursor)

    async def _replies(self, channel: str, thread: str, limit: int) -> tuple[list[Mapping[str, Any]], bool]:
        """The first message of a thread and its newest replies, oldest first."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(PAGES):
            page = await self._page(channel, thread, cursor)
            found += [message for message in page.get("messages") or () if message.get("subtype") in POSTED]
            cursor = _next(page)
            if not cursor:
                break
        left_out = len(found) > limit or bool(cursor)
        return (found if len(found) <= limit else [found[0], *found[len(found) - limit + 1 :]]), left_out

    async def _page(self, channel: str, thread: str, cursor: str | None) -> AsyncSlackResponse:
        client: AsyncWebClient = self._slack.client
        if thread:
            return await client.conversations_replies(channel=channel, ts=thread, include_all_metadata=True, limit=PAGE, cursor=cursor)
        return await client.conversations_history(channel=channel, include_all_metadata=True, limit=PAGE, cursor=cursor)

    async def _said(self, message: Mapping[str, Any]) -> Said:
        author = await self._authors.author(message, self._slack.team)
        text = await self._authors.text(message, self._slack.team)
        return Said(str(message["ts"]), author.name, text, author.is_outsider or borrowed(message), int(message.get("reply_count") or 0))


@asynccontextmanager
async def open_workspace(settings: Settings, config: Config) -> AsyncIterator[SlackWorkspace | None]:
    """The workspace, for a process that is no bot; None where no tokens are set. Raises ConfigError."""
    if not settings.slack_bot_token or not settings.slack_app_token:
        yield None
        return
    async with (
        connect(bot_token=settings.slack_bot_token, app_token=settings.slack_app_token, api_url=settings.slack_api_url) as slack,
        Outbound() as outbound,
    ):
        yield SlackWorkspace(slack, People(slack.client, slack.team, config.roles), outbound)


def _next(page: AsyncSlackResponse) -> str | None:
    return (page.get("response_metadata") or {}).get("next_cursor") or None


def _signed(caller: Caller) -> str:
    return f"Posted by {caller.agent} in {caller.run_id}" if caller.run_id else f"Posted by {caller.initiator}"


def _failed(error: BaseException, what: str) -> Failed:
    """What went wrong and what to do about it. Reading had no effect, so whatever it is, it is a plain failure."""
    if isinstance(error, SurfaceError):
        return Failed(str(error))
    try:
        return Failed(f"Slack did not answer when it was asked {what}: {trouble_of(error, what).text}. Try again later.")
    except SurfaceError as told:
        return Failed(str(told))
