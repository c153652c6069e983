"""Channels, as Slack knows them now: what kind each is, and who is in it. What cannot be learnt counts against whoever asks."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.lookup import Lookup

PAGE = 200
"""Members of one page, as Slack recommends."""


class Kind(StrEnum):
    """Who can read what is said in a channel."""

    PUBLIC = "public"
    """Every full member of the workspace."""
    PRIVATE = "private"
    """Its members."""
    DIRECT = "direct"
    """The people who talk there, alone or in a group."""
    UNKNOWN = "unknown"
    """Slack could not say."""


class Rooms:
    """The workspace's channels."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._shapes: Lookup[Mapping[str, Any]] = Lookup(self._shape, "what {} is")
        self._members: Lookup[frozenset[str]] = Lookup(self._all_members, "who is in the channel {}, so nobody is")

    async def kind(self, channel: str, seconds: float) -> Kind:
        """What kind of channel it is, or was that many seconds ago at most."""
        if channel.startswith("D"):
            return Kind.DIRECT
        shape = await self._shapes(channel, seconds)
        if shape is None:
            return Kind.UNKNOWN
        if shape.get("is_im") or shape.get("is_mpim"):
            return Kind.DIRECT
        return Kind.PUBLIC if shape.get("is_private") is False else Kind.PRIVATE

    async def members(self, channel: str, seconds: float) -> frozenset[str]:
        """The ids of those who are in it, or were that many seconds ago at most; nobody where Slack cannot be asked."""
        return await self._members(channel, seconds) or frozenset()

    async def heard(self, channel: str) -> bool:
        """Whether the bot is in the channel, so that it can speak there; asked anew."""
        shape = await self._shapes(channel, 0.0)
        return shape is not None and bool(shape.get("is_member") or shape.get("is_im") or shape.get("is_mpim"))

    async def _shape(self, channel: str) -> Mapping[str, Any]:
        shape: Mapping[str, Any] = (await self._client.conversations_info(channel=channel))["channel"]
        return shape

    async def _all_members(self, channel: str) -> frozenset[str]:
        found: set[str] = set()
        cursor: str | None = None
        while True:
            page = await self._client.conversations_members(channel=channel, limit=PAGE, cursor=cursor)
            found.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return frozenset(found)
