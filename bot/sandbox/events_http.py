"""The other way to the app: events, interactions and commands as signed HTTP requests to its request URL."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack_deliveries import Delivery, NotDelivered
from bot.sandbox.workspace import Json

SIGNING_SECRET = "sandbox-secret"  # noqa: S105 - a well-known value of an offline workspace, no secret
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: str) -> str:
    """Slack's v0 signature. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpEvents:
    """Delivers to one request URL, which serves events, interactivity and commands alike."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str = SIGNING_SECRET) -> None:
        self._session = session
        self._url = url
        self._secret = secret

    @property
    def connected(self) -> bool:
        """Always: whether the address answers shows only when it is called."""
        return True

    async def wait_connected(self) -> None:
        """Nothing to wait for."""

    async def verify(self) -> None:
        """Slack's `url_verification`: the address must answer with the challenge; raises NotDelivered."""
        challenge = secrets.token_urlsafe(24)
        body = {"token": "sandbox-verification", "challenge": challenge, "type": "url_verification"}
        answer = await self._post(json.dumps(body), _JSON, {}, seconds=3.0)
        if answer is None or challenge not in (answer.get("challenge"), answer.get("text")):
            raise NotDelivered("challenge_failed")

    async def send(self, delivery: Delivery, seconds: float, ignore_ack: bool = False) -> Json | None:
        """Send one delivery and return the body of a 200 as the payload of the ack; raises NotDelivered."""
        retry = {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason} if delivery.attempt else {}
        if delivery.kind == "events_api":
            answer = await self._post(json.dumps(delivery.payload), _JSON, retry, seconds)
        elif delivery.kind == "interactive":
            answer = await self._post(urlencode({"payload": json.dumps(delivery.payload)}), _FORM, retry, seconds)
        else:
            answer = await self._post(urlencode(delivery.payload), _FORM, retry, seconds)
        if ignore_ack:
            raise NotDelivered("http_timeout")
        return answer

    async def _post(self, body: str, content_type: str, headers: Mapping[str, str], seconds: float) -> Json | None:
        timestamp = str(int(time.time()))
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **headers,
        }
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.post(self._url, data=body.encode(), headers=signed, timeout=timeout) as response:
                if response.status != 200:
                    raise NotDelivered("http_error")
                return _ack(await response.text(), response.content_type)
        except TimeoutError:
            raise NotDelivered("http_timeout") from None
        except aiohttp.ClientError:
            raise NotDelivered("connection_failed") from None


def _ack(body: str, content_type: str) -> Json | None:
    """What the app said with its 200: JSON, plain text, or nothing."""
    if not body.strip():
        return None
    if content_type == _JSON:
        with suppress(json.JSONDecodeError):
            answer = json.loads(body)
            return answer if isinstance(answer, dict) else None
    return {"text": body}
