"""`countersign stop`, `undo`, `halt` and `resume`."""

from collections.abc import Mapping

import click

from agents.core.errors import NotFound
from agents.core.fold import fold
from agents.core.ids import CallId
from agents.core.state import Run
from bot import terminal
from bot.build import clock, open_reader
from bot.commands.reaching import do_to_run, switch
from bot.settings import Settings


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--take-over", is_flag=True, help="Go on with the case yourself: the run ends as handed over.")
@click.pass_context
def stop(ctx: click.Context, run: str, take_over: bool) -> None:
    """End a run. It begins nothing more, and what it asked is withdrawn; an effect that is under way comes to its end first.

    RUN is a run's id, or as much of its beginning as only it has; `run-` may be left out.

    \b
    countersign stop k3xq
    countersign stop k3xq --take-over
    """
    ctx.exit(terminal.run(_stop(Settings.read(ctx.obj), ctx.obj, run, take_over)))


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("call", metavar="CALL")
@click.pass_context
def undo(ctx: click.Context, run: str, call: str) -> None:
    """Take back what CALL of RUN did, as its tool declares it, once.

    What takes it back is a call like any other, in a run of its own: where policy asks, it waits for approval. `countersign show RUN` tells
    the calls of a run.

    \b
    countersign undo k3xq c2
    """
    ctx.exit(terminal.run(_undo(Settings.read(ctx.obj), ctx.obj, run, call)))


@click.command()
@click.argument("agent", metavar="[AGENT]", default="")
@click.option("--reason", default="", help="Why; people read it wherever something waits.")
@click.pass_context
def halt(ctx: click.Context, agent: str, reason: str) -> None:
    """Freeze an agent, or everything where none is named: nothing begins, no grant counts, and no question can be decided.

    What is under way comes to its end, and the time of questions goes on. A halt outlives restarts; only a resume ends it.

    \b
    countersign halt --reason "We are being attacked."
    countersign halt triage
    """
    ctx.exit(terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.halt(agent, reason))))


@click.command()
@click.argument("agent", metavar="[AGENT]", default="")
@click.pass_context
def resume(ctx: click.Context, agent: str) -> None:
    """End the halt of an agent, or of everything where none is named. What is open goes on where it was.

    A halt of everything and that of an agent are two: each is ended by itself. `countersign agents` shows who is halted.

    \b
    countersign resume
    countersign resume triage
    """
    ctx.exit(terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.resume(agent))))


async def _stop(settings: Settings, environ: Mapping[str, str], prefix: str, take_over: bool) -> int:
    async with open_reader(settings) as reader:
        run = fold(await reader.journal.read(await terminal.find_run(reader.ledger, prefix)))
        return await do_to_run(settings, environ, reader.journal, run, lambda door: door.stop(run.run_id, takes_over=take_over))


async def _undo(settings: Settings, environ: Mapping[str, str], prefix: str, call: str) -> int:
    async with open_reader(settings) as reader:
        run = fold(await reader.journal.read(await terminal.find_run(reader.ledger, prefix)))
        if call not in run.calls:
            raise NotFound(f"{run.run_id} has no call {call}. {_undoable(run)}")
        return await do_to_run(settings, environ, reader.journal, run, lambda door: door.undo(run.run_id, CallId(call)))


def _undoable(run: Run) -> str:
    """Which calls can be undone, in a sentence."""
    now = clock()
    calls = [f"{call.call_id} ({call.tool})" for call in run.calls.values() if call.undo_until and now < call.undo_until]
    return f"What can be undone: {', '.join(calls)}." if calls else "Nothing that it did can be undone."
