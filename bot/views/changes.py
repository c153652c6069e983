"""What admins read of a tool that another program describes otherwise than was accepted. Nothing that it says itself is in it."""

from agents.core.switches import Change
from bot.views.blocks import context, section
from bot.views.message import Message
from bot.views.mrkdwn import date, escape


def changed(change: Change) -> Message:
    """That it is off, since when, and how to put it on again."""
    tool = escape(change.tool)
    said = f":rotating_light: *The definition of `{tool}` changed, so the tool is off*, {date(change.at)}."
    meaning = (
        "Its MCP server describes it otherwise than an admin accepted it. No agent is offered it any more, calls of it fail, and approvals "
        f"of it that wait are void. Ask whoever runs the server. `countersign tool trust {tool}` on the bot's machine shows exactly what "
        "is different, and there an admin can accept it."
    )
    return Message(said, (section(said), section(meaning), context("A changed description can be meant to mislead an agent.")))
