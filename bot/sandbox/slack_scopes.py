"""What the bot token is allowed, and which methods want which scope. Source: the pages of the methods at https://docs.slack.dev."""

from collections.abc import Set

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Channel, Workspace

_WANTED = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.startStream": "chat:write",
    "chat.appendStream": "chat:write",
    "chat.stopStream": "chat:write",
    "agents.sessions.setStatus": "chat:write",
    "agents.sessions.rename": "chat:write",
    "users.info": "users:read",
    "users.list": "users:read",
    "bots.info": "users:read",
    "team.info": "team:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "reactions.get": "reactions:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "conversations.open": "im:write",
}
_BY_KIND = {
    "conversations.info": "read",
    "conversations.members": "read",
    "conversations.list": "read",
    "conversations.history": "history",
    "conversations.replies": "history",
}
"""Methods whose scope depends on the kind of the conversation, with its last part."""
_KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
GRANTED = frozenset(
    {
        *_WANTED.values(),
        *(f"{kind}:{right}" for kind in _KINDS.values() for right in ("read", "history")),
        "app_mentions:read",
        "assistant:write",
        "commands",
    }
)
"""The scopes of the token while none is taken away."""


def kind_of(channel: Channel) -> str:
    """A conversation's kind, as `types` names it."""
    return "im" if channel.is_dm else "private_channel" if channel.is_private else "public_channel"


def refuse_without_scope(workspace: Workspace, method: str, arguments: Arguments, lacking: Set[str]) -> None:
    """Refuse with `missing_scope` a call that wants what the token lacks; `lacking` holds scopes, and methods that always lack theirs."""
    wanted = _wanted(workspace, method, arguments)
    needed = [scope for scope in wanted if scope in lacking] or (wanted if method in lacking else [])
    if needed:
        provided = ",".join(sorted(GRANTED - lacking - set(needed)))
        raise SlackRefusal("missing_scope", fields={"needed": ",".join(needed), "provided": provided})


def _wanted(workspace: Workspace, method: str, arguments: Arguments) -> list[str]:
    """The scopes that a call wants; none for the methods that take any token."""
    if method not in _BY_KIND:
        return [_WANTED[method]] if method in _WANTED else []
    if method == "conversations.list":
        kinds = (arguments.optional("types") or "public_channel").split(",")
    else:
        channel = workspace.channels.get(arguments.optional("channel") or "")
        kinds = ["public_channel"] if channel is None else [kind_of(channel)]
    return [f"{_KINDS[kind.strip()]}:{_BY_KIND[method]}" for kind in kinds if kind.strip() in _KINDS]
