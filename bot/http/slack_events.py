"""Slack over HTTP: events, clicks, modals, shortcuts and commands at one address, signed by Slack.

https://docs.slack.dev/authentication/verifying-requests-from-slack. What is not signed as it should be, or makes no sense, never gets as
far as Bolt, which gives 500 where headers are malformed.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncBoltRequest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from agents.ports import Clock, Delivery
from bot.bolt import build_app
from bot.http.answer import Receive, Scope, Send
from bot.http.edge import SlackEndpoint
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


class SlackEvents:
    """The address that is Slack's Request URL for everything. Plain ASGI: Slack sends more than anybody, and a router costs a lot."""

    def __init__(self, slack: SlackEndpoint, clock: Clock) -> None:
        self._slack = slack
        self._bolt = build_app(slack.slack, slack.desk, slack.command)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises Problem."""
        if scope["method"] != "POST":
            raise Problem(405, "Slack sends here with POST.", Allow="POST")
        request = Request(scope, receive)
        response = await self._taken(await request.body(), request.headers)
        await response(scope, receive, send)

    async def _taken(self, raw: bytes, headers: Headers) -> Response:
        if _is_ssl_check(raw, headers):
            return Response()
        verify(self._slack.secret, headers, raw, self._clock())
        body = read(raw, headers.get("content-type", ""))
        if body.get("type") == "url_verification":
            return PlainTextResponse(body["challenge"])
        delivery = self._delivery(body)
        if body.get("type") == "event_callback":
            return await self._kept(delivery)
        return await self._dispatched(body)

    def _delivery(self, body: Body) -> Delivery | None:
        """What the desk makes of it. Raises Problem with 400."""
        try:
            delivery = self._slack.desk.delivery_of(body)
        except Exception as error:  # whatever a payload of another shape gives rise to: nothing was written down
            log.debug("A payload was not understood", exc_info=error)
            _malformed("Its parts are not what Slack sends.")
        if delivery is not None and not _ID.fullmatch(delivery.key):
            _malformed("Its ids are not what Slack sends.")
        return delivery

    async def _kept(self, delivery: Delivery | None) -> Response:
        """An event, to which there is nothing to say but that it is durable: Bolt would add nothing and take a quarter of the time."""
        try:
            left = (await self._slack.desk.keep(delivery))[1] if delivery else None
        except Exception as error:  # whatever it is, it is not written down
            log.error("An event could not be written down: %s", error)
            raise _lost() from error
        if left is not None:
            self._slack.desk.begin(left)
        return Response()

    async def _dispatched(self, body: Body) -> Response:
        """What Bolt answers to a click, a modal, a shortcut or a command.

        It gets it as over Socket Mode: the signature was checked, and its own reading takes a command with the word "payload" for a click.
        """
        try:
            request = AsyncBoltRequest(body=dict(body), mode="socket_mode")
        except Exception as error:  # likewise
            log.debug("Bolt did not understand a payload", exc_info=error)
            _malformed("Its parts are not what Slack sends.")
        answer = await self._bolt.async_dispatch(request)
        if answer.status >= 500 and request.context.get("reached"):
            raise _lost()
        if answer.status != 200:
            _malformed("Nothing here listens to this.")
        return to_starlette_response(answer)


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


def _is_ssl_check(raw: bytes, headers: Headers) -> bool:
    """Slack's unsigned look whether the address has a good certificate; nothing comes of it."""
    if len(raw) > 200 or not raw.startswith((b"ssl_check=1", b"token=")):
        return False
    form = dict(parse_qsl(raw.decode("latin-1"), max_num_fields=FIELDS)) if raw.count(b"&") < FIELDS else {}
    return form.get("ssl_check") == "1" and form.keys() <= {"ssl_check", "token"} and "x-slack-signature" not in headers


def _lost() -> Problem:
    return Problem(503, "This could not be written down. Send it again.", reason="Not written down.", Retry_After="1")


def _unsigned(reason: str) -> NoReturn:
    raise Problem(401, f"This has to be signed by Slack. {reason}", reason="Not signed by Slack.")


def _malformed(reason: str) -> NoReturn:
    raise Problem(400, f"This cannot be understood. {reason}", reason="Malformed payload.")
