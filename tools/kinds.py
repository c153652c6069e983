"""Every kind of source. A new one is a file beside this, and a line here.

A kind is imported when it is asked for: together they take a third of a second, and a configuration uses few of them.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from tools.source import Kind

MODULES: Mapping[str, str] = {
    "calculator": "tools.calculator:CALCULATOR", "capacity": "tools.capacity:CAPACITY", "clock": "tools.clock:CLOCK",
    "decision": "tools.decision:DECISION",
    "github": "tools.github.kind:GITHUB", "kubernetes": "tools.kubernetes:KUBERNETES", "lineage": "tools.lineage:LINEAGE",
    "logs": "tools.log_files:LOGS", "loki": "tools.loki:LOKI", "mcp": "tools.mcp_source:MCP", "memory": "tools.memory:MEMORY",
    "people": "tools.people:PEOPLE", "prometheus": "tools.prometheus:PROMETHEUS", "python": "tools.python_file:PYTHON",
    "runbooks": "tools.runbooks:RUNBOOKS", "slack": "tools.slack:SLACK", "sql": "tools.sql_operations:SQL",
    "tickets": "tools.tickets.kind:TICKETS", "web": "tools.web.kind:WEB",
}
"""By the field of an entry that names it: where the kind is."""


class _Kinds(Mapping[str, Kind[Any]]):
    """The kinds by those names."""

    def __getitem__(self, key: str) -> Kind[Any]:
        module, _, name = MODULES[key].partition(":")
        kind: Kind[Any] = getattr(import_module(module), name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)

    def __contains__(self, key: object) -> bool:
        return key in MODULES


KINDS: Mapping[str, Kind[Any]] = _Kinds()


def kind_of(entry: object) -> Kind[Any]:
    """The kind that an entry is of."""
    fields = getattr(type(entry), "model_fields", {})
    return next(KINDS[key] for key in KINDS if key in fields and type(entry) is KINDS[key].entry)
