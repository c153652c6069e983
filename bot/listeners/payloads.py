"""What Slack sends, as deliveries: each with a key that is the same whenever Slack sends it again."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.core.ids import ActorId, person
from agents.ports import Delivery
from bot.listeners.texts import spoken
from bot.watching import Watch

Body = Mapping[str, Any]

SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages in which a person says something; the others are edits, joins, bots and the like."""

POSTED = SPOKEN | {"bot_message"}
"""Subtypes of messages in which a person or an app says something."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What is listened to among everything that is said."""

    bot_user: str
    """User id of the bot."""
    bot_id: str = ""
    """Id under which the bot's own messages come back."""
    watches: Collection[Watch] = ()
    """What is looked out for in any channel; whether it is in this one is asked later."""


def delivery_of(body: Body, ears: Ears, now: datetime) -> Delivery | None:
    """The delivery in a payload, or None for what nobody here listens to."""
    team = team_of(body)
    match body.get("type"):
        case "event_callback":
            kind = _kind_of(body.get("event") or {}, ears)
            return Delivery(f"{team}:event:{body['event_id']}", kind, body, now) if kind else None
        case "block_actions":
            action = body["actions"][0]
            return Delivery(f"{team}:action:{body['user']['id']}:{action['action_ts']}", "action", body, now)
        case "view_submission":
            return Delivery(f"{team}:view:{body['view']['id']}:{body.get('trigger_id') or ''}", "view", body, now)
        case "message_action":
            return Delivery(f"{team}:shortcut:{body['user']['id']}:{body['action_ts']}", "shortcut", body, now)
    return None


def team_of(body: Body) -> str:
    """The workspace in which something happened."""
    team = body.get("team")
    return str(body.get("team_id") or (team.get("id") if isinstance(team, Mapping) else team) or "")


def actor_of(body: Body) -> ActorId:
    """Who clicked or submitted, with the workspace that they belong to."""
    user = body["user"]
    return person(str(user.get("team_id") or team_of(body)), str(user["id"]))


def author_of(message: Body, team: str) -> ActorId:
    """Who wrote a message, with the workspace that they belong to; an app that is no user goes by its own id."""
    home = message.get("user_team") or message.get("source_team") or message.get("team") or team
    return person(str(home), str(message.get("user") or message.get("bot_id") or "unknown"))


def _kind_of(event: Body, ears: Ears) -> str | None:
    """Which listener takes an event; None where none does."""
    match event.get("type"):
        case "app_home_opened":
            return "home" if event.get("tab") == "home" else None
        case "agent_session_stopped":
            return "session"
        case "app_mention" | "message":
            if _is_ours_or_old(event, ears):
                return None
            return "event" if _is_for_us(event, ears) else "watched" if _is_watched(event, ears) else None
    return None


def _is_ours_or_old(event: Body, ears: Ears) -> bool:
    own = event.get("user") == ears.bot_user or (bool(ears.bot_id) and event.get("bot_id") == ears.bot_id)
    return own or bool(event.get("edited"))


def _is_for_us(event: Body, ears: Ears) -> bool:
    """Whether a person says something new that an agent is meant to hear, or could be: every reply in a thread."""
    if event.get("subtype") not in SPOKEN or event.get("bot_id") or not event.get("user"):
        return False
    mention = event["type"] == "app_mention" or f"<@{ears.bot_user}" in (event.get("text") or "")
    return mention or event.get("channel_type") == "im" or is_reply(event)


def _is_watched(event: Body, ears: Ears) -> bool:
    """Whether something is said, by whomever, that is looked out for in some channel."""
    if event.get("subtype") not in POSTED or is_reply(event) or event.get("channel_type") == "im":
        return False
    return bool(ears.watches) and any(watch.matches(text) for text in (spoken(event),) for watch in ears.watches)


def is_reply(event: Body) -> bool:
    """Whether a message stands in a thread under another one."""
    return bool(event.get("thread_ts")) and event["thread_ts"] != event["ts"]


@dataclass(frozen=True, slots=True)
class Where:
    """To whom and where something private is said."""

    user: str
    channel: str
    """A channel, or the person again: what is said then comes from the bot directly, for them to find."""
    thread_ts: str | None = None


def where_of(delivery: Delivery) -> Where | None:
    """Where the person of a delivery can be told something; None where the payload does not say, or it is no person."""
    body = delivery.body
    match delivery.kind:
        case "event" | "watched" | "session" | "home":
            return _where_of_event(body["event"])
        case "action" | "shortcut":
            return _where_of_use(body)
        case "view":
            return _remembered(body)
    return None


def _where_of_event(event: Body) -> Where | None:
    if not event.get("user") or event.get("bot_id"):
        return None
    return Where(event["user"], event["channel"], event.get("thread_ts"))


def _where_of_use(body: Body) -> Where | None:
    """Where a button or a shortcut was used. On the Home tab there is no channel: there the person is told directly."""
    user = body["user"]["id"]
    container = body.get("container") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or (user if is_on_home(body) else None)
    return Where(user, channel, container.get("thread_ts")) if channel else _remembered(body)


def _remembered(body: Body) -> Where | None:
    """Where the click was made that opened this modal, as the modal remembers it."""
    about = json.loads((body.get("view") or {}).get("private_metadata") or "{}")
    return Where(body["user"]["id"], about["channel"], about.get("thread_ts")) if about.get("channel") else None


def value_of(action: Body) -> str:
    """The value of the button that was clicked, or of what was picked in a menu; empty where there is none."""
    return str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")


def is_on_home(body: Body) -> bool:
    """Whether a button of the Home tab was used."""
    return (body.get("view") or {}).get("type") == "home"
