"""Pictures in messages: uploaded once, then shown by an image block that names the file.

The ways: https://docs.slack.dev/messaging/working-with-files. A file that is shared with no channel is seen by whoever sees a message that
shows it. A crash between upload and message leaves a file that nobody sees.
"""

import asyncio
import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.stream_support import Feature
from bot.trouble import error_of

log = logging.getLogger(__name__)

SETTLED = 2.0
"""Seconds in which Slack is mostly done with a new file. Until it is, blocks that show it are refused, see `not_ready`."""
NAME = "chart.png"


class Pictures:
    """Uploads to one workspace."""

    def __init__(self, client: AsyncWebClient, settled: float = SETTLED) -> None:
        """`settled` is how many seconds a file is given whose type Slack does not know at once."""
        self._client = client
        self._settled = settled
        self._feature = Feature("file uploads", "charts are told as text")

    @property
    def there(self) -> bool:
        """Whether it is worth drawing one."""
        return self._feature.there

    async def upload(self, png: bytes, title: str) -> str | None:
        """The id of the file with this picture; None where it cannot be had, now or ever, so that the report goes without."""
        if not self.there:
            return None
        try:
            answer = await self._client.files_upload_v2(file=png, filename=NAME, title=title)
        except SlackApiError as error:
            if not self._feature.lacks(error):
                self._feature.refused(error)
                log.warning("Slack did not take a chart (%s): the report goes without.", error_of(error))
            return None
        except (SlackRequestError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("A chart did not reach Slack (%s): the report goes without.", type(error).__name__)
            return None
        file: dict[str, Any] = (answer.get("files") or [{}])[0]
        if not file.get("mimetype"):
            await asyncio.sleep(self._settled)
        return str(file["id"]) if file.get("id") else None


def not_ready(error: BaseException) -> bool:
    """Whether a message was refused for a picture in it, so that it is to be posted again a little later, or without."""
    if not isinstance(error, SlackApiError) or error_of(error) != "invalid_blocks":
        return False
    said = str(error.response.get("response_metadata"))
    return "slack_file" in said or "slack file" in said
