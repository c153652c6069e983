"""What stands before each call of a tool: its breaker, and how many calls of it may be under way at one moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from agents.ports import Caller, Done, Failed, Unknown
from tools.breakers import Breakers
from tools.tool import Tool

Outcome = Done | Failed | Unknown


class Guard:
    """Sends calls, or says why not. What it does not send has certainly had no effect."""

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers
        self._turns: dict[str, tuple[int, asyncio.Semaphore]] = {}

    async def run(self, tool: Tool, send: Callable[[], Awaitable[Outcome]], caller: Caller) -> Outcome:
        """Send a call when its turn has come. It may wait as long as it may take."""
        what, bounds = f"tool {tool.spec.name}", tool.bounds
        with self._breakers.calling(caller) as call:
            if why := self._breakers.refusal(what, begin=False):
                return Failed(why)
            async with self._turn(tool) as waited:
                if waited is None:
                    return Failed(
                        f"{tool.spec.name} is busy: {bounds.at_once} of its calls are under way, which is the most, and this one's turn "
                        f"did not come within {bounds.timeout:g} seconds. It did not leave. Try again later."
                    )
                if why := (waited and caller.called_off()) or self._breakers.refusal(what):
                    return Failed(why)
                result: Outcome | None = None
                try:
                    result = await send()
                finally:
                    self._tell(what, None if call.blamed else result)
                return result

    def _tell(self, what: str, result: Outcome | None) -> None:
        """Tell the breaker what came of a call; None where that says nothing of the tool."""
        match result:
            case None:
                self._breakers.left(what)
            case Unknown():
                self._breakers.failed(what, "calls leave and no whole answer comes")
            case Failed(outage=True):
                self._breakers.failed(what, "calls get no answer, or an error of the other side")
            case _:
                self._breakers.answered(what)

    @asynccontextmanager
    async def _turn(self, tool: Tool) -> AsyncIterator[bool | None]:
        """Whether the call had to wait for its turn; None where that did not come in time."""
        turn = self._turn_of(tool)
        if turn is None:
            yield False
            return
        waits = turn.locked()
        try:
            async with asyncio.timeout(tool.bounds.timeout):
                await turn.acquire()
        except TimeoutError:
            yield None
            return
        try:
            yield waits
        finally:
            turn.release()

    def _turn_of(self, tool: Tool) -> asyncio.Semaphore | None:
        """What counts the calls of this tool that are under way. Another number is counted anew."""
        name, most = tool.spec.name, tool.bounds.at_once
        if not most:
            return None
        known = self._turns.get(name)
        if known is None or known[0] != most:
            known = self._turns[name] = (most, asyncio.Semaphore(most))
        return known[1]
