"""`countersign agents`, `countersign spend` and `countersign labels`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from pydantic_core import to_jsonable_python

from agents.core.budget import Day, Limits, day_of
from agents.core.errors import ConfigError
from agents.core.fold import fold
from agents.core.ids import CONTROL
from agents.core.switches import Halt, Switches, fold_switches
from agents.ledger import Label, Spend
from agents.meter import Meter
from agents.spec import AgentSpec
from bot import duration, terminal
from bot.build import clock, open_reader
from bot.config import load
from bot.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_obj
def agents(environ: Mapping[str, str], as_json: bool) -> None:
    """List the configured agents: what each is for, how free it is, which tools it has, and whether somebody has halted it.

    \b
    countersign agents
    countersign agents --json | jq '.[].tools'
    """
    settings = Settings.read(environ)
    configured = load(settings.config, environ).agents
    switches = terminal.run(_switches(settings))
    if as_json:
        shown = ("name", "description", "autonomy", "tier", "tools")
        halts = {name: switches.halt_of(name) for name in configured}
        terminal.print_json([{**{field: getattr(a, field) for field in shown}, "halt": halts[a.name]} for a in configured.values()])
        return
    rows = [_agent(agent, switches.halt_of(agent.name)) for agent in configured.values()]
    terminal.table(("AGENT", "STATE", "AUTONOMY", "MODEL", "TOOLS", "WHAT IT IS FOR"), rows)


@click.command()
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="Runs that began in the last 90s, 15m, 2h, 7d, …")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_obj
def spend(environ: Mapping[str, str], since: str, as_json: bool) -> None:
    """Tell what each agent's runs used: turns of the model, tokens, and US dollars by the configured prices.

    Of agents with a limit for the day it tells what they have spent of it today (UTC).

    \b
    countersign spend
    countersign spend --since 30d --json
    """
    settings = Settings.read(environ)
    found, days = terminal.run(_spend(settings, terminal.ago(since, "--since"), _limits(settings, environ)))
    if as_json:
        terminal.print_json([{**asdict(one), "today": days.get(one.agent)} for one in found])
        return
    if not found:
        click.echo(f"No run began in the last {since}.")
    else:
        total = Spend("all", *(sum(getattr(one, field) for one in found) for field in ("runs", "steps", "tokens", "cost")))
        lines = (*found, total) if len(found) > 1 else found
        rows = [(one.agent, str(one.runs), str(one.steps), f"{one.tokens:,}", f"${one.cost:.2f}") for one in lines]
        terminal.table(("AGENT", "RUNS", "STEPS", "TOKENS", "COST"), rows)
    for agent, day in days.items():
        raised = f", raised by {terminal.one_line(day.raised_by, 40)}" if day.raised_by else ""
        click.echo(f"{agent} has spent ${day.spent:.2f} of ${day.most:.2f} today (UTC){raised}.")


@click.command()
@click.option("--agent", metavar="NAME", help="Of this agent.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Whole cases, one JSON object a line: what was asked, done and answered.")
@click.pass_obj
def labels(environ: Mapping[str, str], agent: str | None, limit: int, as_json: bool) -> None:
    """List what people said of runs with the thumbs under an answer, newest first: the cases to test an agent with.

    \b
    countersign labels
    countersign labels --agent triage --json > cases.jsonl
    """
    settings = Settings.read(environ)
    if as_json:
        for case in terminal.run(_cases(settings, agent, limit)):
            click.echo(json.dumps(to_jsonable_python(case)))
        return
    found = terminal.run(_labels(settings, agent, limit))
    if not found:
        click.echo("Nobody has said anything of a run yet.")
        return
    rows = [
        (
            terminal.clock_time(label.at), label.run_id, label.agent, "good" if label.good else "bad", terminal.one_line(label.name, 24),
            terminal.one_line(label.note, 200),
        )
        for label in found
    ]
    terminal.table(("TIME", "RUN", "AGENT", "SAID", "BY", "NOTE"), rows)


async def _switches(settings: Settings) -> Switches:
    """How everything is switched; nothing is where there is no journal yet."""
    if not settings.database_file.exists():
        return Switches()
    async with open_reader(settings) as reader:
        return fold_switches(await reader.journal.read(CONTROL))


def _limits(settings: Settings, environ: Mapping[str, str]) -> Mapping[str, Limits]:
    """The limits of the configured agents; none where the configuration cannot be read, because what was spent is told all the same."""
    try:
        return {name: agent.limits for name, agent in load(settings.config, environ).agents.items()}
    except ConfigError:
        return {}


async def _spend(settings: Settings, since: datetime, limits: Mapping[str, Limits]) -> tuple[tuple[Spend, ...], Mapping[str, Day]]:
    """What each agent used, and the days of those that have a limit."""
    meter = Meter(clock)
    async with open_reader(settings) as reader:
        await meter.fill(reader.ledger)
        found = await reader.ledger.spend(since)
    days = {name: day for name, one in limits.items() if (day := day_of(one, meter.used(name)))}
    return found, days


async def _labels(settings: Settings, agent: str | None, limit: int) -> tuple[Label, ...]:
    async with open_reader(settings) as reader:
        return await reader.ledger.labels(agent=agent, limit=limit)


async def _cases(settings: Settings, agent: str | None, limit: int) -> list[dict[str, Any]]:
    """Labels with the runs that they are about."""
    cases = []
    async with open_reader(settings) as reader:
        for label in await reader.ledger.labels(agent=agent, limit=limit):
            run = fold(await reader.journal.read(label.run_id))
            cases.append({
                "run_id": run.run_id, "agent": run.agent, "good": label.good, "note": label.note, "by": label.actor, "at": label.at,
                "asked": [said.text for turn in run.turns for said in turn.said], "answer": run.answer, "outcome": run.outcome,
                "calls": [{"tool": call.tool, "arguments": call.arguments, "state": call.state} for call in run.calls.values()],
            })
    return cases


def _agent(agent: AgentSpec, halt: Halt | None) -> tuple[str, ...]:
    state = f"halted by {terminal.one_line(halt.name, 24)} {duration.show(clock() - halt.at)} ago" if halt else "works"
    return agent.name, state, agent.autonomy, agent.tier, str(len(agent.tools)), terminal.one_line(agent.description, 80)
