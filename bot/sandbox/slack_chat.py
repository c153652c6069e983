"""The chat.* methods, without streams."""

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_messages import UPDATE_LIMIT, channel_of, content_of, thread_of
from bot.sandbox.slack_shapes import message_shape
from bot.sandbox.slack_streams import is_streaming
from bot.sandbox.workspace import Json, Message


def post_message(call: Call) -> Json:
    """chat.postMessage"""
    channel = channel_of(call.workspace, call.arguments)
    content = content_of(call.arguments)
    message = call.workspace.post(
        Message(
            channel=channel.id,
            ts="",
            user=call.workspace.team.bot_user,
            text=content.text,
            blocks=content.blocks,
            attachments=content.attachments,
            thread_ts=thread_of(call.workspace, call.arguments, channel),
            metadata=content.metadata,
            by_app=True,
            username=call.arguments.optional("username"),
        )
    )
    shape = message_shape(call.workspace, message, include_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def update(call: Call) -> Json:
    """chat.update: text alone takes the blocks away; attachments and metadata that are not given stay as they were.

    A message that is updated with blocks does not count as edited. Source: https://docs.slack.dev/reference/methods/chat.update.
    """
    channel = channel_of(call.workspace, call.arguments)
    old = _own(call, channel.id, "cant_update_message")
    if is_streaming(call.workspace, old):
        raise SlackRefusal("streaming_state_conflict")
    content = content_of(call.arguments, UPDATE_LIMIT)
    given = call.arguments.values.keys()
    with_blocks = bool(given & {"blocks", "markdown_text"})
    message = call.workspace.change(
        channel.id,
        old.ts,
        text=content.text,
        blocks=content.blocks if with_blocks or content.text else old.blocks,
        attachments=content.attachments if "attachments" in given else old.attachments,
        metadata=content.metadata if "metadata" in given else old.metadata,
        edited_ts=old.edited_ts if with_blocks else call.workspace.next_ts(),
        streaming=False,
    )
    shape = message_shape(call.workspace, message, include_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shape}


def delete(call: Call) -> Json:
    """chat.delete"""
    channel = channel_of(call.workspace, call.arguments)
    old = _own(call, channel.id, "cant_delete_message")
    call.workspace.delete(channel.id, old.ts)
    return {"channel": channel.id, "ts": old.ts}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral"""
    channel = channel_of(call.workspace, call.arguments)
    user = call.arguments.text("user")
    if user not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    content = content_of(call.arguments)
    message = call.workspace.post(
        Message(
            channel=channel.id,
            ts="",
            user=call.workspace.team.bot_user,
            text=content.text,
            blocks=content.blocks,
            attachments=content.attachments,
            thread_ts=thread_of(call.workspace, call.arguments, channel),
            by_app=True,
            only_for=user,
        )
    )
    return {"message_ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink"""
    channel = channel_of(call.workspace, call.arguments)
    message = call.workspace.message(channel.id, call.arguments.text("message_ts"))
    query = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"https://{call.workspace.team.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}{query}"
    return {"channel": channel.id, "permalink": link}


def _own(call: Call, channel: str, error: str) -> Message:
    """The app's own message that the call means; an ephemeral one cannot be found, as in Slack."""
    message = call.workspace.message(channel, call.arguments.text("ts"))
    if message.only_for is not None:
        raise SlackRefusal("message_not_found")
    if not message.by_app:
        raise SlackRefusal(error)
    return message


METHODS: dict[str, Method] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": permalink,
}
