"""What stands in a thread already: our messages by their keys, so that none is posted twice."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.trigger import Place
from bot.trouble import error_of
from bot.views.blocks import Json

EVENT_TYPE = "countersign"
"""The type of our message metadata."""

SKEW = timedelta(days=1)
"""How far our clock may be off Slack's without a message being overlooked."""


def marked(key: str) -> Json:
    """Metadata by which a message is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


async def standing(client: AsyncWebClient, place: Place, since: datetime, bot_user: str) -> Mapping[str, str]:
    """The messages of ours that stand in the thread, or in the channel itself where the place has none: their ids by their keys."""
    found: dict[str, str] = {}
    cursor: str | None = None
    while True:
        try:
            page = await _page(client, place, f"{(since - SKEW).timestamp():.6f}", cursor)
        except Exception as error:
            if error_of(error) == "thread_not_found":
                return found
            raise
        for message in page.get("messages") or ():
            for key in keys_of(message, bot_user):
                found.setdefault(key, str(message["ts"]))
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return found


async def _page(client: AsyncWebClient, place: Place, oldest: str, cursor: str | None) -> AsyncSlackResponse:
    if not place.thread_ts:
        return await client.conversations_history(
            channel=place.channel, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor
        )
    return await client.conversations_replies(
        channel=place.channel, ts=place.thread_ts, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor
    )


def keys_of(message: Mapping[str, Any], bot_user: str) -> Iterator[str]:
    """The keys of a message of ours: in its metadata, and of a stream on its cards. What others write into theirs is not believed."""
    if message.get("user") != bot_user:
        return
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == EVENT_TYPE and (key := (metadata.get("event_payload") or {}).get("key")):
        yield str(key)
    for block in message.get("blocks") or ():
        for card in (block, *(block.get("tasks") or ())):
            if task_id := card.get("task_id"):
                yield str(task_id)
