"""`countersign monitor`: each subcommand's work is in a module of its own, imported when it is used."""

from pathlib import Path

import click

from bot import terminal


@click.group()
def monitor() -> None:
    """Watch numbers: what comes in, how fresh it is, how it is spread, and when it runs out.

    \b
    countersign monitor suggest warehouse
    countersign monitor list
    countersign monitor run orders
    """


@monitor.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the monitors: when each looked last and looks next, its series, what is open, and false alarms of seven days."""
    from bot.monitor_list import listed

    ctx.exit(terminal.run(listed(ctx.obj, as_json=as_json)))


@monitor.command("run")
@click.argument("name")
@click.pass_context
def run_(ctx: click.Context, name: str) -> None:
    """Look at NAME now, and print what was read, how it is judged, and what would be told.

    Nothing is written and nobody is told: a running bot looks when its own time has come. It exits with 1 where it cannot be read.

    \b
    countersign monitor run orders
    """
    from bot.monitor_run import looked_at

    ctx.exit(terminal.run(looked_at(ctx.obj, name)))


@monitor.command()
@click.argument("source")
@click.option("--table", metavar="T", help="Only this table of an SQL source.")
@click.option("--write", "path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it there; FILE must be new.")
@click.pass_context
def suggest(ctx: click.Context, source: str, table: str | None, path: Path | None) -> None:
    """Look at SOURCE, an SQL database or a Prometheus among the tools, and write monitors that make sense there.

    What is printed is a section for the configuration, with a line on why for each monitor. Nothing is changed but FILE.

    \b
    countersign monitor suggest warehouse
    countersign monitor suggest warehouse --table analytics.orders
    countersign monitor suggest metrics --write monitors.yaml
    """
    from bot.monitor_suggest import suggested

    ctx.exit(terminal.run(suggested(ctx.obj, source, table, path)))
