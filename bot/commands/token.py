"""`countersign token`: create, list and revoke what lets programs use the API."""

import re
from collections.abc import Mapping
from datetime import datetime

import click

from agents.core.events import TokenMade
from agents.core.ids import CONTROL
from agents.core.switches import fold_switches
from agents.core.tokens import LEVELS, Token
from bot import duration, terminal
from bot.build import clock, open_reader
from bot.commands.reaching import switch
from bot.settings import Settings
from bot.tokens import hashed, new_secret

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@click.group()
def token() -> None:
    """Let programs use the API, and shut them out again.

    A token acts under its name, `api/NAME`, in runs, approvals and the audit trail. Viewers read, operators start and stop runs and halt
    agents, admins end a halt and see every run. No token approves anything unless an agent's approvers name `api/NAME`.

    \b
    countersign token create ci --role operator --agents triage --expires 90d
    countersign token list
    countersign token revoke ci
    """


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice(list(LEVELS)), required=True, help="How far it reaches.")
@click.option("--agents", metavar="A,B", default="", help="The only agents with which it has to do; all where none are named.")
@click.option("--expires", metavar="TIME", help="After this time it lets nobody in: 12h, 90d. Without it, it holds until it is revoked.")
@click.pass_context
def create(ctx: click.Context, name: str, role: str, agents: str, expires: str | None) -> None:
    """Make a token, and print its secret once. Only its hash is kept.

    \b
    countersign token create ci --role operator --agents triage --expires 90d
    """
    if not NAME.fullmatch(name):
        raise click.BadParameter("write lower-case letters, digits, - and _, beginning with a letter.", param_hint="NAME")
    names = tuple(dict.fromkeys(agent.strip() for agent in agents.split(",") if agent.strip()))
    secret = new_secret()
    made = TokenMade(name, hashed(secret), role, "", names, _until(expires))
    code = terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.let_in(made)))
    if not code:
        click.echo(f"Its secret, which is shown this once:\n\n{secret}\n\nSend it as `Authorization: Bearer {secret[:6]}…`.")
    ctx.exit(code)


@token.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are revoked or expired.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_obj
def listed(environ: Mapping[str, str], everything: bool, as_json: bool) -> None:
    """List tokens: how far each reaches, who made it, when it was last used. Their secrets are not known to anybody here.

    \b
    countersign token list
    countersign token list --all --json
    """
    now = clock()
    tokens, uses = terminal.run(_tokens(Settings.read(environ)))
    shown = [one for one in tokens if everything or one.live(now)]
    if as_json:
        terminal.print_json([_json(one, uses.get(one.name)) for one in shown])
    elif not shown:
        click.echo("No token lets anybody in. Make one: countersign token create NAME --role viewer")
    else:
        rows = [_row(one, uses.get(one.name), now) for one in shown]
        terminal.table(("TOKEN", "ROLE", "MADE", "BY", "LAST USED", "STATE", "AGENTS"), rows)


@token.command()
@click.argument("name")
@click.pass_context
def revoke(ctx: click.Context, name: str) -> None:
    """Shut out whoever shows the token NAME, from this moment and for good. A running bot knows at once.

    \b
    countersign token revoke ci
    """
    ctx.exit(terminal.run(switch(Settings.read(ctx.obj), ctx.obj, lambda door: door.shut_out(name))))


def _until(length: str | None) -> datetime | None:
    """Raises BadParameter."""
    if length is None:
        return None
    try:
        return clock() + duration.parse(length)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="--expires") from error


async def _tokens(settings: Settings) -> tuple[list[Token], Mapping[str, datetime]]:
    async with open_reader(settings) as reader:
        switches = fold_switches(await reader.journal.read(CONTROL))
        return list(switches.tokens.values()), await reader.uses.all()


def _row(one: Token, used: datetime | None, now: datetime) -> tuple[str, ...]:
    return (
        one.name, one.role, terminal.clock_time(one.made_at), terminal.one_line(one.made_by, 24),
        terminal.clock_time(used) if used else "never", _state(one, now), ", ".join(one.agents) or "all",
    )


def _state(one: Token, now: datetime) -> str:
    if one.revoked_at is not None:
        return f"revoked by {terminal.one_line(one.revoked_by, 24)}"
    if one.expires_at is None:
        return "holds"
    return f"holds until {terminal.clock_time(one.expires_at)}" if one.live(now) else "expired"


def _json(one: Token, used: datetime | None) -> dict[str, object]:
    fields = ("name", "role", "agents", "made_at", "made_by", "expires_at", "revoked_at", "revoked_by")
    return {**{name: getattr(one, name) for name in fields}, "used_at": used}
