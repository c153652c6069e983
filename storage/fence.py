"""The fence before the uses of grants: what somebody allowed ten times does not run an eleventh time, whoever wants it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from agents.core import events as e
from agents.core.errors import GrantGone
from agents.core.ids import GrantId
from storage.codec import microseconds
from storage.schema import grants
from storage.writer import Transaction

_LEFT = select(grants.c.uses_left, grants.c.until, grants.c.revoked_at).where(grants.c.grant_id == bindparam("grant"))


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a grant at one place of the journal."""

    uses: int
    until: int
    """Microseconds since 1970, UTC."""
    revoked: bool = False


Book = dict[GrantId, Left]
"""Grants that the events of a group are about, as they are behind these events."""


def admit(tx: Transaction, fact: e.Fact, book: Book, before: Mapping[GrantId, Left]) -> None:
    """Write what this fact makes of a grant into `book`; `before` is the book of those who come first in the group.

    What neither of them holds is looked up: the table is as the group found it. Raises GrantGone.
    """
    match fact.event:
        case e.CallJudged(grant=used) if used:
            grant_id = GrantId(used)
            left = _find(tx, grant_id, book, before)
            if left is None or left.revoked or left.uses < 1 or microseconds(fact.at) >= left.until:
                raise GrantGone(f"The grant {grant_id} {_why(left)}. Look at the grants anew and decide again.")
            book[grant_id] = replace(left, uses=left.uses - 1)
        case e.GrantGiven(grant_id=grant_id, until=until, uses=uses):
            book[grant_id] = Left(uses, microseconds(until))
        case e.GrantRevoked(grant_id=grant_id):
            if left := _find(tx, grant_id, book, before):
                book[grant_id] = replace(left, revoked=True)


def _find(tx: Transaction, grant_id: GrantId, book: Book, before: Mapping[GrantId, Left]) -> Left | None:
    if known := book.get(grant_id) or before.get(grant_id):
        return known
    found = tx.first(_LEFT, {"grant": grant_id})
    return Left(found[0], found[1], found[2] is not None) if found else None


def _why(left: Left | None) -> str:
    if left is None:
        return "does not exist"
    if left.revoked:
        return "was taken back"
    return "is used up" if left.uses < 1 else "is over"
