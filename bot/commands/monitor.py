"""`countersign monitor`: each subcommand's work is in a module of its own, imported when it is used."""

from pathlib import Path

import click

from bot import terminal


@click.group()
def monitor() -> None:
    """Watch numbers: what comes in, how fresh it is, how it is spread, and when it runs out.

    \b
    countersign monitor suggest warehouse
    """


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
