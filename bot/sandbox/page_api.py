"""JSON for the sandbox's own page and for scripts that act as people: what they see. What they do is in `page_acts`."""

from dataclasses import asdict

from aiohttp import web

from bot.sandbox.events_http import HttpEvents
from bot.sandbox.page_acts import acts
from bot.sandbox.page_requests import channel_of, member_of, plainly, user_of
from bot.sandbox.page_shapes import page_message, page_session, page_view, person_shape
from bot.sandbox.page_stream import stream
from bot.sandbox.slack_deliveries import NotDelivered
from bot.sandbox.slack_events import app_home_opened
from bot.sandbox.slack_keys import CALLS, DELIVERIES, FAULTS, HTTP, SESSIONS, SOCKETS, VIEWS, WORKSPACE
from bot.sandbox.slack_views import view_shape
from bot.sandbox.workspace import Channel, Json, Workspace


def routes() -> list[web.RouteDef]:
    """The routes of the page API."""
    seen = {"state": state, "messages": messages, "thread": thread, "home": home, "views": views, "events": stream, "log": call_log}
    return [
        *(web.get(f"/page/{name}", plainly(handler)) for name, handler in seen.items()),
        *(web.post(f"/page/{name}", plainly(handler)) for name, handler in acts().items()),
        web.post("/page/faults", plainly(faults)),
        web.post("/page/request_url", plainly(request_url)),
    ]


async def state(request: web.Request) -> web.Response:
    """GET /page/state: the workspace as this person finds it."""
    workspace, user = request.app[WORKSPACE], user_of(request, request.query)
    return web.json_response(
        {
            "team": {"id": workspace.team.id, "name": workspace.team.name, "bot_user": workspace.team.bot_user},
            "me": person_shape(workspace.people[user]),
            "users": [person_shape(person) for person in workspace.people.values()],
            "channels": [_channel(workspace, channel, user) for channel in workspace.visible_channels(user)],
            "usergroups": [{"id": group.id, "handle": group.handle, "name": group.name} for group in workspace.groups.values()],
            "bot_connected": request.app[DELIVERIES].transport.connected,
            "commands": list(workspace.team.commands),
            "shortcuts": [asdict(shortcut) for shortcut in workspace.team.shortcuts],
        }
    )


async def messages(request: web.Request) -> web.Response:
    """GET /page/messages: what stands in a channel, without replies, and what is for this person only."""
    workspace, user = request.app[WORKSPACE], user_of(request, request.query)
    channel = channel_of(request, request.query)
    workspace.unread.pop((channel, user), None)
    shown = [message for message in workspace.seen_by(channel, user) if message.thread_ts is None]
    return web.json_response({"messages": [page_message(workspace, message) for message in shown]})


async def thread(request: web.Request) -> web.Response:
    """GET /page/thread: the parent and its replies, what is for this person only, and whether an agent works in it."""
    workspace, user = request.app[WORKSPACE], user_of(request, request.query)
    channel, ts = channel_of(request, request.query), request.query["ts"]
    shown = [message for message in workspace.seen_by(channel, user) if ts in (message.ts, message.thread_ts)]
    sessions = request.app[SESSIONS]
    session = page_session(sessions.get(channel, ts), sessions.stoppable)
    return web.json_response({"messages": [page_message(workspace, message) for message in shown], "session": session})


async def home(request: web.Request) -> web.Response:
    """GET /page/home: open the app's Home tab, which the app is told (not with `quiet=1`), and see what was published so far."""
    workspace, user = request.app[WORKSPACE], member_of(request, request.query)
    view = request.app[VIEWS].home(user)
    shape = None if view is None else view_shape(workspace, view)
    if not request.query.get("quiet"):
        request.app[DELIVERIES].event(app_home_opened(workspace, user, shape))
    return web.json_response({"blocks": None if view is None else view.content["blocks"], "view_id": None if view is None else view.id})


async def views(request: web.Request) -> web.Response:
    """GET /page/views: the modals that this person has open, topmost last."""
    stack = request.app[VIEWS].stack(user_of(request, request.query))
    return web.json_response({"views": [page_view(view) for view in stack]})


async def call_log(request: web.Request) -> web.Response:
    """GET /page/log: the Web API calls of the app, oldest first."""
    method = request.query.get("method")
    calls = [call for call in request.app[CALLS] if method in (None, call.method)]
    return web.json_response(
        {
            "calls": [
                {"at": call.at, "method": call.method, "arguments": call.arguments, "ok": call.ok, "error": call.error} for call in calls
            ]
        }
    )


async def faults(request: web.Request) -> web.Response:
    """POST /page/faults: switch faults on and off; `disconnect` asks the app to reconnect."""
    switches: Json = await request.json()
    if switches.pop("disconnect", False):
        await request.app[SOCKETS].disconnect()
    request.app[FAULTS].apply(switches)
    return web.json_response({})


async def request_url(request: web.Request) -> web.Response:
    """POST /page/request_url: deliver to this `url` over HTTP once it has passed Slack's verification; null goes back to Socket Mode."""
    url = (await request.json()).get("url")
    if url is None:
        request.app[DELIVERIES].transport = request.app[SOCKETS]
        return web.json_response({})
    transport = HttpEvents(request.app[HTTP], str(url))
    try:
        await transport.verify()
    except NotDelivered as failed:
        raise ValueError(f"{url} did not answer the challenge ({failed.reason})") from failed
    request.app[DELIVERIES].transport = transport
    return web.json_response({})


def _channel(workspace: Workspace, channel: Channel, user: str) -> Json:
    return {
        "id": channel.id,
        "name": workspace.people[workspace.team.bot_user].real_name if channel.is_dm else channel.name,
        "kind": "dm" if channel.is_dm else "channel",
        "private": channel.is_private,
        "shared": workspace.is_shared(channel),
        "unread": workspace.unread.get((channel.id, user), 0),
    }
