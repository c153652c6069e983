"""Values that sources give by names of their own, by which a configuration can ask for them."""

from collections.abc import Mapping

VALUES: Mapping[str, tuple[str, ...]] = {
    "failures": ("error", "fail", "runtime error", "partial success"), "skipped": ("skipped",), "warnings": ("warn",),
}  # fmt: skip
"""What can be counted of the last run of dbt: nodes with one of these states."""

SPANS = ("seconds", "age")
"""What else of it: how long it took, and how long ago it was."""

FIGURES = ("decisions", "error_rate", "escalation_rate", "latency", "stuck", "cost", "budget")
"""What our own journal tells of each agent, see `agents/figures.py`."""
