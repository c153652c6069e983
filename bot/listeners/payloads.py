"""What Slack sends, as deliveries: each with a key that is the same whenever Slack sends it again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.core.ids import ActorId, person
from agents.ports import Delivery

Body = Mapping[str, Any]

SPOKEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages in which a person says something; the others are edits, joins, bots and the like."""


def delivery_of(body: Body, bot_user: str, now: datetime) -> Delivery | None:
    """The delivery in a payload, or None for what nobody here listens to."""
    team = team_of(body)
    match body.get("type"):
        case "event_callback":
            if not _is_for_us(body.get("event") or {}, bot_user):
                return None
            return Delivery(f"{team}:event:{body['event_id']}", "event", body, now)
        case "block_actions":
            action = body["actions"][0]
            return Delivery(f"{team}:action:{body['user']['id']}:{action['action_ts']}", "action", body, now)
        case "view_submission":
            return Delivery(f"{team}:view:{body['view']['id']}:{body.get('trigger_id') or ''}", "view", body, now)
    return None


def team_of(body: Body) -> str:
    """The workspace in which something happened."""
    team = body.get("team")
    return str(body.get("team_id") or (team.get("id") if isinstance(team, Mapping) else team) or "")


def actor_of(body: Body) -> ActorId:
    """Who clicked or submitted, with the workspace that they belong to."""
    user = body["user"]
    return person(str(user.get("team_id") or team_of(body)), str(user["id"]))


def _is_for_us(event: Body, bot_user: str) -> bool:
    """Whether a person says something new that an agent could be meant to hear."""
    if event.get("type") not in ("app_mention", "message") or event.get("subtype") not in SPOKEN:
        return False
    if event.get("bot_id") or event.get("edited") or event.get("user") in (None, bot_user):
        return False
    mention = event["type"] == "app_mention" or f"<@{bot_user}" in (event.get("text") or "")
    return mention or event.get("channel_type") == "im" or is_reply(event)


def is_reply(event: Body) -> bool:
    """Whether a message stands in a thread under another one."""
    return bool(event.get("thread_ts")) and event["thread_ts"] != event["ts"]


@dataclass(frozen=True, slots=True)
class Where:
    """To whom and where something private is said."""

    user: str
    channel: str
    thread_ts: str | None = None


def where_of(delivery: Delivery) -> Where | None:
    """Where the person of a delivery can be told something; None where the payload does not say."""
    body = delivery.body
    match delivery.kind:
        case "event":
            event = body["event"]
            return Where(event["user"], event["channel"], event.get("thread_ts"))
        case "action":
            channel = body.get("channel") or {}
            container = body.get("container") or {}
            channel_id = channel.get("id") or container.get("channel_id")
            return Where(body["user"]["id"], channel_id, container.get("thread_ts")) if channel_id else _remembered(body)
        case "view":
            return _remembered(body)
    return None


def _remembered(body: Body) -> Where | None:
    """Where the click was made that opened this modal, as the modal remembers it."""
    about = json.loads((body.get("view") or {}).get("private_metadata") or "{}")
    return Where(body["user"]["id"], about["channel"], about.get("thread_ts")) if about.get("channel") else None
