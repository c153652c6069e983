"""The state of the company: services with their releases, databases, tickets, and everything that was really done to them.

No I/O here; the clock is passed in. Each effect is recorded as it is carried out, so that a test (or a person at the demo) can count.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.company_metrics import DEPLOY_SETTLES, Release, healthy
from bot.sandbox.company_seed import DATABASES, SERVICES, TICKETS, SeedDatabase, SeedService

Clock = Callable[[], float]
"""Gives the time in epoch seconds."""

ROLLBACK_SETTLES = 5.0
"""Seconds after a rollback until the metrics are back to normal."""
_ROLLBACK_AT_ONCE = 0.5  # half of the traffic is moved when the call returns


class CompanyError(Exception):
    """The company says no: an HTTP status and one sentence for the person who asked."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True)
class Deploy:
    """A release with the story of how it went live."""

    release: Release
    by: str
    message: str
    """Commit message, or the reason of a rollback."""
    kind: str = "deploy"
    """`deploy` or `rollback`."""


@dataclass
class Service:
    """One running service."""

    seed: SeedService
    deploys: list[Deploy]
    """Oldest first; the last one is live."""
    started_at: float
    """When its instances were last started, in epoch seconds."""
    instances: int
    revision: int = 1
    """Grows by one with every change, so that a preview can tell that something moved."""

    @property
    def releases(self) -> list[Release]:
        """What the metrics depend on, oldest first."""
        return [deploy.release for deploy in self.deploys]

    @property
    def live(self) -> Release:
        """The release that serves now."""
        return self.deploys[-1].release

    @property
    def previous(self) -> str | None:
        """The version that was live before this one, None when there was only one."""
        return next((d.release.version for d in reversed(self.deploys) if d.release.version != self.live.version), None)


@dataclass
class Database:
    """One database on two machines."""

    seed: SeedDatabase
    primary: str
    standby: str
    revision: int = 1
    """Grows by one with every failover."""

    def describe(self) -> dict[str, Any]:
        """What is known of it."""
        machines = {"primary": self.primary, "standby": self.standby, "standby_lag_ms": 40}
        return {"database": self.seed.name, "owner": self.seed.owner, **machines, "revision": self.revision}


@dataclass(frozen=True)
class Effect:
    """Something that was really done, once for each record."""

    number: int
    kind: str
    """`rollback`, `restart`, `scale`, `failover` or `ticket`."""
    target: str
    """The service, the database, or the id of the ticket."""
    key: str | None
    """The idempotency key it came with, None without one."""
    at: float
    """Epoch seconds."""
    answer: Mapping[str, Any]
    """What the caller was told."""


@dataclass
class Company:
    """All of the company, as one object that can be reset."""

    clock: Clock
    rollback_settles: float = ROLLBACK_SETTLES
    services: dict[str, Service] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    _requests: dict[str, str] = field(default_factory=dict)
    """Idempotency key to the request it was first used with, as canonical JSON."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Put everything back to how the sandbox started, counted from now."""
        now = self.clock()
        self.services = {seed.name: _start(seed, now) for seed in SERVICES}
        self.databases = {seed.name: Database(seed, seed.primary, seed.standby) for seed in DATABASES}
        self.tickets = {}
        self.effects = []
        self._requests = {}
        for seed in TICKETS:
            self._add_ticket({"title": seed.title, "body": seed.body, "service": seed.service}, now - seed.age)

    def service(self, name: str) -> Service:
        """The service of that name; CompanyError 404 when there is none."""
        if name not in self.services:
            raise CompanyError(404, f"There is no service {name!r}. The services are {', '.join(self.services)}.")
        return self.services[name]

    def database(self, name: str) -> Database:
        """The database of that name; CompanyError 404 when there is none."""
        if name not in self.databases:
            raise CompanyError(404, f"There is no database {name!r}. The databases are {', '.join(self.databases)}.")
        return self.databases[name]

    def describe(self, service: Service) -> dict[str, Any]:
        """What is known of a service. It changes only when the service does, never with the noise of its metrics."""
        return {
            "service": service.seed.name,
            "description": service.seed.description,
            "owner": service.seed.owner,
            "status": "healthy" if healthy(self.clock(), service.releases) else "degraded",
            "version": service.live.version,
            "previous_version": service.previous,
            "deployed_at": stamp(service.live.since),
            "started_at": stamp(service.started_at),
            "instances": service.instances,
            "revision": service.revision,
        }

    def once(self, key: str | None, request: Mapping[str, Any], act: Callable[[], Effect]) -> tuple[Effect, bool]:
        """Carry out `act`, or return what the same key and request did before. The bool is True for such a replay.

        Raises CompanyError 409 when the key was used with another request, and whatever `act` raises; a failed act uses up no key.
        """
        canonical = json.dumps(request, sort_keys=True)
        if key is not None and key in self._requests:
            if self._requests[key] != canonical:
                raise CompanyError(409, f"The idempotency key {key!r} was already used with another request.")
            return self.effect_of(key), True
        effect = act()
        self.effects.append(effect)
        if key is not None:
            self._requests[key] = canonical
        return effect, False

    def effect_of(self, key: str) -> Effect:
        """The effect that came with this key; CompanyError 404 when nothing did."""
        for effect in self.effects:
            if effect.key == key:
                return effect
        raise CompanyError(404, f"Nothing was done with the key {key!r}.")

    def roll_back(self, name: str, to_version: str, reason: str, key: str | None) -> Effect:
        """Make an earlier version live again."""
        service = self.service(name)
        known = {deploy.release.version: deploy.release for deploy in service.deploys}
        if to_version not in known:
            raise CompanyError(400, f"{name} never ran {to_version!r}. It ran {', '.join(known)}.")
        if to_version == service.live.version:
            raise CompanyError(400, f"{name} already runs {to_version}.")
        now, left = self.clock(), service.live.version
        release = Release(to_version, now, known[to_version].level, self.rollback_settles, _ROLLBACK_AT_ONCE)
        service.deploys.append(Deploy(release, "deploy robot", reason, kind="rollback"))
        self._changed(service, now)
        answer = {"rolled_back": True, "from_version": left, **_outcome(service, reason, now)}
        return self._effect("rollback", name, key, answer)

    def restart(self, name: str, reason: str, key: str | None) -> Effect:
        """Start every instance of a service anew."""
        service = self.service(name)
        now = self.clock()
        self._changed(service, now)
        answer = {"restarted": True, **_outcome(service, reason, now)}
        return self._effect("restart", name, key, answer)

    def scale(self, name: str, instances: int, reason: str, key: str | None) -> Effect:
        """Run more or fewer instances of a service."""
        service = self.service(name)
        before = service.instances
        if instances == before:
            raise CompanyError(400, f"{name} has {before} instances already.")
        service.instances = instances
        service.revision += 1
        answer = {"scaled": True, "previous_instances": before, "instances": instances, **_outcome(service, reason, self.clock())}
        return self._effect("scale", name, key, answer)

    def fail_over(self, name: str, to: str, reason: str, key: str | None) -> Effect:
        """Have the standby take the writes, and the primary follow it."""
        database = self.database(name)
        if to == database.primary:
            raise CompanyError(400, f"{to} is the primary of {name} already.")
        if to != database.standby:
            raise CompanyError(400, f"{name} has no standby {to!r}. Its standby is {database.standby}.")
        database.primary, database.standby = database.standby, database.primary
        database.revision += 1
        answer = {"failed_over": True, "previous_primary": database.standby, **database.describe(), "reason": reason}
        return self._effect("failover", name, key, answer | {"at": stamp(self.clock())})

    def open_ticket(self, fields: Mapping[str, Any], key: str | None) -> Effect:
        """Add a ticket to the queue."""
        if fields.get("service"):
            self.service(str(fields["service"]))
        ticket = self._add_ticket(fields, self.clock())
        return self._effect("ticket", ticket["id"], key, ticket)

    def _add_ticket(self, fields: Mapping[str, Any], at: float) -> dict[str, Any]:
        ticket_id = f"OPS-{101 + len(self.tickets)}"
        self.tickets[ticket_id] = {"id": ticket_id, "state": "open", **fields, "opened_at": stamp(at)}
        return self.tickets[ticket_id]

    def _changed(self, service: Service, now: float) -> None:
        service.revision += 1
        service.started_at = now

    def _effect(self, kind: str, target: str, key: str | None, answer: Mapping[str, Any]) -> Effect:
        return Effect(len(self.effects) + 1, kind, target, key, self.clock(), dict(answer))


def stamp(at: float) -> str:
    """Epoch seconds as the company writes times: UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _outcome(service: Service, reason: str, now: float) -> dict[str, Any]:
    version = service.live.version
    return {"service": service.seed.name, "version": version, "revision": service.revision, "reason": reason, "at": stamp(now)}


def _start(seed: SeedService, now: float) -> Service:
    deploys = [Deploy(Release(d.version, now - d.age, d.level, DEPLOY_SETTLES), d.by, d.message) for d in seed.deploys]
    return Service(seed, deploys, deploys[-1].release.since, seed.instances)
