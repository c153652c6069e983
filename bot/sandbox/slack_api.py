"""The Web API: `/api/METHOD` for every method that the sandbox knows."""

import json

from aiohttp import web

from bot.sandbox import (
    slack_chat,
    slack_conversations,
    slack_files,
    slack_reactions,
    slack_sessions,
    slack_streams,
    slack_team,
    slack_views,
)
from bot.sandbox.slack_arguments import Arguments, read_arguments
from bot.sandbox.slack_blocks import refuse_unknown_blocks
from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import LineBroken, SlackRefusal
from bot.sandbox.slack_keys import CALLS, FAULTS, RESPONSE_URLS, SESSIONS, SOCKETS, VIEWS, WORKSPACE, LoggedCall
from bot.sandbox.slack_response_urls import PATH, apply_response
from bot.sandbox.slack_scopes import GRANTED, refuse_without_scope
from bot.sandbox.workspace import Json

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105 - a well-known token of an offline workspace, no secret
APP_TOKEN = "xapp-sandbox"  # noqa: S105 - as above

METHODS: dict[str, Method] = {
    **slack_team.METHODS,
    **slack_chat.METHODS,
    **slack_streams.METHODS,
    **slack_sessions.METHODS,
    **slack_conversations.METHODS,
    **slack_views.METHODS,
    **slack_reactions.METHODS,
    **slack_files.METHODS,
}
_APP_TOKEN_METHODS = frozenset({"apps.connections.open"})


def routes() -> list[web.RouteDef]:
    """The routes of the Web API."""
    return [web.route("*", "/api/{method}", answer), web.post(PATH + "/{token}", respond), *slack_files.routes()]


async def answer(request: web.Request) -> web.Response:
    """Answer one call as Slack does: 200 with `ok`, or 429 when a rate limit is switched on."""
    method = request.match_info["method"]
    limit = request.app[FAULTS].refusal_for(method)
    arguments = Arguments({})
    if limit is not None:
        _note(request, method, arguments, "ratelimited")
        headers = {"Retry-After": str(limit.retry_after)}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    try:
        arguments, token = await read_arguments(request)
        body = {"ok": True, **_perform(request, method, arguments, token)}
    except SlackRefusal as refusal:
        _note(request, method, arguments, refusal.error)
        return web.json_response(_refused(refusal), headers=_scopes(request))
    except LineBroken:
        _note(request, method, arguments, "connection_broken")
        return _hung_up(request)
    _note(request, method, arguments, None)
    return web.json_response(body, headers=_scopes(request))


async def respond(request: web.Request) -> web.Response:
    """Do what the app sends to a response_url."""
    token = request.match_info["token"]
    answer: Json = {}
    try:
        origin = request.app[RESPONSE_URLS].use(token)
        answer = await request.json()
        apply_response(request.app[WORKSPACE], origin, answer)
    except json.JSONDecodeError:
        return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
    except SlackRefusal as refusal:
        _note(request, "response_url", Arguments(answer), refusal.error)
        return web.json_response(_refused(refusal), status=404 if refusal.error in ("expired_url", "used_url") else 200)
    _note(request, "response_url", Arguments(answer), None)
    return web.json_response({"ok": True})


def _refused(refusal: SlackRefusal) -> Json:
    body: Json = {"ok": False, "error": refusal.error, **refusal.fields}
    if refusal.messages:
        body["response_metadata"] = {"messages": list(refusal.messages)}
    return body


def _perform(request: web.Request, method: str, arguments: Arguments, token: str | None) -> Json:
    """Check the token and run the method."""
    known = METHODS.get(method)
    if known is None or method in request.app[FAULTS].unknown_methods:
        raise SlackRefusal("unknown_method")
    if token is None:
        raise SlackRefusal("not_authed")
    wanted = APP_TOKEN if method in _APP_TOKEN_METHODS else BOT_TOKEN
    if token != wanted:
        raise SlackRefusal("not_allowed_token_type" if token in (APP_TOKEN, BOT_TOKEN) else "invalid_auth")
    app = request.app
    refuse_without_scope(app[WORKSPACE], method, arguments, app[FAULTS].missing_scopes)
    blocks = arguments.structure("blocks")
    refuse_unknown_blocks(blocks, app[FAULTS].unknown_blocks)
    slack_files.refuse_unready_pictures(app[WORKSPACE], app[FAULTS], blocks)
    base_url = f"{request.scheme}://{request.host}"
    return known(Call(app[WORKSPACE], app[VIEWS], app[SESSIONS], app[FAULTS], arguments, base_url, app[SOCKETS].ticket))


def _scopes(request: web.Request) -> dict[str, str]:
    """The header in which Slack says what the bot token is allowed."""
    return {"X-OAuth-Scopes": ",".join(sorted(GRANTED - request.app[FAULTS].missing_scopes))}


def _hung_up(request: web.Request) -> web.Response:
    """An answer that nobody gets: the connection is gone before it is sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _note(request: web.Request, method: str, arguments: Arguments, error: str | None) -> None:
    """Remember the call for the page's log."""
    at = request.app[WORKSPACE].clock()
    request.app[CALLS].append(LoggedCall(at, method, arguments.values, error is None, error))
