"""`countersign monitor`: each subcommand's work is in a module of its own, imported when it is used."""

from collections.abc import Mapping
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
    countersign monitor test orders
    countersign monitor backtest orders.csv --picture orders.png
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


picture_option = click.option(
    "--picture", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Draw it: a PNG with the expected range and the alerts.",
)


@monitor.command()
@click.argument("name")
@click.option("--since", default="28d", show_default=True, metavar="TIME", help="How much of its past: 6h, 7d, 28d, …")
@picture_option
@click.pass_obj
def test(environ: Mapping[str, str], name: str, since: str, picture: Path | None) -> None:
    """Read the past of the monitor NAME and tell what would have fired. Nothing is stored, and nobody is told.

    Sources without a past tell what the bot has kept. The picture is of the series that would have fired most.

    \b
    countersign monitor test orders
    countersign monitor test orders --since 90d --picture orders.png
    """
    from bot.monitor_tests import test as tested

    terminal.run(tested(environ, name, terminal.length(since, "--since"), picture))


@monitor.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--time", "time", metavar="COLUMN", help="The column with the times: Unix seconds, or ISO 8601. [default: the first]")
@click.option("--value", "value", metavar="COLUMN", help="The column with the values. [default: the first other one with numbers]")
@click.option(
    "--sensitivity", default=1.0, show_default=True, type=click.FloatRange(min=0.01, max=100),
    help="2 fires at half the deviation, 0.5 at twice.",
)
@picture_option
def backtest(file: Path, time: str | None, value: str | None, sensitivity: float, picture: Path | None) -> None:
    """Judge a series in a CSV file, each value with what came before it alone, and tell what would have fired.

    The file has a line of names, then a row for each time. An empty value is one that was not measured.

    \b
    countersign monitor backtest orders.csv
    countersign monitor backtest orders.csv --value amount --sensitivity 0.5 --picture orders.png
    """
    from bot.monitor_tests import backtest as tested

    tested(file, time, value, sensitivity, picture)
