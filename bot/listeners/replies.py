"""Answers to a command or a click at the address that came with it: for that person alone, also where the bot is no member."""

import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.listeners.payloads import Where
from bot.listeners.whisper import Whisper
from bot.views.message import UNLINKED, Message

log = logging.getLogger(__name__)


class Replies:
    """Uses each payload's `response_url`; where that fails, the text alone is whispered."""

    def __init__(self, session: aiohttp.ClientSession, proxy: str | None, whisper: Whisper) -> None:
        self._session = session
        self._proxy = proxy
        self._whisper = whisper

    async def __call__(self, body: Mapping[str, Any], message: Message, where: Where | None, *, replace: bool = False) -> None:
        """Say it; with `replace`, in the place of the message whose button was clicked."""
        answer: dict[str, Any] = {"text": message.text, "blocks": list(message.blocks), **UNLINKED}
        answer |= {"replace_original": True} if replace else {"response_type": "ephemeral", "replace_original": False}
        try:
            async with self._session.post(str(body["response_url"]), json=answer, proxy=self._proxy) as response:
                if response.status < 300:
                    return
                why = f"HTTP {response.status}"
        except (aiohttp.ClientError, TimeoutError, KeyError) as error:
            why = f"{type(error).__name__} {error}"
        log.warning("An answer could not be given at its address: %s", why)
        await self._whisper(where, message.text)
