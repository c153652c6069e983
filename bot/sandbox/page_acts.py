"""What a person does on the sandbox's page: post, click, submit, command, react."""

import re
import secrets
from dataclasses import replace

from aiohttp import web

from bot.sandbox.page_requests import Handler, channel_of, member_of, user_of
from bot.sandbox.slack_arguments import Arguments
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_events import agent_session_stopped
from bot.sandbox.slack_keys import DELIVERIES, INTERACTIONS, SESSIONS, VIEWS, WORKSPACE
from bot.sandbox.slack_messages import content_of
from bot.sandbox.slack_shapes import escape
from bot.sandbox.workspace import Json, Message, Workspace
from bot.sandbox.workspace_views import View

_MENTION = re.compile(r"(?<![\w.@])@([\w-]+)")
_CONTROL = re.compile(r"&lt;(@\w+|#\w+|!subteam\^\w+|!(?:here|channel|everyone))&gt;")
_STORED_MENTION = re.compile(r"<@(\w+)>")
_LINK = re.compile(r"https?://[^\s<>|]+")


def acts() -> dict[str, Handler]:
    """The handlers by the last part of their path."""
    return {
        "post": post,
        "click": click,
        "submit": submit,
        "close": close,
        "command": command,
        "shortcut": shortcut,
        "react": react,
        "stop": stop,
    }


def typed(workspace: Workspace, text: str) -> str:
    """What a person typed, as Slack stores it: escaped, with `@name` and `<@U…>` as mentions and addresses as links."""
    stored = _CONTROL.sub(r"<\1>", escape(text))
    stored = _LINK.sub(lambda link: f"<{link.group()}>", stored)
    names = {person.name: f"<@{person.id}>" for person in workspace.people.values()}
    names |= {group.handle: f"<!subteam^{group.id}>" for group in workspace.groups.values()}
    return _MENTION.sub(lambda mention: names.get(mention.group(1).lower(), mention.group()), stored)


def typed_in_command(workspace: Workspace, text: str) -> str:
    """What a person typed after a command, as an app gets it whose manifest says `should_escape`: mentions carry the name too."""

    def with_name(mention: re.Match[str]) -> str:
        person = workspace.people.get(mention.group(1))
        return mention.group() if person is None else f"<@{person.id}|{person.name}>"

    return _STORED_MENTION.sub(with_name, typed(workspace, text))


async def post(request: web.Request) -> web.Response:
    """POST /page/post: say something in a channel or in a thread; another app than ours may post too."""
    body: Json = await request.json()
    workspace = request.app[WORKSPACE]
    author = workspace.person(body["user"])
    if author.is_bot and author.id != workspace.team.bot_user:
        message = _posted_by_app(request, body)
    else:
        text = typed(workspace, str(body["text"]))
        if not text.strip():
            raise SlackRefusal("no_text")
        message = Message(channel_of(request, body), "", user_of(request, body), text, client_msg_id=secrets.token_hex(16))
    return web.json_response({"ts": workspace.post(replace(message, thread_ts=_thread_of(workspace, message.channel, body))).ts})


def _posted_by_app(request: web.Request, body: Json) -> Message:
    """What an app posts: Slack's markup as it is, with blocks and attachments, and under a name of its own if `username` is given."""
    content = content_of(Arguments(body))
    return Message(
        channel_of(request, body),
        "",
        body["user"],
        content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        username=body.get("username"),
    )


def _thread_of(workspace: Workspace, channel: str, body: Json) -> str | None:
    """The first message of the thread to reply in, if it is a reply."""
    if body.get("thread_ts") is None:
        return None
    parent = workspace.message(channel, body["thread_ts"])
    return parent.thread_ts or parent.ts


async def click(request: web.Request) -> web.Response:
    """POST /page/click: use a button, a select or another element of a message or a view."""
    body: Json = await request.json()
    user = user_of(request, body)
    if body.get("view_id"):
        await request.app[INTERACTIONS].use_view(user, _own_view(request, user, body["view_id"]), body)
    else:
        message = _seen(request, body, "message_ts")
        await request.app[INTERACTIONS].use_message(_base_url(request), user, message, body)
    return web.json_response({})


async def submit(request: web.Request) -> web.Response:
    """POST /page/submit: submit a modal and wait for the app's ack."""
    body: Json = await request.json()
    user = user_of(request, body)
    view = _own_view(request, user, body["view_id"])
    errors = await request.app[INTERACTIONS].submit(user, view, body.get("values") or {})
    return web.json_response({"errors": errors})


async def close(request: web.Request) -> web.Response:
    """POST /page/close: close a modal."""
    body: Json = await request.json()
    user = user_of(request, body)
    await request.app[INTERACTIONS].close(user, _own_view(request, user, body["view_id"]))
    return web.json_response({})


async def command(request: web.Request) -> web.Response:
    """POST /page/command: type a slash command; like Slack it refuses one in a thread."""
    body: Json = await request.json()
    workspace, user, channel = request.app[WORKSPACE], member_of(request, body), channel_of(request, body)
    name, _, text = str(body["text"]).strip().partition(" ")
    if name not in workspace.team.commands:
        raise ValueError(f"{name} is not a command here; there is {', '.join(workspace.team.commands)}")
    if body.get("thread_ts"):
        raise ValueError(f"{name} is not supported in threads")
    await request.app[INTERACTIONS].command(_base_url(request), user, channel, name, typed_in_command(workspace, text.strip()))
    return web.json_response({})


async def shortcut(request: web.Request) -> web.Response:
    """POST /page/shortcut: use a shortcut of the app, on a message if `channel` and `ts` are given."""
    body: Json = await request.json()
    user = member_of(request, body)
    message = _seen(request, body, "ts") if body.get("ts") else None
    await request.app[INTERACTIONS].shortcut(_base_url(request), user, body["callback_id"], message)
    return web.json_response({})


async def react(request: web.Request) -> web.Response:
    """POST /page/react: give a message an emoji, or take it back when it was given before."""
    body: Json = await request.json()
    workspace, user, message = request.app[WORKSPACE], user_of(request, body), _seen(request, body, "ts")
    name = str(body["name"]).strip(":")
    if user in message.reactions.get(name, ()):
        workspace.unreact(message.channel, message.ts, user, name)
    else:
        workspace.react(message.channel, message.ts, user, name)
    return web.json_response({})


async def stop(request: web.Request) -> web.Response:
    """POST /page/stop: stop the agent's work in a thread; Slack stops its streams, and the app is told."""
    body: Json = await request.json()
    workspace, user, channel, thread_ts = request.app[WORKSPACE], user_of(request, body), channel_of(request, body), body["thread_ts"]
    streams = request.app[SESSIONS].stopped(channel, thread_ts)
    request.app[DELIVERIES].event(agent_session_stopped(workspace, user, channel, thread_ts, streams))
    return web.json_response({})


def _seen(request: web.Request, body: Json, ts_name: str) -> Message:
    """The message that a person means; refuses with `message_not_found` one that only others see."""
    message = request.app[WORKSPACE].message(channel_of(request, body), body[ts_name])
    if message.only_for not in (None, body["user"]):
        raise SlackRefusal("message_not_found")
    return message


def _own_view(request: web.Request, user: str, view_id: str) -> View:
    """The view that a person means; refuses with `not_found` somebody else's."""
    view = request.app[VIEWS].get(view_id)
    if view.user != user:
        raise SlackRefusal("not_found")
    return view


def _base_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
