"""`countersign serve`."""

import logging
from collections.abc import Mapping

import click

from bot import terminal
from bot.config import load
from bot.serve import serve as serve_bot
from bot.settings import Settings

NOISY = ("alembic", "apscheduler", "httpcore", "httpcore2", "httpx", "httpx2", "slack_bolt", "slack_sdk")
"""Libraries that log every request and every tick, some of them with headers."""


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
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = Settings.read(environ)
    terminal.run(serve_bot(settings, load(settings.config, environ)))
