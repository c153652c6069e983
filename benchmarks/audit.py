"""How long audit questions take on a large journal, the hard ones included: what is rare, what is old, and what never met."""

import itertools
import statistics
import time
from datetime import timedelta
from pathlib import Path
from random import Random

from agents.ledger import AuditQuery
from benchmarks.load import START, Life, life
from storage.append import Batch
from storage.database import open_database
from storage.journal import SqlJournal
from storage.ledger import SqlLedger

BAR_MS = 100
STEPS = 30
TOGETHER = 20
"""Runs that are filled in with one transaction."""


def _lives(count: int) -> list[Life]:
    """Runs over a year: a rare agent at its beginning, and two others whose tools never meet."""
    random = Random(1)  # noqa: S311 - the same load each time
    made = []
    for n in range(count):
        agent, tool = ("rare", "restart") if n < 5 else (("triage", "query_metrics"), ("watch", "query_logs"))[n % 2]
        made.append(life(f"audit/{n}", STEPS, agent, tool, random, START + n * timedelta(days=365) / count, 40))
    return made


async def measure_audit(path: Path, events: int) -> bool:
    """Fill a journal with so many events and ask it every combination of filters; whether each took less than the bar."""
    async with open_database(f"sqlite:///{path}") as database:
        journal, began, filled = SqlJournal(database), time.perf_counter(), 0
        work = _lives(events // (5 * STEPS + 4) + 1)
        for start in range(0, len(work), TOGETHER):
            batches = [Batch(x.run_id, list(itertools.chain(*x.batches)), 0, x.agent) for x in work[start : start + TOGETHER]]
            filled += len(await journal.append_many(batches))
        print(f"\nFilled {filled:,} events in {time.perf_counter() - began:.0f} s.")
        ledger, slowest = SqlLedger(database), 0.0
        choices = itertools.product(
            (None, work[len(work) // 2].run_id), (None, "triage", "rare", "nobody"), (None, "query_metrics", "query_logs", "restart"),
            (None, "U07", "T01ACME/U07", "countersign"), (None, START, START + timedelta(days=364), START + timedelta(days=999)),
        )
        for run_id, agent, tool, user, since in choices:
            for before in (None, filled // 2):
                query = AuditQuery(run_id, agent, tool, user, since, before=before)
                taken = await _milliseconds(ledger, query)
                if taken > slowest:
                    slowest = taken
                    print(f"  {taken:6.1f} ms  agent={agent} tool={tool} user={user} since={since} run={run_id} before={before}")
        print(f"Slowest of all combinations: {slowest:.1f} ms (bar {BAR_MS}).")
        return slowest < BAR_MS


async def _milliseconds(ledger: SqlLedger, query: AuditQuery) -> float:
    """The median of three times."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        await ledger.audit(query)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000
