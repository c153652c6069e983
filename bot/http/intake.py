"""Durable before it is acknowledged: how a webhook hands on what it received."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse

from agents.core.errors import JournalError
from agents.ports import Delivery
from bot.http.edge import Edge
from bot.http.problem import Problem

_SANE = re.compile(r"[!-~]{1,200}")


async def take(edge: Edge, source: str, key: str, kind: str, body: Mapping[str, Any], received_at: datetime) -> JSONResponse:
    """Write a delivery down and have it dealt with: 202, or 200 where it is known. It is durable when this returns.

    `source` is the webhook's name and `key` what two deliveries of one thing have in common there; `kind` says which of the desk's
    handlers deals with it. Raises Problem with 503 where it cannot be written: then whoever sent it has to send it again.
    """
    known_as = f"{source}:{key if _SANE.fullmatch(key) else hashlib.sha256(key.encode(errors='replace')).hexdigest()}"
    delivery = Delivery(known_as, kind, body, received_at)
    try:
        new, left = await edge.desk.keep(delivery)
    except (JournalError, OSError) as error:
        raise Problem(503, "This could not be written down. Send it again.", reason="Not written down.", Retry_After="5") from error
    if left is not None:
        edge.desk.begin(left)
    return JSONResponse({"status": "accepted" if new else "known"}, 202 if new else 200)
