"""`countersign policy`."""

from collections.abc import Mapping
from pathlib import Path

import click

from bot import terminal
from bot.build import open_reader, open_toolbox, read_switches
from bot.cli import FAILED
from bot.config import Config, load
from bot.config_mistakes import nearest
from bot.pins import ReadPins
from bot.policy_cases import Case, Outcome, decide, read_cases
from bot.policy_replay import Otherwise, Replay, Replayer
from bot.settings import Settings

CASES = "policy-test.yaml"
"""The file of cases beside the configuration."""


@click.group()
def policy() -> None:
    """Test the policy's rules, and see what they would have made of the past. Nothing is changed, and nothing is called.

    \b
    countersign policy test               the cases in policy-test.yaml
    countersign policy replay --since 7d  which calls would be judged otherwise now
    """


@policy.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def test(ctx: click.Context, file: Path | None, as_json: bool) -> None:
    """Judge the cases in FILE as the bot would, and tell which rule decided each. Without FILE: policy-test.yaml beside countersign.yaml.

    \b
    - name: nobody restarts production at night
      tool: restart_service
      arguments: {service: checkout, reason: slow}
      time: 2026-11-21T02:30:00+01:00
      expect: deny                  # deny | ask | notify | run | simulate | reject
      rule: no-restarts-at-night    # optional: the rule that has to decide

    Further keys of a case: agent (where there are several), channel ("#name", an id or dm), source (mention, watched, …), tainted,
    lately (calls of the tool in the last minute). Without a time it is Monday noon, UTC; without a channel, a run from the terminal.

    \b
    countersign policy test
    countersign policy test cases/night.yaml --json

    Exit codes: 0 all pass, 1 some do not, 2 the file or the configuration is wrong.
    """
    settings = Settings.read(ctx.obj)
    config = load(settings.config, ctx.obj)
    cases = read_cases(file or config.folder / CASES, config)
    outcomes = terminal.run(_outcomes(settings, config, cases))
    if as_json:
        terminal.print_json(outcomes)
    else:
        terminal.table(("", "CASE", "DECISION", "DECIDED BY"), [_row(outcome) for outcome in outcomes])
        passed = sum(outcome.passed for outcome in outcomes)
        click.echo(terminal.heading(f"{passed} of {len(outcomes)} cases pass."))
    ctx.exit(0 if all(outcome.passed for outcome in outcomes) else FAILED)


@policy.command()
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="Calls of the last 90s, 15m, 2h, 7d, …")
@click.option("--agent", metavar="NAME", help="Of this agent.")
@click.option(
    "--policy", "other", metavar="FILE", type=click.Path(path_type=Path), help="The rules are those in the section policy of this file."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def replay(ctx: click.Context, since: str, agent: str | None, other: Path | None, as_json: bool) -> None:
    """Judge the calls of the past once more, by the present configuration, and list those that would be judged otherwise.

    It reads the journal: arguments, taint, place, time and rates are those of the moment. Grants count where one was used. Tools, risks,
    autonomy and rules are the present ones; --policy tries other rules before they are put in place.

    \b
    countersign policy replay
    countersign policy replay --since 30d --agent triage --policy stricter.yaml
    countersign policy replay --json | jq '.otherwise[] | select(.now == "run")'

    Exit code 0, whatever is found.
    """
    settings = Settings.read(ctx.obj)
    config = load(settings.config, ctx.obj, policy=other)
    if agent is not None and agent not in config.agents:
        raise click.UsageError(f"There is no agent {agent}{nearest(agent, config.agents)}")
    moment = terminal.ago(since, "--since")

    async def replayed() -> Replay:
        pins = ReadPins(await read_switches(settings, config))
        async with open_reader(settings) as reader, open_toolbox(settings, config, pins) as toolbox:
            return await Replayer(reader, config, toolbox).replay(moment, agent)

    found = terminal.run(replayed())
    if as_json:
        terminal.print_json(found)
        return
    if found.otherwise:
        terminal.table(("TIME", "RUN", "AGENT", "CALL", "THEN", "NOW"), [_changed(one) for one in found.otherwise])
    skipped = f" {found.skipped} more were judged under a halt, or are of agents that are gone." if found.skipped else ""
    click.echo(terminal.heading(f"{len(found.otherwise)} of {found.judged} calls of the last {since} would be judged otherwise.{skipped}"))


async def _outcomes(settings: Settings, config: Config, cases: tuple[Case, ...]) -> list[Outcome]:
    async with open_toolbox(settings, config, ReadPins(await read_switches(settings, config))) as toolbox:
        return [decide(case, config, toolbox) for case in cases]


def _row(outcome: Outcome) -> tuple[str, ...]:
    decided = terminal.one_line("; ".join(outcome.rules), 120)
    if not outcome.passed:
        rule = f" by {outcome.expected_rule}" if outcome.expected_rule else ""
        decided = f"{decided}  (expected {outcome.expected}{rule})"
    return "pass" if outcome.passed else "FAIL", terminal.one_line(outcome.name, 60), outcome.decision, decided


def _changed(one: Otherwise) -> tuple[str, ...]:
    then, now = (f"{word} ({'; '.join(rules)})" for word, rules in ((one.then, one.then_rules), (one.now, one.now_rules)))
    call = terminal.one_line(f"{one.tool} {_brief(one.arguments)}", 60)
    return terminal.clock_time(one.at), one.run_id, one.agent, call, terminal.one_line(then, 60), terminal.one_line(now, 120)


def _brief(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())
