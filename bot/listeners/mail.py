"""`/ops inbox`: what arrived and could not be dealt with, and what operators do about it."""

from agents.core.approval import Refusal, Voter
from agents.core.errors import NotFound
from agents.mailroom import Mailroom
from bot.listeners.words import Asked, Mistake
from bot.views.inbox import inbox
from bot.views.lists import Pages
from bot.views.message import Message
from bot.views.mrkdwn import escape

SHOWN = 10
"""What one page holds."""


class Mail:
    """Words to `Mailroom`."""

    def __init__(self, mailroom: Mailroom) -> None:
        self._mailroom = mailroom

    async def dealt(self, asked: Asked, voter: Voter) -> Message | Mistake:
        """Do what the command says, if it says anything, and list what waits."""
        notice = ""
        for deed, act in (("replay", self._mailroom.replay), ("drop", self._mailroom.drop)):
            if deed in asked.filters:
                number = _number(asked.filters[deed])
                if number is None:
                    return Mistake(f"`{deed}` takes the number that `/ops inbox` shows, such as `{deed} 17`.")
                try:
                    done = await act(number, voter.actor)
                except NotFound as error:
                    return Mistake(escape(str(error)))
                if isinstance(done, Refusal):
                    return Mistake(f":lock: {escape(done.text)}")
                notice = escape(done)
        page = _number(asked.filters.get("page", "1"))
        if page is None:
            return Mistake("`page` takes a number, such as `page 2`.")
        found = await self._mailroom.undone()
        part = found[(page - 1) * SHOWN : page * SHOWN]
        pages = Pages(f"inbox page {page + 1}" if len(found) > page * SHOWN else None, "inbox" if page > 1 else None)
        return inbox(part, len(found), pages, notice)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:10]) < 10_000_000 else None
