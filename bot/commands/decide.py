"""`countersign approvals`, `approve`, `deny` and `answer`."""

from collections.abc import Mapping
from datetime import timedelta

import click

from agents.core.fold import fold
from agents.core.grants import LONGEST, MOST, Terms
from agents.core.ids import RunId, run_of
from agents.core.state import Run
from agents.ledger import AskSummary
from bot import duration, terminal
from bot.build import open_reader
from bot.commands.printing import granted, how_to_decide
from bot.commands.reaching import do_to_run
from bot.config_mistakes import nearest
from bot.settings import Settings

CHOICES = ("approve", "deny", "happened", "retry", "abandon", "raise", "finish", "stop", "reply")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Decided questions too, newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_obj
def approvals(environ: Mapping[str, str], everything: bool, as_json: bool) -> None:
    """List the questions that wait for people, with what would run and how to answer.

    \b
    countersign approvals
    countersign approvals --all --json
    """
    asks, runs = terminal.run(_asks(Settings.read(environ), everything))
    if as_json:
        terminal.print_json(asks)
    elif not asks:
        click.echo("Nothing was ever asked." if everything else "Nothing waits for anybody.")
    elif everything:
        rows = [(ask.ask_id, terminal.clock_time(ask.asked_at), ask.kind, ask.subject, ask.state, ask.decided_by or "") for ask in asks]
        terminal.table(("QUESTION", "ASKED", "KIND", "ABOUT", "STATE", "BY"), rows)
    else:
        click.echo("\n\n".join(how_to_decide(run, run.asks[ask.ask_id]) for ask in asks if (run := runs[ask.run_id])))


@click.command()
@click.argument("ask", metavar="ASK")
@click.option("--for", "length", metavar="TIME", help="Also let calls like it run without asking, so long: 15m, 1h, 2d; at most 7d.")
@click.option("--uses", type=click.IntRange(1, MOST), help="Also let calls like it run without asking, so often.")
@click.option("--any", "free", multiple=True, metavar="NAME", help="An argument that may then be anything. The others stay as they are.")
@click.pass_context
def approve(ctx: click.Context, ask: str, length: str | None, uses: int | None, free: tuple[str, ...]) -> None:
    """Let the exact call run that ASK is about, as the local user.

    What it would change is read again first; if that moved, the approval is void and a new question follows. Nobody can approve what they
    asked for themselves, unless the configuration allows it.

    With --for or --uses it is a grant: calls of the same tool, by the same agent, with the same arguments run without asking. Which of the
    two you do not say is an hour, or ten times. `countersign grants` lists grants, `countersign revoke` takes one back.

    ASK is a question's id from `countersign approvals`; its run may be shortened, and `.a1` left out where one question is open.

    \b
    countersign approve run-k3xq4mwz7dhn2f5a.a1
    countersign approve k3xq
    countersign approve k3xq --for 1h --uses 5 --any reason
    """
    if length is None and uses is None:
        if free:
            raise click.UsageError("--any says what a grant leaves open. Add --for or --uses to give one.")
        _decide(ctx, ask, "approve", "")
    else:
        seconds = _seconds(length or "1h")
        ctx.exit(terminal.run(_grant(Settings.read(ctx.obj), ctx.obj, ask, seconds, uses or 10, free)))


@click.command()
@click.argument("ask", metavar="ASK")
@click.option("--reason", required=True, help="Why; the agent reads it.")
@click.pass_context
def deny(ctx: click.Context, ask: str, reason: str) -> None:
    """Refuse the call that ASK is about. It does not run, and the agent reads why.

    \b
    countersign deny k3xq --reason "Not during the sale. Restart one instance instead."
    """
    _decide(ctx, ask, "deny", reason)


@click.command()
@click.argument("ask", metavar="ASK")
@click.argument("choice", type=click.Choice(CHOICES))
@click.option("--reason", default="", help="Why, where it is a denial; what you write, where it is a reply.")
@click.pass_context
def answer(ctx: click.Context, ask: str, choice: str, reason: str) -> None:
    """Answer any question.

    \b
    a call in doubt   happened (go on), retry (it did not; ask again before it runs), abandon (leave it at that)
    a limit           raise (use as much again), finish (answer with what there is), stop (end the run)
    a question        reply (with --reason: what you write)
    an approval       approve, deny

    \b
    countersign answer k3xq happened
    countersign answer k3xq.a2 raise
    """
    _decide(ctx, ask, choice, reason)


def _decide(ctx: click.Context, ask: str, choice: str, reason: str) -> None:
    ctx.exit(terminal.run(_answer(Settings.read(ctx.obj), ctx.obj, ask, choice, reason)))


async def _asks(settings: Settings, everything: bool) -> tuple[tuple[AskSummary, ...], dict[RunId, Run]]:
    async with open_reader(settings) as reader:
        asks = await reader.ledger.asks(open_only=not everything)
        ids = () if everything else {ask.run_id for ask in asks}
        return asks, {run_id: fold(await reader.journal.read(run_id)) for run_id in ids}


async def _answer(settings: Settings, environ: Mapping[str, str], text: str, choice: str, reason: str) -> int:
    async with open_reader(settings) as reader:
        ask_id = await terminal.find_ask(reader.ledger, reader.journal, text)
        run = fold(await reader.journal.read(run_of(ask_id)))
        return await do_to_run(settings, environ, reader.journal, run, lambda door: door.answer(ask_id, choice, reason))


async def _grant(settings: Settings, environ: Mapping[str, str], text: str, seconds: int, uses: int, free: tuple[str, ...]) -> int:
    async with open_reader(settings) as reader:
        ask_id = await terminal.find_ask(reader.ledger, reader.journal, text)
        run = fold(await reader.journal.read(run_of(ask_id)))
        call = terminal.call_of(run, ask_id)
        for name in free:
            if name not in call.arguments:
                raise click.BadParameter(f"{call.tool} has no argument {name} here{nearest(name, call.arguments)}.", param_hint="--any")
        fixed = {name: value for name, value in call.arguments.items() if name not in free}
        terms = Terms(seconds, uses, tuple(fixed))
        click.echo(f"Calls of {call.tool} by {run.agent} with {terminal.plain(granted(fixed, free))}:")
        return await do_to_run(settings, environ, reader.journal, run, lambda door: door.answer(ask_id, "grant", terms=terms))


def _seconds(length: str) -> int:
    """How long a grant holds. Raises BadParameter."""
    try:
        seconds = int(duration.parse(length).total_seconds())
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    if seconds > LONGEST:
        most = duration.show(timedelta(seconds=LONGEST))
        raise click.BadParameter(f"{length} is too long: a grant holds for {most} at most.", param_hint="--for")
    return seconds
