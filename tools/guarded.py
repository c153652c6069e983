"""HTTP behind breakers: a host that does not answer is left alone for a while, and calls to it fail at once."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from tools.breakers import Breakers
from tools.net import Lost, Net, NotSent, Refused, Request, Response

HOST = re.compile(r"[a-z0-9._:\[\]-]{1,260}")
"""What a host and its port look like."""


class GuardedNet(Net):
    """A `Net` with one breaker a host."""

    def __init__(self, breakers: Breakers, *, hosts: Collection[str] = ()) -> None:
        super().__init__(hosts=hosts)
        self._breakers = breakers

    async def send(self, request: Request) -> Response | NotSent | Lost:
        """Send it once, unless the host is known not to answer. Raises nothing that the network can cause."""
        host = _host(request.url)
        if not host:
            return await super().send(request)
        what = f"host {host}"
        if why := self._breakers.refusal(what):
            return Refused(why)
        told = False
        try:
            answer = await super().send(request)
            told = self._tell(what, answer)
        finally:
            if not told:
                self._breakers.left(what)
        return answer

    def _tell(self, what: str, answer: Response | NotSent | Lost) -> bool:
        """Tell the breaker; False where the answer says nothing of the other side."""
        match answer:
            case Refused():
                return False
            case Response(status=status) if status < 500:
                self._breakers.answered(what)
            case Response(status=status):
                self._breakers.failed(what, f"it answers {status}")
            case NotSent():
                self._breakers.failed(what, "it cannot be reached")
            case Lost():
                self._breakers.failed(what, "requests leave and no answer comes")
        return True


def _host(url: str) -> str:
    """Host and port as they are written; empty where they are none: what others wrote is told as a host only where it is one."""
    try:
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
    return host if HOST.fullmatch(host) else ""
