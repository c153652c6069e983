"""A digest of what monitors found, as the message that opens its thread."""

from agents.core.state import Run
from bot.views.answer import prose
from bot.views.blocks import MESSAGE, Json, context, header, text_size
from bot.views.clickable import NOTHING, Clickable
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline


def digest(run: Run, allowed: Clickable = NOTHING) -> Message:
    """Its first line as the title, and the rest as it was written down; what does not fit is left out, which is said."""
    title, _, rest = run.text.strip().partition("\n")
    foot = context(f"{escape(run.agent)} answers here · `/ops report` has it all · {escape(run.run_id)}")
    blocks: list[Json] = [header(title)]
    left = 0
    for block in prose(rest, allowed):
        if left or text_size((*blocks, block, foot)) > MESSAGE or len(blocks) > 40:
            left += 1
        else:
            blocks.append(block)
    more = (context("_There is more than fits here._"),) if left else ()
    return Message(inline(f"{title}. {rest.strip().partition(chr(10))[0]}", 300), (*blocks, *more, foot))
