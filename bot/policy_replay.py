"""What was judged before, judged once more: under the present configuration, or under another one."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from agents.core import events as e
from agents.core.budget import Used
from agents.core.fold import apply
from agents.core.grants import Grant
from agents.core.ids import CallId, RunId
from agents.core.policy import Rules, judge
from agents.core.state import Run
from agents.ledger import RunSummary
from agents.ports import Toolbox
from agents.spec import configured
from bot.build import Reader
from bot.config import Config
from bot.policy_cases import REJECTED, WORDS

MINUTE = timedelta(minutes=1)
PAGE = 200
"""Runs that are listed at once."""

EVERY_GRANT = 100_000


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A call that would be judged otherwise now."""

    run_id: RunId
    agent: str
    at: datetime
    call_id: CallId
    tool: str
    arguments: Mapping[str, Any]
    then: str
    then_rules: tuple[str, ...]
    now: str
    now_rules: tuple[str, ...]
    """For a call that would be rejected, why."""


@dataclass(slots=True)
class Replay:
    """What came of it."""

    judged: int = 0
    """Calls that were judged once more."""
    skipped: int = 0
    """Calls that say nothing of the policy: judged under a halt, or of agents that are not configured any more."""
    otherwise: list[Otherwise] = field(default_factory=list)


class Replayer:
    """Reads a journal and judges again. What was given and switched at that time counts: grants that were used, and rates."""

    def __init__(self, reader: Reader, config: Config, toolbox: Toolbox) -> None:
        self._reader = reader
        self._rules = {name: configured(spec, toolbox, config.policy) for name, spec in config.agents.items()}
        self._starts: dict[str, list[datetime]] = {}
        """When each tool was called, in order."""
        self._grants: Mapping[str, Grant] = {}

    async def replay(self, since: datetime, agent: str | None) -> Replay:
        """Every call that was judged since this moment, of this agent or of any."""
        self._grants = {grant.grant_id: grant for grant in await self._reader.ledger.grants(limit=EVERY_GRANT)}
        if any(spec.per_minute for rules in self._rules.values() for spec in rules.tools.values()):
            async for found in self._runs(since - MINUTE):
                for row in await self._reader.journal.read(found.run_id):
                    if isinstance(row.event, e.ToolStarted):
                        insort(self._starts.setdefault(row.event.tool, []), row.at)
        replay = Replay()
        async for found in self._runs(since):
            if agent is None or found.agent == agent:
                self._judge(await self._reader.journal.read(found.run_id), since, replay)
        replay.otherwise.sort(key=lambda one: one.at)
        return replay

    async def _runs(self, since: datetime) -> AsyncIterator[RunSummary]:
        before: int | None = None
        while page := await self._reader.ledger.runs(limit=PAGE, before=before):
            for found in page:
                if found.moved_at >= since:
                    yield found
            before = page[-1].number

    def _judge(self, rows: tuple[e.Recorded, ...], since: datetime, replay: Replay) -> None:
        run: Run | None = None
        for row in rows:
            if run is not None and isinstance(row.event, e.CallJudged) and row.at >= since:
                self._again(run, row, row.event, replay)
            run = apply(run, row)

    def _again(self, run: Run, row: e.Recorded, then: e.CallJudged, replay: Replay) -> None:
        rules = self._rules.get(run.agent)
        if rules is None or then.rules == ("halt",):
            replay.skipped += 1
            return
        replay.judged += 1
        call = run.calls[then.call_id]
        now = judge(run, call, self._at(rules, then, row.at), row.at)
        decision, names = (REJECTED, (now.error,)) if isinstance(now, e.CallRejected) else (WORDS[now.decision], now.rules)
        if decision != WORDS[then.decision]:
            replay.otherwise.append(Otherwise(
                run.run_id, run.agent, row.at, call.call_id, call.tool, call.arguments, WORDS[then.decision], then.rules, decision, names,
            ))

    def _at(self, rules: Rules, then: e.CallJudged, at: datetime) -> Rules:
        """The rules with what was used and granted at that moment."""
        starts = self._starts.get(then.tool, [])
        lately = bisect_left(starts, at) - bisect_right(starts, at - MINUTE)
        grant = self._grants.get(then.grant)
        return replace(rules, used=Used({then.tool: lately}), grants=(replace(grant, left=1),) if grant else ())
