"""Deliveries of webhooks become runs: alerts of one incident go to one run, whose thread is opened where their route says."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.core.errors import SurfaceError
from agents.core.ids import ActorId, fingerprint
from agents.core.incident import Signal, rank
from agents.core.trigger import Place, Source, Trigger
from agents.incidents import Incidents
from agents.ports import Delivery
from bot.config_webhooks import TargetConfig, WebhookConfig
from bot.places import Places

log = logging.getLogger(__name__)

KIND = "webhook"
"""How the desk calls these deliveries."""


@dataclass(slots=True)
class _Incident:
    """What one delivery tells of one incident."""

    signals: list[Signal] = field(default_factory=list)
    target: TargetConfig | None = None
    """Whom it is for; None where nothing of it fires."""


class Alerts:
    """Deals with them. A delivery that comes again finds everything done."""

    def __init__(self, incidents: Incidents, places: Places, webhooks: Mapping[str, WebhookConfig]) -> None:
        self._door = incidents
        self._places = places
        self._webhooks = webhooks

    async def handle(self, delivery: Delivery) -> None:
        """Make runs of it, or add to those that there are. Raises LookupError where that has to wait for people."""
        body = delivery.body
        name = body["webhook"]
        hook = self._webhooks.get(name)
        if hook is None:
            raise LookupError(f"There is no webhook {name} in the configuration any more.")
        for key, incident in self._incidents(hook, body).items():
            place = await self._place(incident.target) if incident.target else None
            trigger = Trigger(
                Source.WEBHOOK, delivery.key, ActorId(f"webhook/{name}"), f"{body['from']} ({name})", place, tainted=hook.taints,
                channel=incident.target.channel if incident.target else "", incident=f"{name}:{key}",
            )
            agent = incident.target.agent if incident.target else ""
            if await self._door.alert(trigger, incident.signals, _asked(incident.signals), agent, sum_up=hook.sum_up) is None:
                log.info("%s: what is resolved there was never told to anybody, so nothing comes of it", delivery.key)

    def _incidents(self, hook: WebhookConfig, body: Mapping[str, Any]) -> dict[str, _Incident]:
        """The delivery's alerts by what those of one incident have in common; without those that the routes drop.

        What is resolved belongs to its incident whatever the routes say, and begins none.
        """
        found: dict[str, _Incident] = {}
        for one in body["signals"]:
            signal = Signal(**{**one, "links": tuple(one["links"])})
            target = hook.target(signal)
            if target is None and signal.status == "firing":
                continue
            incident = found.setdefault(_key(hook, signal, body["group"]), _Incident())
            incident.signals.append(signal)
            incident.target = incident.target or (target if signal.status == "firing" else None)
        return found

    async def _place(self, target: TargetConfig) -> Place:
        """Where its thread is opened. Raises LookupError where there is no such channel for the bot: people can change that."""
        try:
            return await self._places.of(target.channel)
        except SurfaceError as error:
            raise LookupError(str(error)) from error


def _key(hook: WebhookConfig, signal: Signal, group: str) -> str:
    """What alerts of one incident have in common, without telling it: what labels say must be erasable."""
    values = [f"{name}={signal.labels[name]}" for name in hook.group_by if name in signal.labels]
    if not values:
        values = [f"group {group}"] if group and not hook.group_by else [f"alert {signal.fingerprint}"]
    return fingerprint(*values)[:20]


def _asked(signals: list[Signal]) -> str:
    """What the run is asked: the worst of what fires, and how many there are. The alerts themselves follow."""
    firing = [signal for signal in signals if signal.status == "firing"]
    worst = min(firing or signals, key=lambda signal: rank(signal.severity))
    first = f"[{worst.severity}] {worst.title}" if worst.severity else worst.title
    return first if len(firing) < 2 else f"{first}\n{len(firing)} alerts fire."
