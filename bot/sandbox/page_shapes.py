"""The JSON in which the sandbox's own page sees messages, people and modals."""

from bot.sandbox.slack_shapes import reactions_shape
from bot.sandbox.workspace import Change, Json, Message, Person, Workspace
from bot.sandbox.workspace_sessions import Session
from bot.sandbox.workspace_views import View


def person_shape(person: Person) -> Json:
    """A person for the page."""
    return {
        "id": person.id,
        "name": person.real_name,
        "handle": person.name,
        "title": person.title,
        "initials": person.initials,
        "colour": f"#{person.colour}",
        "is_bot": person.is_bot,
        "is_admin": person.is_admin,
        "is_guest": person.is_guest,
        "is_foreign": person.home_team is not None,
        "is_deactivated": person.is_deactivated,
    }


def page_message(workspace: Workspace, message: Message) -> Json:
    """A message for the page."""
    replies = [] if message.only_for or message.thread_ts else workspace.replies(message.channel, message.ts)
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "username": message.username or workspace.people[message.user].real_name,
        "text": message.text,
        "blocks": list(message.blocks) or None,
        "thread_ts": message.thread_ts,
        "reply_count": len(replies),
        "last_reply": replies[-1].ts if replies else None,
        "edited": message.edited_ts is not None,
        "ephemeral": message.only_for is not None,
        "metadata": message.metadata,
        "reactions": reactions_shape(message),
        "streaming": message.streaming,
        "files": list(message.files),
        "attachments": list(message.attachments),
    }


def page_view(view: View) -> Json:
    """An open modal for the page."""
    content = view.content
    return {
        "id": view.id,
        "type": view.kind,
        "callback_id": content.get("callback_id", ""),
        "title": content.get("title"),
        "submit": content.get("submit"),
        "close": content.get("close"),
        "blocks": content.get("blocks", []),
        "values": view.values,
        "errors": view.errors,
        "private_metadata": content.get("private_metadata", ""),
    }


def page_session(session: Session | None, stoppable: bool) -> Json | None:
    """The agent's work in a thread for the page; `stoppable`: whether there is a button to stop it."""
    return None if session is None else {"status": session.status, "title": session.title, "stoppable": stoppable}


def page_event(workspace: Workspace, change: Change) -> Json:
    """A change as one line of the page's event stream."""
    event: Json = {"type": "changed" if change.kind == "reaction" else change.kind}
    for name in ("channel", "ts", "thread_ts"):
        if getattr(change, name) is not None:
            event[name] = getattr(change, name)
    if change.message is not None:
        event["message"] = page_message(workspace, change.message)
    elif change.before is not None:
        event["message"] = {**page_message(workspace, change.before), "deleted": True}
    return event
