"""The console script `countersign`. Each command lives in a module of its own, which is imported when the command is used."""

import gc
import importlib
import os
from typing import Any

import click

from agents.core.errors import ConfigError, CountersignError

FAILED, WRONG, WAITS = 1, 2, 3
"""Exit codes: it failed or was refused; the command or the configuration is wrong; it waits for people. 0 is success."""

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Start here": {
        "demo": ("sandbox", "Watch two incidents and a data drift, from report to answer, in about a minute."),
        "sandbox": ("sandbox", "Try it by hand in an offline workspace."),
        "check": ("check", "Say what is set up, what is missing, and how to get it."),
        "serve": ("serve", "Run the bot in your Slack workspace."),
    },
    "Work with runs": {
        "ask": ("ask", "Give an agent a task and follow it."),
        "runs": ("runs", "List runs."),
        "show": ("runs", "Tell what one run did, step by step."),
        "audit": ("audit", "Search everything that happened."),
    },
    "Decide": {
        "approvals": ("decide", "List the questions that wait for people."),
        "approve": ("decide", "Let one exact call run, or for a while others like it too."),
        "edit": ("edit", "Change a call before it is approved."),
        "deny": ("decide", "Refuse a call, with a reason that the agent reads."),
        "answer": ("decide", "Answer a call in doubt, or a limit that was met."),
        "grants": ("grants", "List what may run without asking."),
        "revoke": ("grants", "Take a grant back."),
    },
    "Step in": {
        "stop": ("override", "End a run, or take it over."),
        "undo": ("override", "Take back what a call did."),
        "halt": ("override", "Freeze an agent, or everything."),
        "resume": ("override", "End a halt."),
    },
    "Look after agents": {
        "agents": ("figures", "List the agents, and who is halted."),
        "spend": ("figures", "Tell what each agent used."),
        "eval": ("eval", "Play an agent's cases, and tell which it passes."),
        "labels": ("figures", "List what people said of answers: cases to test with."),
        "memory": ("memory", "Read, search and erase what agents remember."),
        "monitor": ("monitor", "List what is watched, look at it now, and suggest what to watch."),
        "schedules": ("schedules", "List what begins by itself; pause it, or run it now."),
        "inbox": ("inbox", "List what arrived and could not be dealt with."),
        "tool": ("tool", "Call one configured tool by itself."),
        "policy": ("policy", "Test the policy's rules, and replay the journal under them."),
        "token": ("token", "Let programs use the API, and shut them out."),
    },
}
"""Every command: the module in `bot/commands` that holds it, and what it is for in one line."""

MODULES = {name: module for commands in SECTIONS.values() for name, (module, _) in commands.items()}


class Failure(click.ClickException):
    """An error of ours on its way to the terminal."""

    exit_code = FAILED

    def show(self, file: Any = None) -> None:
        """Print the message to the standard error, without escape sequences that it may hold."""
        from bot.settings import held_in
        from bot.terminal import plain
        from tools.redact import Redactor

        message = Redactor(held_in(os.environ))(self.message)
        color = False if os.environ.get("NO_COLOR") else None  # the context, which knows it too, is gone by now
        click.echo(click.style("Error: ", fg="red", bold=True) + plain(message), err=True, color=color)


class Misconfigured(Failure):
    """The same for settings and configuration."""

    exit_code = WRONG


class Commands(click.Group):
    """Knows its commands by name, and imports only the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which help shows them."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in MODULES:
            return None
        command: click.Command = getattr(importlib.import_module(f"bot.commands.{MODULES[cmd_name]}"), cmd_name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; one that does not exist is answered with those that are spelled much like it."""
        if args[0] == "help":
            click.echo(ctx.get_help())
            ctx.exit()
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=MODULES, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what people want to do."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()], col_spacing=3)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors of ours become one message and an exit code."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise Misconfigured(str(error)) from error
        except CountersignError as error:
            raise Failure(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="countersign", prog_name="countersign")
@click.pass_context
def group(ctx: click.Context) -> None:
    """An operations agent that lives in Slack and asks for a countersignature where it matters.

    \b
    New here?        countersign demo                needs no account and no key
    Own workspace?   countersign check               says what is missing, line by line
    Something waits? countersign approvals

    Settings come from the environment (SLACK_BOT_TOKEN, ANTHROPIC_API_KEY, …); everything else from countersign.yaml.

    \b
    Exit codes: 0 done · 1 failed or refused · 2 wrong usage or configuration · 3 waits for people
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    ctx.obj = dict(os.environ)
    if ctx.obj.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Entry point of the console script."""
    gc.disable()  # until the command is imported: nothing of that is ever given back, and to look through it takes a tenth of a second
    group(prog_name="countersign")


if __name__ == "__main__":
    main()
