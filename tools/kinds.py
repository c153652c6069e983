"""Every kind of source. A new one is a file beside this, and a line here."""

from collections.abc import Mapping
from typing import Any

from tools.calculator import CALCULATOR
from tools.clock import CLOCK
from tools.decision import DECISION
from tools.github.kind import GITHUB
from tools.kubernetes import KUBERNETES
from tools.log_files import LOGS
from tools.loki import LOKI
from tools.mcp_source import MCP
from tools.memory import MEMORY
from tools.people import PEOPLE
from tools.prometheus import PROMETHEUS
from tools.python_file import PYTHON
from tools.runbooks import RUNBOOKS
from tools.slack import SLACK
from tools.source import Kind
from tools.sql_operations import SQL
from tools.tickets.kind import TICKETS
from tools.web.kind import WEB

KINDS: Mapping[str, Kind[Any]] = {kind.key: kind for kind in (
    CALCULATOR, CLOCK, DECISION, GITHUB, KUBERNETES, LOGS, LOKI, MCP, MEMORY, PEOPLE, PROMETHEUS, PYTHON, RUNBOOKS, SLACK, SQL,
    TICKETS, WEB,
)}
"""By the field of an entry that names it."""


def kind_of(entry: object) -> Kind[Any]:
    """The kind that an entry is of."""
    return next(kind for kind in KINDS.values() if type(entry) is kind.entry)
