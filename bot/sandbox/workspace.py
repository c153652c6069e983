"""The state of the sandbox's Slack workspace: people, channels, messages, threads and private notes. No I/O."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.sandbox.slack_errors import SlackRefusal

Json = dict[str, Any]
ChangeKind = Literal["message", "changed", "deleted", "ephemeral", "view", "home", "bot", "reaction", "session"]


@dataclass(frozen=True)
class Shortcut:
    """A shortcut of the app in the menu of every message."""

    callback_id: str
    name: str  # what people read in the menu


@dataclass(frozen=True)
class Team:
    """The workspace and the app that is tried out in it."""

    id: str
    name: str
    domain: str  # the first label of the workspace's address
    app_id: str
    bot_id: str  # of the app's bot, as it stands in a message's `bot_id`
    bot_user: str  # the user id under which the bot posts
    commands: tuple[str, ...]  # slash commands of the app
    shortcuts: tuple[Shortcut, ...] = ()  # message shortcuts of the app


@dataclass(frozen=True)
class Person:
    """Somebody in the workspace: a member, a guest of another workspace, or the user of an app."""

    id: str
    name: str  # the handle that is typed after @
    real_name: str
    title: str  # what the person does, shown in the profile
    colour: str  # six hex digits
    is_bot: bool = False
    is_admin: bool = False
    is_guest: bool = False
    is_deactivated: bool = False
    home_team: str | None = None  # their own workspace, where that is another one (Slack Connect)
    bot_id: str | None = None  # of an app, as it stands in its messages
    app_id: str | None = None  # of an app

    @property
    def initials(self) -> str:
        """Two letters for an avatar."""
        return "".join(word[0] for word in self.real_name.split()[:2]).upper()


@dataclass(frozen=True)
class UserGroup:
    """People who are mentioned and given rights together."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Channel:
    """A channel, or the direct conversation of one person with the bot."""

    id: str
    name: str
    members: tuple[str, ...]
    is_dm: bool = False
    created: int = 0  # epoch seconds
    is_private: bool = False

    @property
    def spoken_name(self) -> str:
        """What stands in place of the name where Slack keeps it from apps: payloads of clicks, shortcuts and commands."""
        return "directmessage" if self.is_dm else "privategroup" if self.is_private else self.name

    def person(self, bot_user: str) -> str:
        """Who talks to the bot in this direct conversation."""
        return next(member for member in self.members if member != bot_user)


@dataclass(frozen=True)
class StoredFile:
    """A file that the app uploads; it is shared once a message carries it."""

    id: str
    name: str
    content: bytes | None = None  # None until the upload is done
    completed: float | None = None  # epoch seconds of files.completeUploadExternal; before it nobody can use the file


@dataclass(frozen=True)
class Message:
    """A message as it stands now; an edit makes a new one under the same channel and ts."""

    channel: str
    ts: str  # seconds and microseconds; the identity of a message in its channel
    user: str  # who posted it
    text: str  # as Slack stores it: &, < and > escaped, mentions as <@U…>
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None  # ts of the parent, on replies only
    metadata: Json | None = None
    by_app: bool = False  # posted with the bot's token
    username: str | None = None  # a name that the app chose for this message
    client_msg_id: str | None = None  # set on what people post
    edited_ts: str | None = None
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # emoji name to the users who gave it
    only_for: str | None = None  # the one person who sees an ephemeral message
    streaming: bool = False  # a stream of text that has not been stopped
    files: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Change:
    """Something that people or the app may have to be told."""

    kind: ChangeKind
    channel: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    message: Message | None = None  # as it is after the change
    before: Message | None = None  # as it was before an edit or a deletion
    only_for: str | None = None  # the one person whom it concerns
    user: str | None = None  # who caused it
    name: str | None = None  # of a reaction


class Workspace:
    """Everything people and the app can see. Each change is told to the `watchers`."""

    def __init__(
        self,
        team: Team,
        people: Iterable[Person],
        channels: Iterable[Channel],
        groups: Iterable[UserGroup],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.team = team
        self.clock = clock
        self.people = {person.id: person for person in people}
        self.channels = {channel.id: channel for channel in channels}
        self.groups = {group.id: group for group in groups}
        self.watchers: list[Callable[[Change], None]] = []
        self.unread: dict[tuple[str, str], int] = {}  # (channel, user) to a count
        self._messages: dict[str, dict[str, Message]] = {channel: {} for channel in self.channels}
        self._threads: dict[tuple[str, str], list[str]] = {}  # (channel, parent ts) to the ts of shared replies, also deleted ones
        self._last_ts = 0
        self.files: dict[str, StoredFile] = {}

    def tell(self, change: Change) -> None:
        """Tell every watcher about a change."""
        for watcher in tuple(self.watchers):
            watcher(change)

    def next_ts(self) -> str:
        """A timestamp that is later than every one given before."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def person(self, user: str) -> Person:
        """The person with this id; refuses with `user_not_found`."""
        if user not in self.people:
            raise SlackRefusal("user_not_found")
        return self.people[user]

    def channel(self, name: str) -> Channel:
        """The channel with this id, or named `#name`, or the bot's conversation with this user; refuses with `channel_not_found`."""
        if name in self.channels:
            return self.channels[name]
        for channel in self.channels.values():
            if channel.is_dm and name in channel.members and name != self.team.bot_user:
                return channel
            if not channel.is_dm and name.removeprefix("#") == channel.name:
                return channel
        raise SlackRefusal("channel_not_found")

    def is_shared(self, channel: Channel) -> bool:
        """Whether people of other workspaces are in the channel (Slack Connect)."""
        return any(self.people[member].home_team for member in channel.members)

    def visible_channels(self, user: str) -> list[Channel]:
        """The channels in which this person is."""
        return [channel for channel in self.channels.values() if user in channel.members]

    def find(self, channel: str, ts: str) -> Message | None:
        """One message, if it is there."""
        return self._messages[channel].get(ts)

    def message(self, channel: str, ts: str) -> Message:
        """One message; refuses with `message_not_found`."""
        found = self.find(channel, ts)
        if found is None:
            raise SlackRefusal("message_not_found")
        return found

    def shared(self, channel: str) -> list[Message]:
        """What everybody in the channel sees, replies included, oldest first."""
        return [message for message in self._messages[channel].values() if message.only_for is None]

    def seen_by(self, channel: str, user: str) -> list[Message]:
        """What this person sees in the channel, ephemeral messages included, oldest first."""
        return [message for message in self._messages[channel].values() if message.only_for in (None, user)]

    def replies(self, channel: str, parent_ts: str) -> list[Message]:
        """The replies in a thread, oldest first, without the parent."""
        found = (self.find(channel, ts) for ts in self._threads.get((channel, parent_ts), ()))
        return [message for message in found if message is not None]

    def post(self, message: Message) -> Message:
        """Add a message; the `ts` that it carries is replaced by a new one."""
        posted = replace(message, ts=self.next_ts())
        self._messages[posted.channel][posted.ts] = posted
        if posted.only_for is not None:
            self.tell(Change("ephemeral", posted.channel, posted.ts, posted.thread_ts, posted, only_for=posted.only_for))
            return posted
        if posted.thread_ts is not None:
            self._threads.setdefault((posted.channel, posted.thread_ts), []).append(posted.ts)
        for member in self.channels[posted.channel].members:
            if member != posted.user:
                self.unread[posted.channel, member] = self.unread.get((posted.channel, member), 0) + 1
        self.tell(Change("message", posted.channel, posted.ts, posted.thread_ts, posted, user=posted.user))
        return posted

    def change(self, channel: str, ts: str, **fields: Any) -> Message:
        """Put new content into a message; refuses with `message_not_found`."""
        before = self.message(channel, ts)
        after = replace(before, **fields)
        self._messages[channel][ts] = after
        self.tell(Change("changed", channel, ts, after.thread_ts, after, before, after.only_for, user=after.user))
        return after

    def delete(self, channel: str, ts: str) -> Message:
        """Take a message away and return what it was; refuses with `message_not_found`."""
        before = self.message(channel, ts)
        del self._messages[channel][ts]
        self.tell(Change("deleted", channel, ts, before.thread_ts, None, before, before.only_for, user=before.user))
        return before

    def react(self, channel: str, ts: str, user: str, name: str) -> None:
        """Add somebody's emoji to a message; refuses with `already_reacted`."""
        message = self.message(channel, ts)
        users = message.reactions.get(name, ())
        if user in users:
            raise SlackRefusal("already_reacted")
        self._set_reactions(message, {**message.reactions, name: (*users, user)})
        self.tell(Change("reaction", channel, ts, message.thread_ts, message, user=user, name=name))

    def unreact(self, channel: str, ts: str, user: str, name: str) -> None:
        """Take somebody's emoji away; refuses with `no_reaction`."""
        message = self.message(channel, ts)
        users = message.reactions.get(name, ())
        if user not in users:
            raise SlackRefusal("no_reaction")
        rest = {**message.reactions, name: tuple(one for one in users if one != user)}
        self._set_reactions(message, {emoji: given for emoji, given in rest.items() if given})

    def _set_reactions(self, message: Message, reactions: dict[str, tuple[str, ...]]) -> None:
        after = replace(message, reactions=reactions)
        self._messages[message.channel][message.ts] = after
        self.tell(Change("changed", message.channel, message.ts, message.thread_ts, after, after, after.only_for))
