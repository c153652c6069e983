"""The samples of monitors in memory: what is stored, so that a look does not read a month of each series again."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from agents.monitors import History, Looked, Monitor, Sample, SampleBook, history_of


class Line:
    """One series."""

    def __init__(self, history: History) -> None:
        self.at, self.values = array("q", history.at), array("d", history.values)

    def add(self, at: int, value: float) -> None:
        """Take a sample, which replaces the one in its place."""
        place = bisect_left(self.at, at)
        if place < len(self.at) and self.at[place] == at:
            self.values[place] = value
        else:
            self.at.insert(place, at)
            self.values.insert(place, value)

    def drop(self, before: int) -> None:
        """Forget what is older."""
        if self.at and self.at[0] < before:
            place = bisect_left(self.at, before)
            del self.at[:place]
            del self.values[:place]


class Lines:
    """The series of all monitors, each as of the version of its monitor that it was read or written with."""

    def __init__(self, book: SampleBook) -> None:
        self._book = book
        self._known: dict[str, tuple[int, dict[str, Line]]] = {}

    async def of(self, monitor: Monitor, looked: Looked) -> Mapping[str, Line]:
        """Every series of a monitor that stands so, from the begin of a day on: whoever reads it anew has the same."""
        version, lines = self._known.get(monitor.name, (0, {}))
        since = midnight(looked.read_through - history_of(monitor.bucket))
        if version != looked.version:
            keys = await self._book.tracks(monitor.name)
            lines = {key: Line(await self._book.history(monitor.name, key, since)) for key in keys}
            self._known[monitor.name] = looked.version, lines
        for line in lines.values():
            line.drop(int(since.timestamp()))
        return lines

    def moved(self, before: Looked | None, after: Looked, samples: Iterable[Sample] = ()) -> None:
        """These samples were written with this version, on top of the one before."""
        version, lines = self._known.get(after.name, (0, {}))
        if before is None or version != before.version or before.definition != after.definition:
            self._known.pop(after.name, None)
            return
        for one in samples:
            line = lines.setdefault(one.series, Line(History((), ())))
            line.add(int(one.at.timestamp()), one.value if one.value is not None else float("nan"))
        self._known[after.name] = after.version, lines

    def forget(self, monitor: str) -> None:
        """Read it anew the next time."""
        self._known.pop(monitor, None)


def midnight(at: datetime) -> datetime:
    """The begin of its day, in UTC."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def begin_of(at: datetime, bucket: timedelta) -> datetime:
    """The begin of the bucket in which this moment lies: a whole multiple since 1970 in UTC."""
    seconds = int(bucket.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, at.tzinfo)
