"""A small pipeline, and situations on it.

    raw.orders ──> stg_orders ──┐
                                ├──> orders ──> revenue ──> board (a dashboard)
    raw.users ───> stg_users ───┘       └─────> churn
"""

from itertools import pairwise

from agents.detection.changes import Change, ChangeKind
from agents.detection.lineage import Kind, Lineage, Node
from agents.detection.situation import Anomaly, Situation

HOUR = 3600.0
NOON = 1_795_867_200.0
"""2026-11-28T12:00Z."""

CHAINS = (("raw.orders", "stg_orders", "orders", "revenue", "board"), ("raw.users", "stg_users", "orders", "churn"))

PIPELINE = Lineage(
    {
        name: Node(name, name, Kind.SOURCE if name.startswith("raw") else Kind.EXPOSURE if name == "board" else Kind.MODEL)
        for chain in CHAINS for name in chain
    },
    frozenset(edge for chain in CHAINS for edge in pairwise(chain)),
)  # fmt: skip

ALL = frozenset(PIPELINE.nodes) - {"board"}


def wrong(node: str, hours: float = 0.0, size: float = 5.0) -> Anomaly:
    """An anomaly that began so many hours after noon."""
    return Anomaly(node, NOON + hours * HOUR, size, f"{node} has too few rows")


def changed(node: str, hours: float = 0.0, kind: ChangeKind = ChangeKind.CODE, text: str = "") -> Change:
    """A change so many hours after noon."""
    return Change(node, NOON + hours * HOUR, kind, text)


def situation(target: Anomaly, *others: Anomaly | Change, monitored: frozenset[str] = ALL) -> Situation:
    """All of these, with monitors on these nodes."""
    anomalies = tuple(one for one in others if isinstance(one, Anomaly))
    return Situation(target, anomalies, monitored, tuple(one for one in others if isinstance(one, Change)))
