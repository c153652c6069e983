"""Whether monitors can read where they say: what they name is there, and what they hold of SQL could run."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agents.monitors import Measure, Watch
from bot.config_mistakes import nearest, quoted
from bot.config_shape import ChannelConfig
from bot.config_source import Where
from tools.monitoring.names import FIGURES, SPANS, VALUES
from tools.monitoring.parts import DbtPart, HttpPart, JournalPart, MonitorPart, PrometheusPart, SqlPart
from tools.source import Entry

Mistakes = Iterator[tuple[Where, str]]
"""The way to what is wrong, from the monitor on, and a sentence."""


@dataclass(frozen=True, slots=True)
class Around:
    """What monitors may name."""

    agents: Mapping[str, object]
    sources: Mapping[str, Entry | None]
    """Sources of `tools:` by name; None for those with mistakes."""
    channels: Mapping[str, ChannelConfig | None]
    environ: Mapping[str, str]

    def of_kind(self, kind: str) -> list[str]:
        """Names of the sources of a kind."""
        return [name for name, entry in self.sources.items() if entry is not None and kind in type(entry).model_fields]


def check_place(
    part: MonitorPart, watches: Sequence[Watch], dimensions: Sequence[str], around: Around, wrong: Callable[[Where, str], None]
) -> None:
    """Note what is wrong with the place where a monitor reads."""
    match part:
        case SqlPart():
            found = (*_of_tool("sql", part.source, around), *_zone(part), *_sql(part, watches, around))
        case PrometheusPart():
            found = (*_of_tool("prometheus", part.source, around),)
        case HttpPart():
            found = (*_http(part, dimensions, around),)
        case DbtPart():
            found = (*_own("dbt", dimensions), *_values(watches, (*VALUES, *SPANS), "dbt's artifacts give"))
        case JournalPart():
            found = (*_own("journal", dimensions), *_journal(part, watches, around))
    for where, text in found:
        wrong(where, text)


def _of_tool(kind: str, name: str, around: Around) -> Mistakes:
    known = around.of_kind(kind)
    if name not in known and not (name in around.sources and around.sources[name] is None):
        yield (kind, "source"), f"there is no item {quoted(name)} of kind {kind} among the tools{nearest(name, known)}"


def _zone(part: SqlPart) -> Mistakes:
    if part.zone is None:
        return
    if part.time is None:
        yield ("sql", "zone"), "is the zone of a time column, and none is named"
    elif not _is_zone(part.zone):
        yield ("sql", "zone"), f"this machine knows no time zone {quoted(part.zone)}"


def _sql(part: SqlPart, watches: Sequence[Watch], around: Around) -> Mistakes:
    """Its expressions are checked as they will be when they run."""
    from tools.sql_config import SqlEntry, dialect_of
    from tools.sql_text import Refused

    entry = around.sources.get(part.source)
    pieces = [(("watch", place, "value"), one.expression) for place, one in enumerate(watches) if one.expression]
    if not isinstance(entry, SqlEntry):
        return
    try:
        dialect = dialect_of(entry.sql.url or around.environ.get(entry.sql.url_env or "", ""))
    except ValueError:
        return  # that the url is wrong is told when the source is opened
    if part.zone not in (None, "UTC") and dialect == "sqlite":
        yield ("sql", "zone"), "SQLite knows no time zones: keep its times in UTC, or with their offset"
    if not pieces and part.where is None:
        return
    from tools.sql_expression import aggregate, condition  # its library takes a while to import

    functions = frozenset(name.lower() for name in entry.sql.functions)
    for where, text in pieces:
        try:
            aggregate(text, dialect, functions)
        except Refused as error:
            yield where, str(error)
    try:
        if part.where is not None:
            condition(part.where, dialect, functions)
    except Refused as error:
        yield ("sql", "where"), str(error)


def _http(part: HttpPart, dimensions: Sequence[str], around: Around) -> Mistakes:
    for place, name in enumerate(dimensions):
        if name not in part.labels:
            yield ("dimensions", place), f"{quoted(name)} is not among http.labels{nearest(name, part.labels)}"
    if part.token_env and not around.environ.get(part.token_env):
        yield ("http", "token_env"), f"the environment has no {part.token_env}; set it to this source's secret"


def _own(kind: str, dimensions: Sequence[str]) -> Mistakes:
    if dimensions:
        yield ("dimensions",), f"a monitor of {kind} has its own"


def _values(watches: Sequence[Watch], known: Collection[str], give: str) -> Mistakes:
    for place, watch in enumerate(watches):
        if watch.measure is Measure.VALUE and watch.column not in known:
            yield ("watch", place, "value"), f"{give} no {quoted(watch.column)}{nearest(watch.column, known)}"


def _journal(part: JournalPart, watches: Sequence[Watch], around: Around) -> Mistakes:
    if part.agent is not None and part.agent not in around.agents:
        yield ("journal", "agent"), f"there is no agent {quoted(part.agent)}{nearest(part.agent, around.agents)}"
    yield from _values(watches, FIGURES, "the journal gives")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return False
    return True
