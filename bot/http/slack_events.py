"""Slack over HTTP: events, clicks, modals, shortcuts and commands at one address, signed by Slack.

https://docs.slack.dev/authentication/verifying-requests-from-slack. What is not signed as it should be, or makes no sense, never gets as
far as Bolt, which gives 500 where headers are malformed.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncBoltRequest
from starlette.datastructures import Headers

from agents.ports import Clock
from bot.http.edge import SlackEndpoint
from bot.http.guard import SLACK
from bot.http.problem import Problem
from bot.listeners.payloads import Body

log = logging.getLogger(__name__)

WINDOW = 300
"""Seconds by which a request may be older or newer than our clock."""

DEEPEST = 60
"""Values within values; Slack's own go to about twenty."""

FIELDS = 100
"""Fields of a form; a command has fifteen."""

_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"[!-~]{1,400}", re.ASCII)


def slack_events(slack: SlackEndpoint, clock: Clock) -> APIRouter:
    """The address that is Slack's Request URL for everything."""
    router = APIRouter()

    @router.post(SLACK, include_in_schema=False)
    async def take(request: Request) -> Response:
        raw = await request.body()
        if _is_ssl_check(raw, request.headers):
            return Response()
        verify(slack.secret, request.headers, raw, clock())
        body = read(raw, request.headers.get("content-type", ""))
        if body.get("type") == "url_verification":
            return PlainTextResponse(body["challenge"])
        bolt = _understood(slack, body, request.headers)
        answer = await slack.app.async_dispatch(bolt)
        if answer.status >= 500 and bolt.context.get("reached"):
            raise Problem(503, "This could not be written down. Send it again.", reason="Not written down.", Retry_After="1")
        if answer.status != 200:
            _malformed("Nothing here listens to this.")
        return to_starlette_response(answer)

    return router


def verify(secret: str, headers: Headers, raw: bytes, now: datetime) -> None:
    """Whether Slack has signed this, and just now. Raises Problem with 401, whatever the headers hold."""
    times, signatures = headers.getlist("x-slack-request-timestamp"), headers.getlist("x-slack-signature")
    if len(times) != 1 or len(signatures) != 1 or not _TIME.fullmatch(times[0]) or not _SIGNATURE.fullmatch(signatures[0]):
        _unsigned("It needs one X-Slack-Request-Timestamp and one X-Slack-Signature.")
    if abs(now.timestamp() - int(times[0])) > WINDOW:
        _unsigned(f"Its time differs by more than {WINDOW // 60} minutes from ours.")
    signed = hmac.new(secret.encode(), b"v0:" + times[0].encode() + b":" + raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed.encode(), signatures[0].removeprefix("v0=").encode()):
        _unsigned("It is not signed with this app's secret.")


def read(raw: bytes, content_type: str) -> Body:
    """The payload: an object of JSON, by itself or in a form's `payload`, or the form of a command. Raises Problem with 400."""
    try:
        text = raw.decode("utf-8")
        if content_type.partition(";")[0].strip().lower() == "application/json":
            payload = _json(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS, errors="strict"))
            payload = _json(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        _malformed("It is neither JSON nor a form, in UTF-8.")
    if not isinstance(payload, dict) or any(depth > DEEPEST for depth in _depths(payload)):
        _malformed("It has to be an object, and no deeper than Slack's.")
    if not _has_shape(payload):
        _malformed("It is nothing that Slack sends to an app.")
    return payload


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _depths(value: Any) -> Iterator[int]:
    """How deep each value lies that holds others."""
    left = [(value, 1)]
    while left:
        one, depth = left.pop()
        yield depth
        if depth <= DEEPEST:
            inner = one.values() if isinstance(one, dict) else one
            left += [(part, depth + 1) for part in inner if isinstance(part, dict | list)]


def _has_shape(body: Mapping[str, Any]) -> bool:
    """Whether a payload has what Bolt and the desk look at before anything is written down."""
    match body:
        case {"type": "url_verification", "challenge": str()}:
            return True
        case {"type": "event_callback", "team_id": str(team), "event_id": str(), "event": {"type": str()}}:
            return bool(team)
        case {"type": "block_actions", "user": {"id": str()}, "actions": [{"action_id": str(), "action_ts": str()}, *_]}:
            return True
        case {"type": "view_submission" | "view_closed", "user": {"id": str()}, "view": {"id": str(), "callback_id": str()}}:
            return True
        case {"type": "message_action" | "shortcut", "user": {"id": str()}, "callback_id": str(), "action_ts": str()}:
            return True
        case {"command": str(), "user_id": str(), "channel_id": str()}:
            return "type" not in body
    return False


def _understood(slack: SlackEndpoint, body: Body, headers: Headers) -> AsyncBoltRequest:
    """What Bolt gets, where the desk can make a delivery of it. Raises Problem with 400.

    It is given as over Socket Mode: the signature was checked, and Bolt's own reading takes a command with the word "payload" for a click.
    """
    try:
        delivery = slack.delivery_of(body)
        request = AsyncBoltRequest(body=dict(body), headers=_retries(headers), mode="socket_mode")
    except Exception as error:  # whatever a payload of another shape gives rise to: nothing was written down
        log.debug("A payload was not understood", exc_info=error)
        _malformed("Its parts are not what Slack sends.")
    if delivery is not None and not _ID.fullmatch(delivery.key):
        _malformed("Its ids are not what Slack sends.")
    return request


def _is_ssl_check(raw: bytes, headers: Headers) -> bool:
    """Slack's unsigned look whether the address has a good certificate; nothing comes of it."""
    if len(raw) > 200 or not raw.startswith((b"ssl_check=1", b"token=")):
        return False
    form = dict(parse_qsl(raw.decode("latin-1"), max_num_fields=FIELDS)) if raw.count(b"&") < FIELDS else {}
    return form.get("ssl_check") == "1" and form.keys() <= {"ssl_check", "token"} and "x-slack-signature" not in headers


def _retries(headers: Headers) -> dict[str, str | Sequence[str]]:
    """Of the headers, which nobody signs, only what tells that it comes again."""
    return {name: headers[name][:40] for name in ("x-slack-retry-num", "x-slack-retry-reason") if name in headers}


def _unsigned(reason: str) -> NoReturn:
    raise Problem(401, f"This has to be signed by Slack. {reason}", reason="Not signed by Slack.")


def _malformed(reason: str) -> NoReturn:
    raise Problem(400, f"This cannot be understood. {reason}", reason="Malformed payload.")
