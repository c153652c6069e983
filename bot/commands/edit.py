"""`countersign edit`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from agents.core.fold import fold
from agents.core.ids import run_of
from bot import terminal
from bot.build import open_reader
from bot.commands.reaching import do_to_run
from bot.config_mistakes import nearest
from bot.settings import Settings


@click.command()
@click.argument("ask", metavar="ASK")
@click.option("--arg", "given", multiple=True, metavar="NAME=VALUE", help="An argument as it should be; numbers and lists as JSON.")
@click.option("--without", multiple=True, metavar="NAME", help="Leave this argument out.")
@click.pass_context
def edit(ctx: click.Context, ask: str, given: tuple[str, ...], without: tuple[str, ...]) -> None:
    """Change the call that ASK is about, before anybody approves it.

    The changed call does not run: policy judges it anew, and a new question asks about exactly what it is then. The agent reads who changed
    what. Arguments that are not named stay as they are. What replaces a text is a text; any other value is read as JSON where it can be.

    \b
    countersign edit k3xq --arg service=search
    countersign edit k3xq.a2 --arg instances=3 --arg 'zones=["a", "b"]' --without reason
    """
    if not given and not without:
        raise click.UsageError("Say what to change: --arg NAME=VALUE, or --without NAME.")
    ctx.exit(terminal.run(_edit(Settings.read(ctx.obj), ctx.obj, ask, given, without)))


async def _edit(settings: Settings, environ: Mapping[str, str], text: str, given: Sequence[str], without: Sequence[str]) -> int:
    async with open_reader(settings) as reader:
        ask_id = await terminal.find_ask(reader.ledger, reader.journal, text)
        run = fold(await reader.journal.read(run_of(ask_id)))
        arguments = changed(terminal.call_of(run, ask_id).arguments, given, without)
        return await do_to_run(settings, environ, reader.journal, run, lambda door: door.answer(ask_id, "edit", arguments=arguments))


def changed(arguments: Mapping[str, Any], given: Sequence[str], without: Sequence[str]) -> dict[str, Any]:
    """The arguments with those given as `NAME=VALUE` and without those named. Raises BadParameter."""
    edited = dict(arguments)
    for name in without:
        if name not in arguments:
            raise click.BadParameter(f"The call has no argument {name}{nearest(name, arguments)}.", param_hint="--without")
        edited.pop(name, None)
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="--arg")
        edited[name] = value if isinstance(arguments.get(name), str) else _value(value)
    return edited


def _value(text: str) -> Any:
    """What the text is as JSON, or the text itself."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text


def _no_number(text: str) -> Any:
    """NaN and the infinities are no JSON, whatever Python thinks."""
    raise ValueError(text)
