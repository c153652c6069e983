"""Messages that are found again after a crash, by a key in their metadata."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

SKEW = timedelta(hours=1)
"""How far our clock may be off Slack's without a message being overlooked."""


def mark(event_type: str, key: str) -> dict[str, Any]:
    """The metadata of a message with this key."""
    return {"event_type": event_type, "event_payload": {"key": key}}


async def find_marked(
    reading: AsyncWebClient, bot_user: str, channel: str, event_type: str, key: str, since: datetime
) -> str | None:
    """The message of ours with this key that stands in the channel already; None where none does."""
    cursor: str | None = None
    while True:
        page = await reading.conversations_history(
            channel=channel, oldest=f"{(since - SKEW).timestamp():.6f}", include_all_metadata=True, limit=200, cursor=cursor
        )
        for message in page.get("messages") or ():
            if message.get("user") == bot_user and _key_of(message, event_type) == key:  # what others put there is not believed
                return str(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None


def _key_of(message: Mapping[str, Any], event_type: str) -> str | None:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("key") or "") if metadata.get("event_type") == event_type else None
