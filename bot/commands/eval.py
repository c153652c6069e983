"""`countersign eval`."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import click

from agents.core.errors import ConfigError
from bot import terminal
from bot.build import redactor
from bot.cli import FAILED
from bot.config import LIBRARY, Config, load
from bot.config_mistakes import nearest
from bot.eval_cases import Case, read_cases
from bot.evaluation import Outcome, play_all
from bot.logs import configure
from bot.settings import Settings

CASES = "eval.jsonl"
"""The file of cases in an agent's folder."""

SHIPPED = "eval.yaml"
"""The configuration beside it with the tools that the cases name."""


@click.command()
@click.argument("agent")
@click.option("--case", "only", multiple=True, metavar="NAME", help="Only this case; can be given several times.")
@click.option("--cases", "file", type=click.Path(path_type=Path), metavar="FILE", help="The cases; else eval.jsonl beside the agent.")
@click.option("--shipped", is_flag=True, help="A ready-made agent with the tools of its own example (eval.yaml), not with yours.")
@click.option("--offline", is_flag=True, help="The same without any model: the sandbox plays the cases that it has scenes for.")
@click.option("--at-once", default=4, show_default=True, type=click.IntRange(1, 32), help="How many cases run side by side.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, with the answers.")
@click.pass_context
def eval(
    ctx: click.Context, agent: str, only: tuple[str, ...], file: Path | None, shipped: bool, offline: bool, at_once: int, as_json: bool
) -> None:
    """Play the cases of AGENT with its configured model, and tell which it passes and why it fails the others.

    A case says what comes in (an alert, a question), what the tools answer, what people answer, and what has to come of it: what is read
    before anything is proposed, severity, owner and cause, the step or none, whether people are asked, and what must never happen. The
    agent runs in the real loop under the real policy. No tool is called: answers are recorded, the journal is a temporary file, and
    nobody is asked anything in Slack. The model is real, and costs what it costs.

    \b
    countersign eval triage                           your triage agent, with your tools' names
    countersign eval triage --case bad-deploy         one case, after a change of the prompt
    countersign eval triage --shipped                 the ready-made agent as it is delivered; needs a key, no configuration
    countersign eval triage --offline                 the machinery alone, without a key: says nothing of a model's judgement
    countersign eval triage --json | jq '.[] | select(.passed | not) | {name, reasons}'

    docs/evals.md explains how to write cases. Exit codes: 0 all pass, 1 some do not, 2 a case or the configuration is wrong.
    """
    outcomes = terminal.run(_played(ctx.obj, agent, only, file, shipped=shipped or offline, offline=offline, at_once=at_once))
    if as_json:
        terminal.print_json(outcomes)
    else:
        _print(outcomes)
        if offline:
            click.echo(terminal.dim("Played by the sandbox's scenes: this proves the machinery, and nothing of a model's judgement."))
    ctx.exit(0 if all(outcome.passed for outcome in outcomes) else FAILED)


async def _played(
    environ: Mapping[str, str], agent: str, only: tuple[str, ...], file: Path | None, *, shipped: bool, offline: bool, at_once: int
) -> list[Outcome]:
    async with _environment(environ, offline=offline) as given:
        settings = Settings.read(given)
        config = _shipped(agent, settings, given, offline=offline) if shipped else load(settings.config, given)
        if agent not in config.agents:
            raise click.UsageError(f"There is no agent {agent}{nearest(agent, config.agents)}")
        configure(redactor(settings, config), logging.WARNING)
        path = file or config.homes[agent] / CASES
        cases = _chosen(read_cases(path), only, offline=offline)
        advice = f"Name your tools as {path} does, write your own cases with --cases FILE, or try the agent as it is delivered: --shipped."
        return await play_all(settings, config, agent, cases, at_once, advice)


def _chosen(cases: tuple[Case, ...], only: tuple[str, ...], *, offline: bool) -> tuple[Case, ...]:
    names = [case.name for case in cases]
    for name in only:
        if name not in names:
            raise click.UsageError(f"There is no case {name}{nearest(name, names)}")
    chosen = tuple(case for case in cases if (not only or case.name in only) and (case.offline or not offline))
    if not chosen:
        raise click.UsageError("The sandbox has no scene for any of these cases; they need a model.")
    return chosen


def _shipped(agent: str, settings: Settings, environ: Mapping[str, str], *, offline: bool) -> Config:
    """The agent's own example, with the models of the configuration that there is. Raises ConfigError."""
    path = LIBRARY / agent / SHIPPED
    if not path.is_file():
        known = [one.parent.name for one in sorted(LIBRARY.glob(f"*/{SHIPPED}"))]
        raise click.UsageError(f"There is no ready-made agent {agent} with cases{nearest(agent, known)}")
    config = load(path, environ)
    if offline or not settings.config.is_file():
        return config
    try:
        own = load(settings.config, environ)
    except ConfigError:
        return config
    return replace(config, models={**config.models, **own.models}, api_keys=own.api_keys, secrets=config.secrets | own.secrets)


@asynccontextmanager
async def _environment(environ: Mapping[str, str], *, offline: bool) -> AsyncIterator[Mapping[str, str]]:
    """The environment, or one in which the sandbox's model answers, at once."""
    if not offline:
        yield environ
        return
    import aiohttp

    from bot.sandbox.app import running

    async with running() as sandbox, aiohttp.ClientSession() as session:
        async with session.post(f"{sandbox.url}/model/settings", json={"pace": 0}) as answer:
            answer.raise_for_status()
        yield {**environ, **sandbox.environment()}


def _print(outcomes: list[Outcome]) -> None:
    terminal.table(("", "CASE", "STEPS", "COST", "TIME", "WHY"), [
        (
            "pass" if outcome.passed else "FAIL", terminal.one_line(outcome.name, 40), str(outcome.steps), f"${outcome.cost:.3f}",
            f"{outcome.seconds:.1f}s", terminal.one_line("; ".join(outcome.reasons), 200),
        )
        for outcome in outcomes
    ])
    passed, cost = sum(outcome.passed for outcome in outcomes), sum(outcome.cost for outcome in outcomes)
    click.echo(terminal.heading(f"{passed} of {len(outcomes)} cases pass; ${cost:.2f}."))
