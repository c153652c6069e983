"""Uploads: files.getUploadURLExternal, the upload itself, files.completeUploadExternal."""

import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_keys import WORKSPACE
from bot.sandbox.slack_messages import channel_of, thread_of
from bot.sandbox.workspace import Json, Message, StoredFile

PATH = "/files"


def routes() -> list[web.RouteDef]:
    """Where the content of files goes to and comes from."""
    return [web.post(PATH + "/{id}", upload), web.get(PATH + "/{id}", download)]


async def upload(request: web.Request) -> web.Response:
    """Take the content of a file, as the raw body or as the one part of a form."""
    files = request.app[WORKSPACE].files
    stored = files.get(request.match_info["id"])
    if stored is None:
        raise web.HTTPNotFound
    content = await request.read()
    if request.content_type.startswith("multipart/"):
        parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
        content = parts[0].file.read() if parts else b""
    files[stored.id] = replace(stored, content=content)
    return web.Response(text=f"OK - {len(content)}")


async def download(request: web.Request) -> web.Response:
    """The content of a file."""
    stored = request.app[WORKSPACE].files.get(request.match_info["id"])
    if stored is None or stored.content is None:
        raise web.HTTPNotFound
    return web.Response(body=stored.content, content_type="application/octet-stream")


def upload_url(call: Call) -> Json:
    """files.getUploadURLExternal"""
    name = call.arguments.text("filename")
    if call.arguments.number("length", 0) <= 0:
        raise SlackRefusal("invalid_arguments", ("[ERROR] must be a positive integer [json-pointer:/length]",))
    stored = StoredFile("F" + secrets.token_hex(5).upper(), name)
    call.workspace.files[stored.id] = stored
    return {"upload_url": f"{call.base_url}{PATH}/{stored.id}", "file_id": stored.id}


def complete_upload(call: Call) -> Json:
    """files.completeUploadExternal"""
    entries = call.arguments.structure("files")
    if not isinstance(entries, list) or not entries:
        raise SlackRefusal("invalid_arguments", ("[ERROR] missing required field: files",))
    shapes = tuple(_shape(call, entry) for entry in entries)
    if call.arguments.optional("channel_id") is not None:
        call.arguments.values["channel"] = call.arguments.text("channel_id")
        channel = channel_of(call.workspace, call.arguments)
        call.workspace.post(
            Message(
                channel=channel.id,
                ts="",
                user=call.workspace.team.bot_user,
                text=call.arguments.optional("initial_comment") or "",
                thread_ts=thread_of(call.workspace, call.arguments, channel),
                by_app=True,
                files=shapes,
            )
        )
    return {"files": list(shapes)}


def _shape(call: Call, entry: Any) -> Json:
    """An uploaded file as Slack shows it; refuses with `file_not_found` one whose content never came."""
    stored = call.workspace.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
    if stored is None or stored.content is None:
        raise SlackRefusal("file_not_found")
    return {
        "id": stored.id,
        "name": stored.name,
        "title": entry.get("title") or stored.name,
        "size": len(stored.content),
        "user": call.workspace.team.bot_user,
        "url_private": f"{call.base_url}{PATH}/{stored.id}",
        "permalink": f"{call.base_url}{PATH}/{stored.id}",
    }


METHODS: dict[str, Method] = {"files.getUploadURLExternal": upload_url, "files.completeUploadExternal": complete_upload}
