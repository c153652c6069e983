"""Any system that can send JSON: signed with HMAC-SHA256 as the configuration says, or with the secret as a bearer token."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agents.core.ids import fingerprint
from agents.core.incident import Signal
from bot.config_webhooks import FieldsConfig, SignatureConfig
from bot.http.sources.call import (
    Arrival,
    Call,
    Kind,
    Malformed,
    Unsigned,
    alert,
    authorized,
    body_key,
    hmac_sha256,
    in_time,
    inner,
    labels_of,
    object_of,
    same,
    words,
)


def plain(signature: SignatureConfig | None, fields: FieldsConfig, resolved: tuple[str, ...]) -> Kind:
    """With how it is signed, the places of its parts, and the words for what is over."""

    def verify(call: Call, secret: str, now: datetime) -> None:
        if signature is None:
            authorized(call, secret)
            return
        time = call.one(signature.timestamp_header) if signature.timestamp_header else ""
        signed = hmac_sha256(secret.encode(), *((time.encode(errors="replace"), b".") if signature.timestamp_header else ()), call.raw)
        wanted = signature.prefix + (signed.hex() if signature.encoding == "hex" else base64.b64encode(signed).decode())
        if not same(call.one(signature.header), wanted):
            raise Unsigned("It is not signed with this webhook's secret.")
        if signature.timestamp_header:
            in_time(time, now)

    def read(call: Call) -> Arrival:
        body = object_of(call)
        return Arrival(_at(body, fields.id) or body_key(call), (signal_of(body, fields, resolved),))

    return Kind("webhook", verify, read)


def signal_of(body: Mapping[str, Any], fields: FieldsConfig, resolved: tuple[str, ...], *, title: str = "", status: str = "") -> Signal:
    """The alert of a body; `title` and `status` are for where it has none. Raises Malformed."""
    title = _at(body, fields.title) or title
    if not title:
        raise Malformed(f"It has no {fields.title}.")
    labels = labels_of(inner(body, *fields.labels.split(".")))
    known = _at(body, fields.fingerprint) or fingerprint(title, *(f"{name}={value}" for name, value in sorted(labels.items())))
    over = (_at(body, fields.status) or status).lower() in {word.lower() for word in resolved}
    return alert(
        known, "resolved" if over else "firing", title, severity=_at(body, fields.severity), labels=labels,
        links=(inner(body, *fields.link.split(".")),), text=inner(body, *fields.text.split(".")),
    )


def _at(body: Mapping[str, Any], path: str) -> str:
    return words(inner(body, *path.split(".")))
