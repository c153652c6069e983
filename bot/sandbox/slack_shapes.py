"""The JSON in which Slack shows people, channels and messages to an app."""

import hashlib
import re

from bot.sandbox.workspace import Channel, Json, Message, Person, Workspace

_TOKEN = re.compile(r"<([^<>]+)>")


def user_shape(workspace: Workspace, person: Person) -> Json:
    """A person as `users.info` shows them."""
    team = person.home_team or workspace.team.id
    return {
        "id": person.id,
        "team_id": team,
        "name": person.name,
        "deleted": person.is_deactivated,
        "color": person.colour,
        "real_name": person.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": {
            "title": person.title,
            "real_name": person.real_name,
            "real_name_normalized": person.real_name,
            "display_name": person.name,
            "display_name_normalized": person.name,
            "email": None if person.is_bot or person.home_team else f"{person.name}@acme.example",
            "team": team,
            **({"bot_id": person.bot_id, "api_app_id": person.app_id} if person.is_bot else {}),
        },
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_stranger": _is_stranger(workspace, person),
        "updated": 0,
    }


def _is_stranger(workspace: Workspace, person: Person) -> bool:
    """Whether somebody of another workspace shares no channel with the app. Source: https://docs.slack.dev/reference/objects/user-object."""
    both = {person.id, workspace.team.bot_user}
    return person.home_team is not None and not any(both.issubset(channel.members) for channel in workspace.channels.values())


def channel_shape(workspace: Workspace, channel: Channel) -> Json:
    """A conversation as `conversations.info` shows it."""
    if channel.is_dm:
        return _direct_shape(workspace, channel)
    shared = workspace.is_shared(channel)
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": "U01CAROL",
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": False,
        "is_general": channel.name == "general",
        "is_member": workspace.team.bot_user in channel.members,
        "is_shared": shared,
        "is_org_shared": False,
        "is_ext_shared": shared,
        "context_team_id": workspace.team.id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def _direct_shape(workspace: Workspace, channel: Channel) -> Json:
    return {
        "id": channel.id,
        "created": channel.created,
        "is_channel": False,
        "is_group": False,
        "is_im": True,
        "is_mpim": False,
        "is_private": True,
        "is_archived": False,
        "is_org_shared": False,
        "context_team_id": workspace.team.id,
        "user": channel.person(workspace.team.bot_user),
        "is_open": True,
    }


def message_shape(workspace: Workspace, message: Message, include_metadata: bool = False) -> Json:
    """A message as events, history and `block_actions` show it; the metadata only where it was asked for.

    A message under a name of its own is a `bot_message`, which has no user.
    Source: https://docs.slack.dev/reference/events/message/bot_message.
    """
    author = workspace.people[message.user]
    team = author.home_team or workspace.team.id
    shape: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": team}
    if author.is_bot:
        shape |= {"bot_id": author.bot_id, "app_id": author.app_id, "bot_profile": bot_profile(workspace, author)}
    if author.home_team:
        shape |= {"user_team": team, "source_team": team, "user_profile": _visiting_card(author)}
    if message.client_msg_id:
        shape["client_msg_id"] = message.client_msg_id
    if message.username:
        del shape["user"]
        shape |= {"username": message.username, "subtype": "bot_message", "icons": {}}
    shape |= _content(message)
    if include_metadata and message.metadata is not None:
        shape["metadata"] = message.metadata
    return shape | _thread_fields(workspace, message)


def _content(message: Message) -> Json:
    """Blocks, files and the like, each only where there is one."""
    parts: Json = {
        "blocks": list(message.blocks) or ([rich_text(message)] if message.client_msg_id else []),
        "files": list(message.files),
        "attachments": list(message.attachments),
        "edited": {"user": message.user, "ts": message.edited_ts} if message.edited_ts else None,
        "reactions": reactions_shape(message),
    }
    return {name: part for name, part in parts.items() if part}


def reactions_shape(message: Message) -> list[Json]:
    """The emoji on a message with who gave them."""
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()]


def bot_profile(workspace: Workspace, app: Person) -> Json:
    """The `bot_profile` of a message that an app posted."""
    return {
        "id": app.bot_id,
        "app_id": app.app_id,
        "user_id": app.id,
        "name": app.real_name,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": workspace.team.id,
    }


def _visiting_card(person: Person) -> Json:
    """The `user_profile` in messages of people from other workspaces."""
    return {
        "display_name": person.name,
        "real_name": person.real_name,
        "name": person.name,
        "team": person.home_team,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
    }


def _thread_fields(workspace: Workspace, message: Message) -> Json:
    """`thread_ts` and `parent_user_id` of a reply; the counts of a parent; nothing for others."""
    if message.thread_ts:
        parent = None if message.only_for else workspace.find(message.channel, message.thread_ts)
        return {"thread_ts": message.thread_ts, **({"parent_user_id": parent.user} if parent else {})}
    replies = workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": message.by_app or workspace.team.bot_user in users,
    }


def rich_text(message: Message) -> Json:
    """What a person typed as the `rich_text` block that Slack makes of it."""
    elements: list[Json] = []
    end = 0
    for token in _TOKEN.finditer(message.text):
        if token.start() > end:
            elements.append({"type": "text", "text": unescape(message.text[end : token.start()])})
        elements.append(_rich_element(token.group(1)))
        end = token.end()
    if end < len(message.text):
        elements.append({"type": "text", "text": unescape(message.text[end:])})
    block_id = hashlib.sha256(f"{message.channel}{message.ts}".encode()).hexdigest()[:5]
    return {"type": "rich_text", "block_id": block_id, "elements": [{"type": "rich_text_section", "elements": elements}]}


def _rich_element(token: str) -> Json:
    """The element for what stands between < and > in Slack's text."""
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    return {"type": "link", "url": unescape(target), **({"text": unescape(label)} if label else {})}


def escape(text: str) -> str:
    """Typed text as Slack stores it: the three control characters as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
