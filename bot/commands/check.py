"""`countersign check`."""

import click

from bot import terminal
from bot.check import examine
from bot.cli import FAILED
from bot.finding import State

COLOURS = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Say what is set up, what is missing, and how to get it.

    Validates settings and configuration, and tries the database, Slack, the channels and user groups that the configuration names, each
    model tier (one very short request) and each tool's host. Changes nothing.

    \b
    countersign check
    countersign check && countersign serve

    Exit codes: 0 nothing is missing, 1 something is.
    """
    if not as_json:
        click.echo(terminal.dim("Trying every connection, at most 20 seconds …"), err=True)
    findings = terminal.run(examine(ctx.obj))
    if as_json:
        terminal.print_json(findings)
    else:
        for finding in findings:
            first, *more = terminal.plain(finding.text).splitlines() or [""]
            state = click.style(f"{finding.state:<8}", fg=COLOURS[finding.state], bold=finding.state is State.MISSING)
            click.echo(f"{state} {finding.name:<16} {first}")
            for line in (*more, *([f"-> {finding.hint}"] if finding.hint else [])):
                click.echo(f"{'':26}{line}")
    ctx.exit(FAILED if any(finding.state is State.MISSING for finding in findings) else 0)
