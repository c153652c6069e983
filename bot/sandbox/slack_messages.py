"""What every way of posting has in common: the checks of text, blocks and metadata."""

import re
from dataclasses import dataclass

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_blocks import checked_blocks
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Channel, Json, Workspace

_TS = re.compile(r"\d+\.\d{6}")
TEXT_LIMIT = 40_000
"""Characters of a new message's text above which Slack refuses it."""
UPDATE_LIMIT = 4_000
"""The same for chat.update. Source: `msg_too_long` in https://docs.slack.dev/reference/methods/chat.update."""


@dataclass(frozen=True)
class Content:
    """The checked content of a message."""

    text: str
    blocks: tuple[Json, ...]
    attachments: tuple[Json, ...]
    metadata: Json | None


def content_of(arguments: Arguments, longest: int = TEXT_LIMIT) -> Content:
    """The content in the arguments, with at most `longest` characters of text; refuses what Slack would refuse."""
    text = arguments.optional("text") or ""
    if len(text) > longest:
        raise SlackRefusal("msg_too_long")
    blocks = checked_blocks(arguments.structure("blocks") or [])
    attachments = tuple(arguments.structure("attachments") or ())
    markdown = arguments.optional("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise SlackRefusal("markdown_text_conflict")
        if len(markdown) > 12_000:
            raise SlackRefusal("msg_too_long")
        text, blocks = markdown, checked_blocks([{"type": "markdown", "text": markdown}])
    if not text.strip() and not blocks and not attachments:
        raise SlackRefusal("no_text")
    return Content(text, blocks, attachments, metadata_of(arguments))


def metadata_of(arguments: Arguments) -> Json | None:
    """The message metadata in the arguments; refuses what is not an event type with a payload."""
    metadata = arguments.structure("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackRefusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise SlackRefusal("invalid_metadata_schema")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def channel_of(workspace: Workspace, arguments: Arguments) -> Channel:
    """The channel to post in; refuses with `channel_not_found` and, where the bot is no member, `not_in_channel`.

    A private channel without the bot is as good as none.
    """
    channel = workspace.channel(arguments.optional("channel") or "")
    if workspace.team.bot_user not in channel.members:
        raise SlackRefusal("channel_not_found" if channel.is_private else "not_in_channel")
    return channel


def thread_of(workspace: Workspace, arguments: Arguments, channel: Channel) -> str | None:
    """The ts of the parent to reply to, also when a reply's own ts was given; refuses with `invalid_thread_ts` what is no timestamp.

    As in Slack, a reply to a message that is not there (any more) lands in the channel itself.
    """
    thread_ts = arguments.optional("thread_ts")
    if thread_ts is None:
        return None
    if not _TS.fullmatch(thread_ts):
        raise SlackRefusal("invalid_thread_ts")
    parent = workspace.find(channel.id, thread_ts)
    if parent is None or parent.only_for is not None:
        return None
    return parent.thread_ts or parent.ts
