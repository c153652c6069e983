"""The agents.sessions.* methods. Source: https://docs.slack.dev/ai/agent-sessions."""

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Json
from bot.sandbox.workspace_sessions import STATUSES, TITLE_LIMIT, Session

UNHEARD = "missing_agent_session_stopped_event_subscription"
"""Slack's warning to an app that does not listen to the stop button; people then see no button."""


def set_status(call: Call) -> Json:
    """agents.sessions.setStatus: begins the session where there is none"""
    channel, thread_ts = _place(call)
    status = checked_status(call.arguments.text("status"))
    title = call.arguments.optional("title") or ""
    if len(title) > TITLE_LIMIT:
        raise _wrong("title", f"must be less than {TITLE_LIMIT + 1} characters")
    initiator = call.arguments.optional("initiator_user_id")
    if initiator is not None and initiator not in call.workspace.channels[channel].members:
        raise SlackRefusal("user_not_in_channel")
    session = call.sessions.set(Session(channel, thread_ts, status, title, initiator))
    return _answer(call, session)


def rename(call: Call) -> Json:
    """agents.sessions.rename"""
    channel, thread_ts = _place(call)
    title = call.arguments.text("title")
    if len(title) > TITLE_LIMIT:
        raise _wrong("title", f"must be less than {TITLE_LIMIT + 1} characters")
    return _answer(call, call.sessions.rename(channel, thread_ts, title))


def checked_status(status: str) -> str:
    """A status that a session can have; refuses others with `invalid_arguments`."""
    if status not in STATUSES:
        raise _wrong("status", f"must be one of: {', '.join(STATUSES)}")
    return status


def _place(call: Call) -> tuple[str, str]:
    """The channel and the first message of the thread that the call means."""
    channel = call.workspace.channels.get(call.arguments.text("channel_id"))
    if channel is None:
        raise SlackRefusal("channel_not_found")
    if call.workspace.team.bot_user not in channel.members:
        raise SlackRefusal("not_in_channel")
    parent = call.workspace.find(channel.id, call.arguments.text("thread_ts"))
    if parent is None or parent.only_for is not None:
        raise SlackRefusal("thread_not_found")
    return channel.id, parent.thread_ts or parent.ts


def _answer(call: Call, session: Session) -> Json:
    warning = {} if call.sessions.stoppable else {"warning": UNHEARD, "response_metadata": {"warnings": [UNHEARD]}}
    return {"status": session.status, "agent_status": session.status, "title": session.title, **warning}


def _wrong(name: str, sentence: str) -> SlackRefusal:
    return SlackRefusal("invalid_arguments", (f"[ERROR] {sentence} [json-pointer:/{name}]",))


METHODS: dict[str, Method] = {"agents.sessions.setStatus": set_status, "agents.sessions.rename": rename}
