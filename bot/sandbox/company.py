"""The small company at /company: an HTTP API with real state, for an operations agent to work on.

Errors are `{"error": sentence}`. The writes honour `Idempotency-Key`: the same key with the same body gets the same answer and no second
effect (with the header `Idempotent-Replay: true`), with another body 409.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox import company_loki, company_prometheus
from bot.sandbox.company_faults import CompanyFaults, FaultOrder
from bot.sandbox.company_metrics import METRICS, Metric, summary
from bot.sandbox.company_state import Company, CompanyError, Effect, stamp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RUNBOOKS = Path(__file__).parent / "runbooks"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Rollback(_Body):
    """Body of a rollback."""

    to_version: str = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=3, max_length=500)


class Restart(_Body):
    """Body of a restart."""

    reason: str = Field(min_length=3, max_length=500)


class Scale(_Body):
    """Body of a change in the number of instances."""

    instances: int = Field(ge=1, le=50)
    reason: str = Field(min_length=3, max_length=500)


class Failover(_Body):
    """Body of a failover."""

    to: str = Field(min_length=1, max_length=60)
    """The machine that takes the writes from then on."""
    reason: str = Field(min_length=3, max_length=500)


class NewTicket(_Body):
    """Body of a new ticket."""

    title: str = Field(min_length=3, max_length=200)
    body: str = Field(default="", max_length=5000)
    service: str | None = None


class Settings(_Body):
    """What can be changed about the company while it runs."""

    rollback_settles: float = Field(ge=0, le=600)
    """Seconds until the metrics are normal after a rollback; 0 for at once."""


class CompanyEndpoints:
    """The handlers, and the state they share."""

    def __init__(self, company: Company, faults: CompanyFaults) -> None:
        self.company = company
        self.faults = faults

    async def services(self, request: web.Request) -> web.Response:
        return web.json_response({"services": [self.company.describe(service) for service in self.company.services.values()]})

    async def service(self, request: web.Request) -> web.Response:
        return web.json_response(self.company.describe(self.company.service(request.match_info["service"])))

    async def metrics(self, request: web.Request) -> web.Response:
        service = self.company.service(request.match_info["service"])
        minutes, now, releases = _minutes(request), self.company.clock(), service.releases
        wanted = {metric: summary(service.seed.name, metric, now, minutes, releases) for metric in _metrics(request)}
        return web.json_response(
            {
                "service": service.seed.name,
                "version": service.live.version,
                "at": stamp(now),
                "minutes": minutes,
                "healthy": all(one["within_objective"] for one in wanted.values()),
                "metrics": wanted,
            }
        )

    async def deploys(self, request: web.Request) -> web.Response:
        service = self.company.service(request.match_info["service"])
        newest_first = [
            {"version": d.release.version, "at": stamp(d.release.since), "by": d.by, "kind": d.kind, "message": d.message}
            for d in reversed(service.deploys)
        ]
        found = {"service": service.seed.name, "live": service.live.version, "previous": service.previous, "deploys": newest_first}
        return web.json_response(found)

    async def roll_back(self, request: web.Request) -> web.Response:
        name, key = request.match_info["service"], request.headers.get("Idempotency-Key")
        body = Rollback.model_validate_json(await request.read())
        return self._write(request, key, body, lambda: self.company.roll_back(name, body.to_version, body.reason, key))

    async def restart(self, request: web.Request) -> web.Response:
        name, key = request.match_info["service"], request.headers.get("Idempotency-Key")
        body = Restart.model_validate_json(await request.read())
        return self._write(request, key, body, lambda: self.company.restart(name, body.reason, key))

    async def scale(self, request: web.Request) -> web.Response:
        name, key = request.match_info["service"], request.headers.get("Idempotency-Key")
        body = Scale.model_validate_json(await request.read())
        return self._write(request, key, body, lambda: self.company.scale(name, body.instances, body.reason, key))

    async def databases(self, request: web.Request) -> web.Response:
        return web.json_response({"databases": [database.describe() for database in self.company.databases.values()]})

    async def database(self, request: web.Request) -> web.Response:
        return web.json_response(self.company.database(request.match_info["database"]).describe())

    async def fail_over(self, request: web.Request) -> web.Response:
        name, key = request.match_info["database"], request.headers.get("Idempotency-Key")
        body = Failover.model_validate_json(await request.read())
        return self._write(request, key, body, lambda: self.company.fail_over(name, body.to, body.reason, key))

    async def open_ticket(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        body = NewTicket.model_validate_json(await request.read())
        return self._write(request, key, body, lambda: self.company.open_ticket(body.model_dump(), key), status=201)

    def _write(self, request: web.Request, key: str | None, body: BaseModel, act: Callable[[], Effect], status: int = 200) -> web.Response:
        effect, replayed = self.company.once(key, {"path": request.path, "body": body.model_dump()}, act)
        return web.json_response(dict(effect.answer), status=status, headers={"Idempotent-Replay": "true"} if replayed else None)

    async def tickets(self, request: web.Request) -> web.Response:
        return web.json_response({"tickets": list(self.company.tickets.values())})

    async def ticket(self, request: web.Request) -> web.Response:
        ticket_id = request.match_info["ticket"]
        if ticket_id not in self.company.tickets:
            raise CompanyError(404, f"There is no ticket {ticket_id!r}.")
        return web.json_response(self.company.tickets[ticket_id])

    async def operations(self, request: web.Request) -> web.Response:
        """Did it happen? Asked with the key that the write was sent with."""
        key = request.query.get("key", "")
        if not key:
            raise CompanyError(400, "Say which operation: ?key= with its idempotency key.")
        effect = next((one for one in self.company.effects if one.key == key), None)
        return web.json_response({"key": key, "happened": effect is not None, "operation": effect and _told(effect)})

    async def runbooks(self, request: web.Request) -> web.Response:
        found = [{"service": name, "title": _runbook(name).splitlines()[0].lstrip("# ")} for name in self.company.services]
        return web.json_response({"runbooks": found})

    async def runbook(self, request: web.Request) -> web.Response:
        name = self.company.service(request.match_info["service"]).seed.name
        return web.json_response({"service": name, "markdown": _runbook(name)})

    async def effects(self, request: web.Request) -> web.Response:
        """What was really done, and how often."""
        done = [_told(effect) for effect in self.company.effects]
        return web.json_response({"count": len(done), "effects": done})

    async def order_fault(self, request: web.Request) -> web.Response:
        self.faults.add(FaultOrder.model_validate_json(await request.read()))
        return web.json_response({})

    async def settings(self, request: web.Request) -> web.Response:
        self.company.rollback_settles = Settings.model_validate_json(await request.read()).rollback_settles
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        self.company.reset()
        self.faults.clear()
        return web.json_response({})

    async def not_found(self, request: web.Request) -> web.Response:
        raise CompanyError(404, f"There is nothing at {request.method} {request.path}.")

    def faulty(self, handler: Handler) -> Handler:
        """The handler with the ordered faults around it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take(request.method, request.path)
            if fault is not None and isinstance(fault.status, int):
                return web.json_response({"error": f"The sandbox was told to answer {fault.status} here."}, status=fault.status)
            if fault is not None and fault.status == "hang":
                await asyncio.sleep(fault.seconds)
            response = await handler(request)
            if fault is not None and fault.status == "drop_after_effect" and request.transport is not None:
                request.transport.abort()
            return response

        return handle


def _told(effect: Effect) -> dict[str, Any]:
    fields = {"number": effect.number, "kind": effect.kind, "target": effect.target, "key": effect.key}
    return {**fields, "at": stamp(effect.at), "answer": dict(effect.answer)}


def _answering(handler: Handler) -> Handler:
    """The handler with its errors as JSON."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except CompanyError as error:
            return web.json_response({"error": error.sentence}, status=error.status)
        except ValidationError as error:
            return web.json_response({"error": _sentence(error)}, status=400)
        except (ConnectionError, web.RequestPayloadError):
            return web.json_response({"error": "The body of the request broke off."}, status=400)

    return handle


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{where}: {first['msg']}."


def _metrics(request: web.Request) -> tuple[Metric, ...]:
    asked = request.query.get("metric", "all")
    if asked == "all":
        return METRICS
    for metric in METRICS:
        if metric == asked:
            return (metric,)
    raise CompanyError(400, f"There is no metric {asked!r}. The metrics are {', '.join(METRICS)}, or all.")


def _minutes(request: web.Request) -> int:
    asked = request.query.get("minutes", "60")
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= 60:
        raise CompanyError(400, f"minutes is {asked!r} but has to be a whole number from 1 to 60.")
    return int(asked)


def _runbook(service: str) -> str:
    return (RUNBOOKS / f"{service}.md").read_text("utf-8")


def _table(endpoints: CompanyEndpoints) -> list[tuple[str, str, Callable[[web.Request], Any]]]:
    return [
        ("GET", "services", endpoints.services),
        ("GET", "services/{service}", endpoints.service),
        ("GET", "services/{service}/metrics", endpoints.metrics),
        ("GET", "services/{service}/deploys", endpoints.deploys),
        ("POST", "services/{service}/rollback", endpoints.roll_back),
        ("POST", "services/{service}/restart", endpoints.restart),
        ("POST", "services/{service}/scale", endpoints.scale),
        ("GET", "databases", endpoints.databases),
        ("GET", "databases/{database}", endpoints.database),
        ("POST", "databases/{database}/failover", endpoints.fail_over),
        ("GET", "operations", endpoints.operations),
        ("GET", "tickets", endpoints.tickets),
        ("POST", "tickets", endpoints.open_ticket),
        ("GET", "tickets/{ticket}", endpoints.ticket),
        ("GET", "runbooks", endpoints.runbooks),
        ("GET", "runbooks/{service}", endpoints.runbook),
        ("GET", "effects", endpoints.effects),
        ("*", "{rest:.*}", endpoints.not_found),
    ]


def routes(company: Company | None = None) -> list[web.RouteDef]:
    """All routes under /company, for one company; without an argument it is a fresh one on the system's clock."""
    company = company or Company(time.time)
    endpoints = CompanyEndpoints(company, CompanyFaults())
    switches = [
        web.post("/company/faults", _answering(endpoints.order_fault)),
        web.post("/company/settings", _answering(endpoints.settings)),
        web.post("/company/reset", _answering(endpoints.reset)),
    ]
    table = [*company_prometheus.table(company), *company_loki.table(company), *_table(endpoints)]
    return switches + [web.route(method, f"/company/{path}", endpoints.faulty(_answering(handler))) for method, path, handler in table]
