"""`countersign serve`."""

from collections.abc import Mapping

import click

from bot import terminal
from bot.build import redactor
from bot.config import load
from bot.logs import configure
from bot.serve import serve as serve_bot
from bot.settings import Settings


@click.command()
@click.pass_obj
def serve(environ: Mapping[str, str]) -> None:
    """Run the bot in your Slack workspace until it is stopped.

    It carries on with every run that was under way, whatever ended the last bot. SIGTERM and Ctrl-C let it finish what it is doing, at most
    10 seconds; a second bot on the same database is refused.

    \b
    countersign check && countersign serve
    DATABASE_URL=sqlite:////var/lib/countersign/journal.db countersign serve
    """
    settings = Settings.read(environ)
    config = load(settings.config, environ)
    configure(redactor(settings, config))
    terminal.run(serve_bot(settings, config))
