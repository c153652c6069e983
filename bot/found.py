"""Messages of ours by the keys in their metadata: after a crash they are found again, and none is posted twice."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core.trigger import Place
from bot.trouble import error_of
from bot.views.blocks import Json

EVENT_TYPE = "countersign"
"""The type of our messages' metadata, of those that belong to a run. What else is told has types of its own."""

SKEW = timedelta(days=1)
"""How far our clock may be off Slack's without a message being overlooked."""


def marked(key: str, event_type: str = EVENT_TYPE) -> Json:
    """Metadata by which a message is found again."""
    return {"event_type": event_type, "event_payload": {"key": key}}


async def found(
    client: AsyncWebClient, place: Place, key: str, since: datetime, bot_user: str, event_type: str = EVENT_TYPE
) -> str | None:
    """The id of the message of ours with this key that stands in the thread, or in the channel itself where the place has none.

    It is not older than `since`. None where none stands there. Raises what Slack raises.
    """
    oldest, cursor = f"{(since - SKEW).timestamp():.6f}", None
    while True:
        try:
            page = await _page(client, place, oldest, cursor)
        except Exception as error:
            if error_of(error) == "thread_not_found":
                return None
            raise
        for message in page.get("messages") or ():
            if key in keys_of(message, bot_user, event_type):
                return str(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None


async def _page(client: AsyncWebClient, place: Place, oldest: str, cursor: str | None) -> AsyncSlackResponse:
    if not place.thread_ts:
        return await client.conversations_history(
            channel=place.channel, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor
        )
    return await client.conversations_replies(
        channel=place.channel, ts=place.thread_ts, oldest=oldest, include_all_metadata=True, limit=200, cursor=cursor
    )


def keys_of(message: Mapping[str, Any], bot_user: str, event_type: str = EVENT_TYPE) -> Iterator[str]:
    """The keys of a message of ours: in its metadata, and of a stream on its cards. What others write into theirs is not believed."""
    if message.get("user") != bot_user:
        return
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == event_type and (key := (metadata.get("event_payload") or {}).get("key")):
        yield str(key)
    for block in message.get("blocks") or ():
        for card in (block, *(block.get("tasks") or ())):
            if task_id := card.get("task_id"):
                yield str(task_id)
