"""Uploads: files.getUploadURLExternal, the upload itself, files.completeUploadExternal; and which of them blocks can show.

Sources: https://docs.slack.dev/messaging/working-with-files and
https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object. Slack works on a file after the last call; until that is
done its type is empty, and blocks that show it are refused (slackapi/python-slack-sdk issue 1521).
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_faults import Faults
from bot.sandbox.slack_keys import WORKSPACE
from bot.sandbox.slack_messages import channel_of, thread_of
from bot.sandbox.workspace import Json, Message, StoredFile, Workspace

PATH = "/files"
_PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
"""How the files begin that blocks can show, and Slack's name for their type."""
_MIME = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "": "application/octet-stream"}


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
    return web.Response(body=stored.content, content_type=_MIME[_type_of(stored)])


def refuse_unready_pictures(workspace: Workspace, faults: Faults, blocks: Any) -> None:
    """Refuse with `invalid_blocks` blocks with a picture that is not there, is no picture, or is still being worked on."""
    found = [where for where, one in _slack_files(blocks, "/blocks") if not _shows(workspace, faults, one)]
    if found:
        raise SlackRefusal("invalid_blocks", tuple(f"[ERROR] invalid slack file [json-pointer:{where}]" for where in found))


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
    for shape in shapes:
        call.workspace.files[shape["id"]] = replace(call.workspace.files[shape["id"]], completed=call.workspace.clock())
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
    kind = "" if call.faults.file_seconds else _type_of(stored)
    return {
        "id": stored.id,
        "name": stored.name,
        "title": entry.get("title") or stored.name,
        "size": len(stored.content),
        "filetype": kind,
        "mimetype": _MIME[kind] if kind else "",
        "user": call.workspace.team.bot_user,
        "url_private": f"{call.base_url}{PATH}/{stored.id}",
        "permalink": f"{call.base_url}{PATH}/{stored.id}",
    }


def _slack_files(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Every `slack_file` in a tree of blocks, with where it stands."""
    entries = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, item in entries:
        if name == "slack_file":
            yield f"{pointer}/{name}", item
        else:
            yield from _slack_files(item, f"{pointer}/{name}")


def _shows(workspace: Workspace, faults: Faults, slack_file: Any) -> bool:
    """Whether a block can show this picture now. What is no such object is left to the check of its shape."""
    if not isinstance(slack_file, dict):
        return True
    stored = workspace.files.get(str(slack_file.get("id") or slack_file.get("url")).rpartition("/")[2])
    if stored is None or stored.completed is None or not _type_of(stored):
        return False
    return workspace.clock() >= stored.completed + faults.file_seconds


def _type_of(stored: StoredFile) -> str:
    """Slack's name for the type of a picture; empty for anything else."""
    return next((kind for begin, kind in _PICTURES.items() if (stored.content or b"").startswith(begin)), "")


METHODS: dict[str, Method] = {"files.getUploadURLExternal": upload_url, "files.completeUploadExternal": complete_upload}
