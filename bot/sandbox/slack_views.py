"""The views.* methods, and how Slack shows a view to an app."""

from bot.sandbox.slack_blocks import checked_view
from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_state import state_values
from bot.sandbox.workspace import Json, Workspace
from bot.sandbox.workspace_views import View


def view_shape(workspace: Workspace, view: View) -> Json:
    """A view as payloads and `views.*` show it."""
    content, team = view.content, workspace.team
    return {
        "id": view.id,
        "team_id": team.id,
        "type": view.kind,
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": state_values(content["blocks"], view.values)},
        "hash": view.hash,
        "title": content.get("title"),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": team.app_id,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": team.id,
        "bot_id": team.bot_id,
    }


def open_view(call: Call) -> Json:
    """views.open"""
    content = checked_view(call.arguments.structure("view"), "modal")
    user, _ = call.views.redeem(_trigger(call))
    return _answer(call, call.views.open(user, content))


def push_view(call: Call) -> Json:
    """views.push"""
    content = checked_view(call.arguments.structure("view"), "modal")
    user, view_id = call.views.redeem(_trigger(call))
    if view_id is None or not call.views.stack(user):
        raise SlackRefusal("not_found")
    return _answer(call, call.views.push(user, content))


def update_view(call: Call) -> Json:
    """views.update"""
    view_id, external_id = call.arguments.optional("view_id"), call.arguments.optional("external_id")
    if view_id is None and external_id is None:
        raise SlackRefusal("invalid_arguments", ("[ERROR] missing required field: view_id or external_id",))
    view = call.views.get(view_id) if view_id is not None else call.views.by_external_id(str(external_id))
    content = checked_view(call.arguments.structure("view"), view.kind)
    return _answer(call, call.views.update(view.id, content, call.arguments.optional("hash")))


def publish_view(call: Call) -> Json:
    """views.publish"""
    user = call.workspace.person(call.arguments.text("user_id"))
    if user.is_bot:
        raise SlackRefusal("invalid_arguments", ("[ERROR] invalid user_id",))
    content = checked_view(call.arguments.structure("view"), "home")
    return _answer(call, call.views.publish(user.id, content, call.arguments.optional("hash")))


def _trigger(call: Call) -> str:
    trigger = call.arguments.optional("trigger_id") or call.arguments.optional("interactivity_pointer")
    if trigger is None:
        raise SlackRefusal("invalid_arguments", ("[ERROR] missing required field: trigger_id",))
    return trigger


def _answer(call: Call, view: View) -> Json:
    return {"view": view_shape(call.workspace, view)}


METHODS: dict[str, Method] = {
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish_view,
}
