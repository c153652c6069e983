"""What a Web API method is given and what it is."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_faults import Faults
from bot.sandbox.workspace import Json, Workspace
from bot.sandbox.workspace_sessions import Sessions
from bot.sandbox.workspace_views import Views


@dataclass(frozen=True)
class Call:
    """One call of a Web API method by the app."""

    workspace: Workspace
    views: Views
    sessions: Sessions
    faults: Faults
    arguments: Arguments
    base_url: str  # where the sandbox is reached, without a slash at the end
    new_ticket: Callable[[], str]  # gives a ticket for a websocket


Method = Callable[[Call], Json]
"""Answers a call with the fields beside `ok`; raises SlackRefusal."""
