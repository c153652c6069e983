"""When tokens were last used."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.codec import microseconds, moment
from storage.database import Database
from storage.schema import token_uses
from storage.writer import Transaction

_AGAIN = token_uses.update().where(token_uses.c.token == bindparam("name")).values(used_at=bindparam("at"))
_FIRST = token_uses.insert().inline()


class SqlUses:
    """Implements `ports.Uses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, token: str, at: datetime) -> None:
        """It was used then."""

        def write(tx: Transaction) -> None:
            if not tx.write(_AGAIN, ({"name": token, "at": microseconds(at)},)):
                tx.write(_FIRST, ({"token": token, "used_at": microseconds(at)},))

        await self._database.write(write)

    async def all(self) -> Mapping[str, datetime]:
        """The last use of each token that was ever used."""
        return {row.token: moment(row.used_at) for row in await self._database.read(select(token_uses))}
