"""Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.

The id, the time and the body are signed together, so the id is the key.
"""

import base64
import binascii
from datetime import datetime

from bot.config_webhooks import FieldsConfig
from bot.http.sources.call import Arrival, Call, Kind, Unsigned, hmac_sha256, in_time, needed, object_of, same, words
from bot.http.sources.plain import signal_of

PREFIX = "whsec_"
SIGNATURES = 10
"""So many in one header are looked at."""


def standard(fields: FieldsConfig, resolved: tuple[str, ...]) -> Kind:
    """With the places of its parts, looked for in `data` first, and the words for what is over."""

    def verify(call: Call, secret: str, now: datetime) -> None:
        known, time = call.one("webhook-id"), call.one("webhook-timestamp")
        signed = hmac_sha256(_key(secret), f"{known}.{time}.".encode(errors="replace"), call.raw)
        wanted = f"v1,{base64.b64encode(signed).decode()}"
        if not any([same(one, wanted) for one in call.one("webhook-signature").split(" ")[:SIGNATURES]]):
            raise Unsigned("It is not signed with this webhook's secret.")
        in_time(time, now)

    def read(call: Call) -> Arrival:
        body = object_of(call)
        kind, data = needed(body, "type"), body.get("data")
        whole = {**body, **data} if isinstance(data, dict) else body
        over = kind.rpartition(".")[2].lower()
        return Arrival(words(call.one("webhook-id")), (signal_of(whole, fields, resolved, title=kind, status=over),))

    return Kind("webhook", verify, read)


def _key(secret: str) -> bytes:
    """The secret's bytes: Base64 behind its prefix, or the text itself where it has none."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
