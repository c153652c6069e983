"""Turns changes in the workspace into the events that Slack sends to an app."""

import secrets
from collections.abc import Iterator

from bot.sandbox.slack_shapes import message_shape
from bot.sandbox.workspace import Change, Json, Message, Workspace

SUBSCRIPTIONS = frozenset({"app_mention", "message", "app_home_opened", "agent_session_stopped"})
"""The bot events to which an app is subscribed unless the sandbox is told otherwise."""


def events_of(workspace: Workspace, change: Change) -> Iterator[Json]:
    """The inner events for a change, in the order in which they are sent; none for what only people see."""
    if change.channel is not None and workspace.team.bot_user not in workspace.channels[change.channel].members:
        return
    if change.kind == "message" and change.message is not None:
        yield from _posted(workspace, change.message)
    elif change.kind == "changed" and change.only_for is None and change.message is not None and change.before is not None:
        if _differs(change.before, change.message):
            yield _altered(workspace, change, "message_changed", message=message_shape(workspace, change.message))
    elif change.kind == "deleted" and change.only_for is None:
        yield _altered(workspace, change, "message_deleted", deleted_ts=change.ts)
    elif change.kind == "reaction" and change.message is not None:
        yield {
            "type": "reaction_added",
            "user": change.user,
            "reaction": change.name,
            "item": {"type": "message", "channel": change.channel, "ts": change.ts},
            "item_user": change.message.user,
            "event_ts": workspace.next_ts(),
        }


def app_home_opened(workspace: Workspace, user: str, view: Json | None) -> Json:
    """The event for a person who opens the app's Home tab; `view` is what is published there."""
    return {
        "type": "app_home_opened",
        "user": user,
        "channel": workspace.channel(user).id,
        "tab": "home",
        "event_ts": workspace.next_ts(),
        **({"view": view} if view is not None else {}),
    }


def agent_session_stopped(workspace: Workspace, user: str, channel: str, thread_ts: str, streams: list[str]) -> Json:
    """The event for a person who stops the agent's work in a thread; `streams` are the messages that Slack stopped itself.

    Source: https://docs.slack.dev/reference/events/agent_session_stopped.
    """
    return {
        "type": "agent_session_stopped",
        "channel": channel,
        "thread_ts": thread_ts,
        "user": user,
        "streaming_message_ts": streams,
        "event_ts": workspace.next_ts(),
    }


def wrap(workspace: Workspace, event: Json) -> Json:
    """The outer `event_callback` around an event, with an event id of its own."""
    team = workspace.team
    return {
        "token": "sandbox-verification",
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": team.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev" + secrets.token_hex(5).upper(),
        "event_time": int(workspace.clock()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": team.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": _in_shared_channel(workspace, event),
        "event_context": "4-" + secrets.token_hex(16),
    }


def _in_shared_channel(workspace: Workspace, event: Json) -> bool:
    where = workspace.channels.get(str(event.get("channel")))
    return where is not None and workspace.is_shared(where)


def _posted(workspace: Workspace, message: Message) -> Iterator[Json]:
    """The `app_mention` for a mention in a channel, and the `message`."""
    shape = message_shape(workspace, message)
    base = {**shape, "channel": message.channel, "event_ts": message.ts}
    in_dm = workspace.channels[message.channel].is_dm
    mention = f"<@{workspace.team.bot_user}>"
    if mention in message.text and not in_dm and not message.by_app:
        yield {**base, "type": "app_mention"}
    if message.metadata is not None:
        base["metadata"] = message.metadata
    yield {**base, "channel_type": _channel_type(workspace, message.channel)}


def _differs(before: Message, after: Message) -> bool:
    """Whether an app is told of this change; the pieces of a running stream are not told one by one."""
    if after.streaming:
        return False
    return before.streaming or (before.text, before.blocks, before.attachments) != (after.text, after.blocks, after.attachments)


def _altered(workspace: Workspace, change: Change, subtype: str, **fields: object) -> Json:
    """A `message_changed` or `message_deleted` event."""
    now = workspace.next_ts()
    before = {} if change.before is None else message_shape(workspace, change.before)
    return {
        "type": "message",
        "subtype": subtype,
        **fields,
        "previous_message": before,
        "channel": change.channel,
        "hidden": True,
        "ts": now,
        "event_ts": now,
        "channel_type": _channel_type(workspace, str(change.channel)),
    }


def _channel_type(workspace: Workspace, channel: str) -> str:
    where = workspace.channels[channel]
    return "im" if where.is_dm else "group" if where.is_private else "channel"
