"""The response_url of a payload: an app answers or changes a message with it, five times within half an hour."""

import secrets
from dataclasses import dataclass

from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_messages import Content, content_of
from bot.sandbox.workspace import Json, Message, Workspace

PATH = "/response"
USES = 5
SECONDS = 1800.0


@dataclass
class Origin:
    """What a response_url was given for."""

    channel: str
    user: str
    message_ts: str | None  # the message that was used, None after a command
    expires: float  # epoch seconds
    uses: int = USES  # that are left


class ResponseUrls:
    """The response_urls that were given out."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._origins: dict[str, Origin] = {}

    def new(self, base_url: str, channel: str, user: str, message_ts: str | None = None) -> str:
        """An address for the payload of what this person did."""
        token = secrets.token_urlsafe(18)
        self._origins[token] = Origin(channel, user, message_ts, self._workspace.clock() + SECONDS)
        return f"{base_url}{PATH}/{token}"

    def use(self, token: str) -> Origin:
        """The origin behind an address; refuses with `expired_url` and `used_url`."""
        origin = self._origins.get(token)
        if origin is None or self._workspace.clock() > origin.expires:
            raise SlackRefusal("expired_url")
        if origin.uses <= 0:
            raise SlackRefusal("used_url")
        origin.uses -= 1
        return origin


def apply_response(workspace: Workspace, origin: Origin, answer: Json) -> None:
    """Carry out an answer that came by response_url or in the ack of a command; refuses what chat.* would refuse."""
    if answer.get("delete_original"):
        workspace.delete(origin.channel, _original(origin))
        return
    content = content_of(Arguments(answer))
    if answer.get("replace_original"):
        _replace(workspace, origin, content)
        return
    private = answer.get("response_type", "ephemeral") != "in_channel"
    workspace.post(
        Message(
            channel=origin.channel,
            ts="",
            user=workspace.team.bot_user,
            text=content.text,
            blocks=content.blocks,
            attachments=content.attachments,
            thread_ts=answer.get("thread_ts"),
            metadata=content.metadata,
            by_app=True,
            only_for=origin.user if private else None,
        )
    )


def _replace(workspace: Workspace, origin: Origin, content: Content) -> None:
    workspace.change(
        origin.channel,
        _original(origin),
        text=content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        edited_ts=workspace.next_ts(),
    )


def _original(origin: Origin) -> str:
    if origin.message_ts is None:
        raise SlackRefusal("message_not_found")
    return origin.message_ts
