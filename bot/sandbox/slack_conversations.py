"""The conversations.* methods."""

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_pages import page
from bot.sandbox.slack_scopes import kind_of
from bot.sandbox.slack_shapes import channel_shape, message_shape
from bot.sandbox.workspace import Channel, Json, Message

_TYPES = frozenset({"public_channel", "private_channel", "im", "mpim"})


def info(call: Call) -> Json:
    """conversations.info"""
    return {"channel": channel_shape(call.workspace, _by_id(call))}


def list_channels(call: Call) -> Json:
    """conversations.list: of the private ones only those in which the bot is"""
    types = [name.strip() for name in (call.arguments.optional("types") or "public_channel").split(",")]
    if not _TYPES.issuperset(types):
        raise SlackRefusal("invalid_types")
    wanted = [channel for channel in call.workspace.channels.values() if kind_of(channel) in types and _is_known(call, channel)]
    part, cursor = page(wanted, call.arguments, default=100)
    shapes = [channel_shape(call.workspace, channel) for channel in part]
    return {"channels": shapes, "response_metadata": {"next_cursor": cursor}}


def members(call: Call) -> Json:
    """conversations.members"""
    part, cursor = page(_by_id(call).members, call.arguments, default=100)
    return {"members": part, "response_metadata": {"next_cursor": cursor}}


def history(call: Call) -> Json:
    """conversations.history: newest first, replies left out"""
    channel = _readable(call)
    messages = [message for message in reversed(call.workspace.shared(channel.id)) if message.thread_ts is None]
    messages = [message for message in messages if _in_span(message, call.arguments)]
    part, cursor = page(messages, call.arguments, default=100)
    shapes = _shapes(call, part)
    return {"messages": shapes, "has_more": bool(cursor), "pin_count": 0, "response_metadata": {"next_cursor": cursor}}


def replies(call: Call) -> Json:
    """conversations.replies: the parent, then its replies, oldest first"""
    channel = _readable(call)
    ts = call.arguments.text("ts")
    try:
        parent = call.workspace.message(channel.id, ts)
    except SlackRefusal:
        raise SlackRefusal("thread_not_found") from None
    if parent.thread_ts is not None:
        thread = [parent]
    else:
        thread = [parent, *(reply for reply in call.workspace.replies(channel.id, ts) if _in_span(reply, call.arguments))]
    part, cursor = page(thread, call.arguments, default=LONGEST_REPLIES)
    return {"messages": _shapes(call, part), "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


LONGEST_REPLIES = 1000
"""Replies that are returned when no limit is given."""


def open_dm(call: Call) -> Json:
    """conversations.open, for one person"""
    channel_id = call.arguments.optional("channel")
    users = (call.arguments.optional("users") or "").split(",")
    if channel_id is not None:
        channel = call.workspace.channel(channel_id)
    else:
        if users == [""]:
            raise SlackRefusal("users_list_not_supplied")
        if len(users) > 1:
            raise SlackRefusal("not_enough_users", ("The sandbox has no direct conversations of several people.",))
        if users[0] not in call.workspace.people:
            raise SlackRefusal("user_not_found")
        channel = call.workspace.channel(users[0])
    if call.arguments.flag("return_im"):
        return {"no_op": True, "already_open": True, "channel": channel_shape(call.workspace, channel)}
    return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}


def _by_id(call: Call) -> Channel:
    """The channel with exactly this id; these methods take no names."""
    channel = call.workspace.channels.get(call.arguments.text("channel"))
    if channel is None or not _is_known(call, channel):
        raise SlackRefusal("channel_not_found")
    return channel


def _is_known(call: Call, channel: Channel) -> bool:
    """Whether the bot may know of a channel: a private one is nobody's business who is not in it."""
    return not channel.is_private or call.workspace.team.bot_user in channel.members


def _readable(call: Call) -> Channel:
    channel = _by_id(call)
    if call.workspace.team.bot_user not in channel.members:
        raise SlackRefusal("not_in_channel")
    return channel


def _in_span(message: Message, arguments: Arguments) -> bool:
    """Whether a message lies between `oldest` and `latest`, the ends only when `inclusive`."""
    ts, inclusive = _micros(message.ts), arguments.flag("inclusive")
    oldest, latest = arguments.optional("oldest"), arguments.optional("latest")
    if oldest is not None and (ts < _micros(oldest) or (ts == _micros(oldest) and not inclusive)):
        return False
    return not (latest is not None and (ts > _micros(latest) or (ts == _micros(latest) and not inclusive)))


def _micros(ts: str) -> int:
    """A timestamp as microseconds; refuses with `invalid_ts_oldest` what is none."""
    seconds, _, micros = ts.partition(".")
    try:
        return int(seconds) * 1_000_000 + int((micros or "0").ljust(6, "0")[:6])
    except ValueError:
        raise SlackRefusal("invalid_ts_oldest") from None


def _shapes(call: Call, messages: list[Message]) -> list[Json]:
    include = call.arguments.flag("include_all_metadata")
    return [message_shape(call.workspace, message, include) for message in messages]


METHODS: dict[str, Method] = {
    "conversations.info": info,
    "conversations.list": list_channels,
    "conversations.members": members,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.open": open_dm,
}
