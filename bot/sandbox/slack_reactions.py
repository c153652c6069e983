"""The reactions.* methods."""

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_shapes import message_shape, reactions_shape
from bot.sandbox.workspace import Json, Message


def add(call: Call) -> Json:
    """reactions.add"""
    message, name = _message(call), call.arguments.text("name").strip(":")
    call.workspace.react(message.channel, message.ts, call.workspace.team.bot_user, name)
    return {}


def remove(call: Call) -> Json:
    """reactions.remove"""
    message, name = _message(call), call.arguments.text("name").strip(":")
    call.workspace.unreact(message.channel, message.ts, call.workspace.team.bot_user, name)
    return {}


def get(call: Call) -> Json:
    """reactions.get"""
    message = _message(call)
    shape = {**message_shape(call.workspace, message), "reactions": reactions_shape(message)}
    return {"type": "message", "channel": message.channel, "message": shape}


def _message(call: Call) -> Message:
    """The message that the call means."""
    channel, ts = call.arguments.optional("channel"), call.arguments.optional("timestamp")
    if channel is None or ts is None:
        raise SlackRefusal("no_item_specified")
    return call.workspace.message(call.workspace.channel(channel).id, ts)


METHODS: dict[str, Method] = {"reactions.add": add, "reactions.remove": remove, "reactions.get": get}
