"""The message that opens the thread of a run which nobody's message started: an alert, a time that has come, a call of the API."""

from agents.core.state import Run
from agents.core.trigger import Source
from bot.views.blocks import Json, context, header, quote
from bot.views.message import Message
from bot.views.mrkdwn import escape, inline

TITLES = {Source.WEBHOOK: "Alert", Source.SCHEDULE: "Scheduled", Source.API: "Request"}
"""What the message begins with, by what caused the run."""


def opening(run: Run) -> Message:
    """The cause in its own words, quoted; what the agent does stands in the thread."""
    first, _, rest = run.text.strip().partition("\n")
    title = f"{TITLES.get(run.trigger.source, 'Run')}: {first}"
    body: tuple[Json, ...] = (quote(rest.strip(), 2000),) if rest.strip() else ()
    small = context(f"{escape(run.agent)} · {inline(run.trigger.actor_name, 80)} · {escape(run.run_id)}")
    return Message(inline(title, 300), (header(title), *body, small))
