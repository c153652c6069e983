"""The page's event stream: `GET /page/events`."""

import asyncio
import json

from aiohttp import web

from bot.sandbox.page_shapes import page_event
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_keys import STREAMS, WORKSPACE
from bot.sandbox.workspace import Change

QUIET_SECONDS = 15.0
"""A comment line is sent after this much silence, so that a lost page is noticed."""


async def stream(request: web.Request) -> web.StreamResponse:
    """Every change that concerns this person, one JSON object a line, until the page goes away or the sandbox ends."""
    workspace = request.app[WORKSPACE]
    user = request.query.get("user", "")
    if user not in workspace.people:
        raise SlackRefusal("user_not_found")
    queue: asyncio.Queue[Change | None] = asyncio.Queue()
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    workspace.watchers.append(queue.put_nowait)
    request.app[STREAMS].append(queue)
    try:
        await response.write(b": connected\n\n")
        while True:
            try:
                change = await asyncio.wait_for(queue.get(), QUIET_SECONDS)
            except TimeoutError:
                await response.write(b": quiet\n\n")
                continue
            if change is None:
                return response
            if _concerns(request, change, user):
                await response.write(f"data: {json.dumps(page_event(workspace, change))}\n\n".encode())
    except ConnectionError:
        return response
    finally:
        workspace.watchers.remove(queue.put_nowait)
        request.app[STREAMS].remove(queue)


def _concerns(request: web.Request, change: Change, user: str) -> bool:
    if change.only_for is not None:
        return change.only_for == user
    return change.channel is None or user in request.app[WORKSPACE].channels[change.channel].members
