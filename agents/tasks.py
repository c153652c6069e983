"""Tasks with an owner: whoever starts them in the background ends with them."""

import asyncio
import logging
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)


class Owner:
    """Base of what starts tasks of its own. As an async context it waits for them, and cancels them where the block fails.

    An error of the block itself comes out as it is; only what goes wrong in the tasks comes as a group.
    """

    def __init__(self) -> None:
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            await self._tasks.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            if error is None:
                raise
            if isinstance(error, asyncio.CancelledError):
                log.exception("A background task broke and ended its owner", exc_info=group)
