"""How a dbt project's last run went, and which of its sources are stale: `run_results.json` and `sources.json`.

https://docs.getdbt.com/reference/artifacts/run-results-json and https://docs.getdbt.com/reference/artifacts/sources-json
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.detection.changes import Change, ChangeKind
from tools.artifacts import member, members, unix, word
from tools.times import long

BROKEN = ("error", "fail", "runtime error", "partial success")
"""Statuses of what went wrong."""

_PERIODS = {"minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True)
class Result:
    """How the last run of one node went."""

    node: str
    status: str
    """dbt's own word: success, error, skipped, pass, fail, warn, …"""
    at: float
    """When it ended: Unix seconds."""
    seconds: float
    """How long it took."""
    message: str
    """What the database or dbt said."""
    failures: int | None
    """Rows that a test complained of."""
    compiled: str
    """Its compiled SQL; empty where the artifact does not hold it."""


def results_of(artifact: Mapping[str, Any]) -> Mapping[str, Result]:
    """By node, what is in `run_results.json`."""
    ended = unix(word(artifact, "metadata", "generated_at")) or 0.0
    return {result.node: result for one in members(artifact, "results") if (result := _result(one, ended)).node}


def _result(one: Mapping[str, Any], ended: float) -> Result:
    times = [time for timing in members(one, "timing") if (time := unix(timing.get("completed_at"))) is not None]
    seconds, failures = one.get("execution_time"), one.get("failures")
    return Result(
        word(one, "unique_id"), word(one, "status"), max(times, default=ended), float(seconds) if isinstance(seconds, int | float) else 0.0,
        word(one, "message"), failures if isinstance(failures, int) else None, word(one, "compiled_code"),
    )


def changes_of(results: Mapping[str, Result], tested: Mapping[str, str]) -> Iterator[Change]:
    """What went wrong, as events: `tested` says by test whose fault it shows."""
    for result in results.values():
        if result.node in tested:
            if result.status in BROKEN:
                name = result.node.split(".")[2] if result.node.count(".") > 1 else result.node
                yield Change(tested[result.node], result.at, ChangeKind.TEST, f"{name}: {result.message or result.status}")
        elif result.status in BROKEN:
            yield Change(result.node, result.at, ChangeKind.FAILED, result.message or result.status)
        elif result.status == "skipped":
            yield Change(result.node, result.at, ChangeKind.SKIPPED, result.message or "something above it failed")


def stale_of(artifact: Mapping[str, Any]) -> Iterator[Change]:
    """Sources that are older than is allowed, from `sources.json`, each since the moment at which it was too old."""
    ended = unix(word(artifact, "metadata", "generated_at")) or 0.0
    for one in members(artifact, "results"):
        node, status = word(one, "unique_id"), word(one, "status")
        if node and status == "runtime error":
            yield Change(node, ended, ChangeKind.FAILED, f"its freshness could not be measured: {one.get('error') or 'no reason is told'}")
        elif node and status in ("warn", "error"):
            yield _stale(one, node, status, unix(one.get("snapshotted_at")) or ended)


def _stale(one: Mapping[str, Any], node: str, status: str, seen: float) -> Change:
    loaded, allowed = unix(one.get("max_loaded_at")), _allowed(member(one, "criteria", f"{status}_after"))
    if loaded is None:
        return Change(node, seen, ChangeKind.STALE, f"dbt found no row with a time in it ({status})")
    at = min(seen, loaded + allowed) if allowed else seen
    limit = f"; {long(allowed)} are allowed" if allowed else ""
    return Change(node, at, ChangeKind.STALE, f"its newest row was {long(seen - loaded)} old when dbt looked{limit} ({status})")


def _allowed(limit: Mapping[str, Any]) -> float:
    """Seconds; 0 where there is no limit."""
    count, period = limit.get("count"), limit.get("period")
    return float(count * _PERIODS[period]) if isinstance(count, int) and period in _PERIODS else 0.0
