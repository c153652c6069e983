"""Streams: a message whose text arrives piece by piece (chat.startStream, chat.appendStream, chat.stopStream)."""

from typing import Any

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_blocks import checked_blocks
from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import LineBroken, SlackRefusal
from bot.sandbox.slack_messages import channel_of, metadata_of, thread_of
from bot.sandbox.slack_sessions import checked_status
from bot.sandbox.slack_shapes import message_shape
from bot.sandbox.workspace import Json, Message, Workspace
from bot.sandbox.workspace_sessions import Session

CHUNK_LIMIT = 12_000
"""Characters of markdown in one piece."""
LIFETIME = 300.0
"""Seconds after which Slack seals a stream, however much is appended to it."""
_STATUSES = ("pending", "in_progress", "complete", "error")
_TASK_FIELDS = ("id", "title", "status")


def start(call: Call) -> Json:
    """chat.startStream"""
    channel = channel_of(call.workspace, call.arguments)
    for name in ("recipient_user_id", "recipient_team_id"):
        if call.arguments.optional(name) is None:
            raise SlackRefusal(f"missing_{name}")
    call.arguments.text("thread_ts")
    blocks = _extended((), _chunks(call.arguments))
    message = call.workspace.post(
        Message(
            channel=channel.id,
            ts="",
            user=call.workspace.team.bot_user,
            text=_text(blocks),
            blocks=blocks,
            thread_ts=thread_of(call.workspace, call.arguments, channel),
            by_app=True,
            username=call.arguments.optional("username"),
            streaming=True,
        )
    )
    return {"channel": channel.id, "ts": message.ts}


def append(call: Call) -> Json:
    """chat.appendStream"""
    message = _stream(call)
    chunks = _chunks(call.arguments)
    if not chunks:
        raise SlackRefusal("no_text")
    if call.faults.seals():
        call.workspace.change(message.channel, message.ts, streaming=False)
        raise SlackRefusal("message_not_in_streaming_state")
    broken = call.faults.breaks()
    if broken is None or broken.applied:
        blocks = _extended(message.blocks, chunks)
        call.workspace.change(message.channel, message.ts, blocks=blocks, text=_text(blocks))
    if broken is not None:
        raise LineBroken
    return {"channel": message.channel, "ts": message.ts}


def stop(call: Call) -> Json:
    """chat.stopStream: the session of the thread becomes active, unless another status is wanted"""
    message = _stream(call)
    status = checked_status(call.arguments.optional("session_status") or "active")
    blocks = _extended(message.blocks, _chunks(call.arguments))
    closing = checked_blocks(call.arguments.structure("blocks") or [])
    stopped = call.workspace.change(
        message.channel,
        message.ts,
        blocks=(*blocks, *closing),
        text=_text(blocks),
        metadata=metadata_of(call.arguments) or message.metadata,
        streaming=False,
    )
    thread_ts = message.thread_ts or message.ts
    if call.sessions.get(message.channel, thread_ts) is not None:
        call.sessions.set(Session(message.channel, thread_ts, status))
    shape = message_shape(call.workspace, stopped, include_metadata=True)
    return {"channel": message.channel, "ts": message.ts, "message": shape}


def is_streaming(workspace: Workspace, message: Message) -> bool:
    """Whether more can be appended to a message."""
    return message.streaming and workspace.clock() - float(message.ts) <= LIFETIME


def _stream(call: Call) -> Message:
    """The running stream that the call means."""
    channel = channel_of(call.workspace, call.arguments)
    message = call.workspace.message(channel.id, call.arguments.text("ts"))
    if not message.by_app:
        raise SlackRefusal("message_not_owned_by_app")
    if not is_streaming(call.workspace, message):
        raise SlackRefusal("message_not_in_streaming_state")
    return message


def _chunks(arguments: Arguments) -> list[Json]:
    """The pieces in a call, `markdown_text` as one of them; refuses with `invalid_chunks` and `msg_too_long`."""
    chunks: list[Json] = list(arguments.structure("chunks") or [])
    markdown = arguments.optional("markdown_text")
    if markdown is not None:
        chunks.insert(0, {"type": "markdown_text", "text": markdown})
    for number, chunk in enumerate(chunks):
        _check(chunk, number)
    if any(len(chunk["text"]) > CHUNK_LIMIT for chunk in chunks if chunk["type"] == "markdown_text"):
        raise SlackRefusal("msg_too_long")
    return chunks


def _check(chunk: Any, number: int) -> None:
    """Refuse a piece of an unknown kind or without what its kind needs."""
    needed = {"markdown_text": ("text",), "task_update": _TASK_FIELDS, "plan_update": ("title",), "blocks": ("blocks",)}
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind not in needed:
        raise SlackRefusal("invalid_chunks", (f"[ERROR] unsupported type: {kind} [json-pointer:/chunks/{number}/type]",))
    for name in needed[kind]:
        if not chunk.get(name):
            raise SlackRefusal("invalid_chunks", (f"[ERROR] missing required field: {name} [json-pointer:/chunks/{number}]",))
    if kind == "task_update" and chunk["status"] not in _STATUSES:
        raise SlackRefusal("invalid_chunks", (f"[ERROR] unknown status [json-pointer:/chunks/{number}/status]",))
    if kind == "blocks":
        checked_blocks(chunk["blocks"])


def _extended(blocks: tuple[Json, ...], chunks: list[Json]) -> tuple[Json, ...]:
    """The blocks of a stream after more pieces: text grows the last markdown block, a task replaces the one with its id."""
    out = list(blocks)
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            if out and out[-1]["type"] == "markdown":
                out[-1] = {**out[-1], "text": out[-1]["text"] + chunk["text"]}
            else:
                out.append({"type": "markdown", "block_id": f"stream{len(out)}", "text": chunk["text"]})
        elif chunk["type"] == "blocks":
            out.extend(checked_blocks(chunk["blocks"]))
        elif chunk["type"] == "plan_update":
            _put(out, {"type": "plan", "block_id": "plan", "title": chunk["title"]})
        else:
            _put_task(out, chunk)
    return tuple(out)


def _put(blocks: list[Json], block: Json) -> None:
    """Replace the block with the same id, or add it."""
    for number, old in enumerate(blocks):
        if old["block_id"] == block["block_id"]:
            blocks[number] = {**old, **block}
            return
    blocks.append(block)


def _put_task(blocks: list[Json], chunk: Json) -> None:
    """Show a task as a card: a later piece replaces title, status and output, and adds to the details."""
    block_id = f"task-{chunk['id']}"
    card: Json = {"type": "task_card", "block_id": block_id, "task_id": chunk["id"], "title": chunk["title"], "status": chunk["status"]}
    before = next((block for block in blocks if block["block_id"] == block_id), {})
    if chunk.get("details"):
        so_far = before.get("details", {"elements": []})["elements"]
        card["details"] = {"type": "rich_text", "elements": [*so_far, _paragraph(chunk["details"])]}
    if chunk.get("output"):
        card["output"] = {"type": "rich_text", "elements": [_paragraph(chunk["output"])]}
    if chunk.get("sources"):
        card["sources"] = chunk["sources"]
    _put(blocks, card)


def _paragraph(text: str) -> Json:
    return {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}


def _text(blocks: tuple[Json, ...]) -> str:
    """The plain fallback of what was streamed so far."""
    return "".join(block["text"] for block in blocks if block["type"] == "markdown")


METHODS: dict[str, Method] = {"chat.startStream": start, "chat.appendStream": append, "chat.stopStream": stop}
