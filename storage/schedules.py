"""What is kept of schedules: a row each, which only whoever has seen its newest version may change."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select

from agents.core.ids import RunId
from agents.core.schedule import Fire, Kept, Missed
from storage.codec import microseconds, moment
from storage.database import Database
from storage.schema import schedules
from storage.writer import Transaction

T = TypeVar("T")

_KNOWN = select(schedules.c.version).where(schedules.c.name == bindparam("name"))
_FIRST = schedules.insert().inline()
_NEXT = (
    schedules.update()
    .where(schedules.c.name == bindparam("this"), schedules.c.version == bindparam("version") - 1)
    .values({column: bindparam(column.name) for column in schedules.c if column.name != "name"})
)


class SqlSchedules:
    """Implements `ScheduleBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, Kept]:
        """Every schedule that was ever seen, by name."""
        return {row.name: _kept(row) for row in await self._database.read(select(schedules))}

    async def put(self, kept: Kept) -> bool:
        """Write it as `kept.version`, durable on return; False where what stands there is not the version before it."""
        row = {
            "name": kept.name, "version": kept.version, "definition": kept.definition, "floor": microseconds(kept.floor),
            "heeded": kept.heeded, "pending": _written(_fires(), kept.pending), "fired": microseconds(kept.fired) if kept.fired else None,
            "run_id": kept.run_id, "skipped": _written(_missed(), kept.skipped),
        }
        return await self._database.write(lambda tx: _put(tx, row))


def _put(tx: Transaction, row: Mapping[str, Any]) -> bool:
    if row["version"] > 1:
        return tx.write(_NEXT, [{**row, "this": row["name"]}]) == 1
    if tx.first(_KNOWN, row) is not None:
        return False
    tx.write(_FIRST, [row])
    return True


def _kept(row: Any) -> Kept:
    return Kept(
        row.name, row.version, row.definition, moment(row.floor), row.heeded, _read(_fires(), row.pending),
        moment(row.fired) if row.fired is not None else None, RunId(row.run_id) if row.run_id else None, _read(_missed(), row.skipped),
    )


@cache
def _fires() -> TypeAdapter[Fire]:
    return TypeAdapter(Fire)


@cache
def _missed() -> TypeAdapter[Missed]:
    return TypeAdapter(Missed)


def _written(adapter: TypeAdapter[T], value: T | None) -> str | None:
    return None if value is None else adapter.dump_json(value, exclude_defaults=True).decode()


def _read(adapter: TypeAdapter[T], text: str | None) -> T | None:
    return None if text is None else adapter.validate_json(text)
