"""Agent sessions: what Slack shows at the foot of a thread while an agent works in it, with a button to stop it. No I/O."""

from dataclasses import dataclass, replace

from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Change, Workspace

STATUSES = ("active", "processing", "suspended", "closed")
"""Source: https://docs.slack.dev/reference/methods/agents.sessions.setStatus."""
TITLE_LIMIT = 200
"""Characters of a session's title."""


@dataclass(frozen=True)
class Session:
    """An agent's work in one thread."""

    channel: str
    thread_ts: str
    status: str  # one of STATUSES
    title: str = ""
    initiator: str | None = None  # who asked for it


class Sessions:
    """The sessions of the app, one a thread. `stoppable`: whether the app listens to the stop button."""

    def __init__(self, workspace: Workspace, stoppable: bool) -> None:
        self.stoppable = stoppable
        self._workspace = workspace
        self._sessions: dict[tuple[str, str], Session] = {}

    def get(self, channel: str, thread_ts: str) -> Session | None:
        """The session of a thread, if there is one."""
        return self._sessions.get((channel, thread_ts))

    def set(self, session: Session) -> Session:
        """Begin a session, or give the one of this thread another status; its title and initiator stay as they were."""
        known = self.get(session.channel, session.thread_ts)
        return self._keep(session if known is None else replace(known, status=session.status))

    def rename(self, channel: str, thread_ts: str, title: str) -> Session:
        """Give a session another title; refuses with `session_not_found`."""
        known = self.get(channel, thread_ts)
        if known is None:
            raise SlackRefusal("session_not_found")
        return self._keep(replace(known, title=title))

    def stopped(self, channel: str, thread_ts: str) -> list[str]:
        """Stop the streams of a thread, as Slack does when somebody stops the session, and return their ts.

        The status stays as it is: setting it is the app's part. Raises ValueError where nothing can be stopped.
        """
        session = self.get(channel, thread_ts)
        if session is None or session.status != "processing" or not self.stoppable:
            raise ValueError("nothing is being worked on here that could be stopped")
        running = [reply for reply in self._workspace.replies(channel, thread_ts) if reply.streaming]
        for reply in running:
            self._workspace.change(channel, reply.ts, streaming=False)
        return [reply.ts for reply in running]

    def _keep(self, session: Session) -> Session:
        self._sessions[session.channel, session.thread_ts] = session
        self._workspace.tell(Change("session", session.channel, thread_ts=session.thread_ts))
        return session
