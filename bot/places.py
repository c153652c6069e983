"""Where runs speak that begin without a message, and whatever else is told in a channel that has a name."""

import asyncio
import re
import time

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.errors import SurfaceError
from agents.core.trigger import Place
from bot.trouble import EXPECTED, error_of

_ID = re.compile(r"[CGD][A-Z0-9]{2,20}")
FRESH = 60.0
"""Seconds after which a name that was not found is looked for again."""


class Places:
    """Channels by their names, asked once; one may have been made or joined since, so what was not found is asked again."""

    def __init__(self, client: AsyncWebClient, team: str) -> None:
        self._client = client
        self._team = team
        self._ids: dict[str, str] = {}
        self._asked_at = -FRESH
        self._asking = asyncio.Lock()

    async def of(self, name: str) -> Place:
        """Where a thread in `#name` is opened. Raises SurfaceError where the bot sees no such channel, and what Slack raises."""
        return Place(self._team, await self.id_of(name), "")

    async def told(self, name: str) -> Place:
        """The same for those to whom it is all one why there is none: raises SurfaceError also while Slack does not say."""
        try:
            return await self.of(name)
        except EXPECTED as error:
            raise SurfaceError(f"Slack does not say what {name} is: {error_of(error) or type(error).__name__}") from error

    async def id_of(self, name: str) -> str:
        """The id of `#name`; an id is its own. Raises as `of` does."""
        if _ID.fullmatch(name):
            return name
        wanted = name.removeprefix("#")
        if wanted not in self._ids:
            async with self._asking:  # who comes while Slack is asked waits for the answer
                if wanted not in self._ids and time.monotonic() - self._asked_at > FRESH:
                    await self._look()
        if wanted not in self._ids:
            raise SurfaceError(f"The bot sees no channel #{wanted}. Invite it there, or name another one in the configuration.")
        return self._ids[wanted]

    async def _look(self) -> None:
        cursor: str | None = None
        while True:
            page = await self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=500, cursor=cursor
            )
            self._ids |= {shape["name"]: shape["id"] for shape in page.get("channels") or () if shape.get("is_member")}
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                self._asked_at = time.monotonic()
                return
