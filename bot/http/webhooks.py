"""`POST /webhooks/NAME`: other systems tell of alerts. What is signed, makes sense and is written down is acknowledged; nothing else is."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bot.config_webhooks import WebhookConfig
from bot.http.edge import Edge, Webhook
from bot.http.intake import take
from bot.http.problem import Problem
from bot.http.sources.call import Arrival, Call, Kind, Malformed, Unsigned
from bot.http.sources.kinds import KINDS
from bot.listeners.alerts import KIND


def webhooks(edge: Edge) -> APIRouter:
    """The addresses of the configured webhooks."""
    router = APIRouter()
    kinds = {name: KINDS[hook.config.kind](hook.config) for name, hook in edge.webhooks.items()}

    @router.post("/webhooks/{name}", include_in_schema=False)
    async def hear(name: str, request: Request) -> Response:
        hook = edge.webhooks.get(name)
        if hook is None:
            raise Problem(404, "There is no webhook by this name.")
        call, now = Call(await request.body(), request.headers.items()), edge.clock()
        arrival = _arrived(call, hook, kinds[name], now)
        if not arrival.signals:
            return JSONResponse({"status": "ignored"})
        return await take(edge, f"webhook/{name}", arrival.key, KIND, _body(name, hook.config, kinds[name], arrival), now)

    return router


def _arrived(call: Call, hook: Webhook, kind: Kind, now: Any) -> Arrival:
    """What a call tells, if it may tell anything. Raises Problem."""
    try:
        kind.verify(call, hook.secret, now)
    except Unsigned as error:
        raise Problem(401, f"This has to prove where it comes from. {error}", reason="Not signed.") from error
    try:
        return kind.read(call)
    except Unsigned as error:
        raise Problem(400, f"This cannot be understood. {error}", reason="Malformed payload.") from error
    except Malformed as error:
        raise Problem(400, f"This cannot be understood. {error}", reason="Malformed payload.") from error


def _body(name: str, config: WebhookConfig, kind: Kind, arrival: Arrival) -> Mapping[str, Any]:
    """What the desk is given: the alerts as they were understood, each with the key by which it is known again."""
    signals = (
        replace(one, key=f"{name}/{one.key or f'{arrival.key}/{number}'}") for number, one in enumerate(arrival.signals, 1)
    )
    return {"webhook": name, "from": kind.title, "group": arrival.group, "signals": [asdict(one) for one in signals]}
