"""`countersign approvals`, `approve`, `deny` and `answer`."""

from collections.abc import Mapping

import click

from agents.core.approval import Refusal
from agents.core.fold import fold
from agents.core.ids import RunId, run_of
from agents.core.state import Run
from agents.ledger import AskSummary
from agents.runs import Answered
from bot import terminal
from bot.build import open_embedded, open_reader
from bot.cli import FAILED
from bot.commands.printing import follow, how_to_decide, print_end
from bot.config import load
from bot.control import ControlClient, OwnDoor, local_user
from bot.settings import Settings

CHOICES = ("approve", "deny", "happened", "retry", "abandon", "raise", "finish", "stop")


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
@click.pass_context
def approve(ctx: click.Context, ask: str) -> None:
    """Let the exact call run that ASK is about, as the local user.

    What it would change is read again first; if that moved, the approval is void and a new question follows. Nobody can approve what they
    asked for themselves, unless the configuration allows it.

    ASK is a question's id from `countersign approvals`; its run may be shortened, and `.a1` left out where one question is open.

    \b
    countersign approve run-k3xq4mwz7dhn2f5a.a1
    countersign approve k3xq
    """
    _decide(ctx, ask, "approve", "")


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
@click.option("--reason", default="", help="Why, where it is a denial.")
@click.pass_context
def answer(ctx: click.Context, ask: str, choice: str, reason: str) -> None:
    """Answer any question.

    \b
    a call in doubt   happened (go on), retry (it did not; ask again before it runs), abandon (leave it at that)
    a limit           raise (use as much again), finish (answer with what there is), stop (end the run)
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
        bot = await ControlClient.reach(settings.control_socket)
        if bot:
            return _said(await bot.answer(ask_id, choice, reason))
        run = fold(await reader.journal.read(run_of(ask_id)))
        async with open_embedded(settings, config := load(settings.config, environ)) as engine:
            door = OwnDoor(engine.runs, config.agents, local_user())
            if run.trigger.place is None:
                code = _said(await door.answer(ask_id, choice, reason))
                return code or print_end(await follow(reader.journal, run.run_id, after=run.seq))
            await engine.dispatcher.drain(0)  # what it has to say belongs in Slack, where only the bot can speak
            code = _said(await door.answer(ask_id, choice, reason))
            if not code:
                click.echo("It is recorded, and the run goes on when the bot runs: countersign serve")
            return code


def _said(answered: Answered | Refusal) -> int:
    """Print what a decision came to; its exit code."""
    if isinstance(answered, Refusal):
        click.echo(click.style("Refused: ", fg="red", bold=True) + terminal.plain(answered.text), err=True)
        return FAILED
    click.echo(terminal.plain(answered.text))
    return 0
