"""Deliveries of webhooks: which alerts are one incident, whom it is for, and what waits for people."""

from dataclasses import asdict
from typing import Any

import pytest

from agents.core import events as e
from agents.core.errors import SurfaceError
from agents.core.incident import Signal
from agents.core.state import Run
from agents.ports import Delivery
from bot.config_webhooks import RouteConfig, TargetConfig, WebhookConfig, WhenConfig
from bot.listeners.alerts import Alerts
from tests.world import AGENT, NOON, TEAM, Bot, World

HERE, THERE = TargetConfig(agent="triage", channel="#alerts"), TargetConfig(agent="other", channel="#other")
HOOK = WebhookConfig(
    kind="alertmanager", secret_env="X", group_by=("service",), default=HERE, routes=(
        RouteConfig(when=WhenConfig(severity=("info",)), drop=True),
        RouteConfig(when=WhenConfig(labels={"team": "shop"}), agent="other", channel="#other"),
    ),
)


class Names:
    """Channels by their names; one of them the bot does not see."""

    async def id_of(self, name: str) -> str:
        if name == "#gone":
            raise SurfaceError("The bot sees no channel #gone.")
        return name.removeprefix("#").upper()


def signal(name: str, status: Any = "firing", severity: str = "critical", **labels: str) -> Signal:
    return Signal(name, status, f"Slow {name}", severity, labels, key=f"alerts/{name}/{status}")


async def delivered(world: World, bot: Bot, *signals: Signal, hook: WebhookConfig = HOOK, group: str = "") -> list[Run]:
    """The runs after these alerts arrived together, in the order in which they began."""
    alerts = Alerts(runs=bot.runs, channels=Names(), team=TEAM, webhooks={"alerts": hook})  # type: ignore[arg-type]  # as much as is asked
    body = {"webhook": "alerts", "from": "Alertmanager", "group": group, "signals": [asdict(one) for one in signals]}
    for _ in range(2):
        await alerts.handle(Delivery("webhook/alerts:1", "webhook", body, NOON))
    await bot.dispatcher.settled()
    return [await bot.runs.see(run_id) for run_id in world.journal.rows]


async def test_alerts_with_the_same_labels_are_one_incident_and_routes_say_whom_it_is_for() -> None:
    world = World(agents={"triage": AGENT, "other": AGENT})
    async with world.running() as bot:
        a, b, c = signal("a", service="x"), signal("b", service="x", severity="warning"), signal("c", service="y", team="shop")
        first, second = await delivered(world, bot, b, a, c, signal("d", severity="info", service="z"))
    assert (first.agent, second.agent) == ("triage", "other")
    assert [set(run.signals) for run in (first, second)] == [{"a", "b"}, {"c"}]
    assert first.text == "[critical] Slow a\n2 alerts fire."
    assert [run.trigger.channel for run in (first, second)] == ["#alerts", "#other"]
    assert first.trigger.place is not None
    assert first.trigger.place.channel == "ALERTS"
    assert first.trigger.tainted
    assert "service" not in first.trigger.incident


async def test_what_is_resolved_finds_its_incident_whatever_the_routes_say() -> None:
    world = World()
    async with world.running() as bot:
        await delivered(world, bot, signal("a", service="x"))
        (run,) = await delivered(world, bot, signal("a", "resolved", "info", service="x"), signal("b", "resolved", service="y"))
    assert run.resolved


async def test_without_labels_the_sources_own_group_or_the_alert_itself_is_the_incident() -> None:
    alone = HOOK.model_copy(update={"group_by": ()})
    for hook, group, runs in ((alone, "g", 1), (alone, "", 2), (HOOK, "g", 2)):
        world = World()
        async with world.running() as bot:
            assert len(await delivered(world, bot, signal("a"), signal("b"), hook=hook, group=group)) == runs


async def test_what_people_can_put_right_waits_for_them() -> None:
    world = World()
    async with world.running() as bot:
        gone = HOOK.model_copy(update={"default": TargetConfig(agent="triage", channel="#gone")})
        with pytest.raises(LookupError, match="sees no channel #gone"):
            await delivered(world, bot, signal("a"), hook=gone)
        alerts = Alerts(runs=bot.runs, channels=Names(), team=TEAM, webhooks={})  # type: ignore[arg-type]  # likewise
        with pytest.raises(LookupError, match="no webhook alerts in the configuration any more"):
            await alerts.handle(Delivery("webhook/alerts:1", "webhook", {"webhook": "alerts", "signals": []}, NOON))
    assert world.journal.rows == {}


async def test_a_hook_that_the_operator_trusts_does_not_taint() -> None:
    world = World()
    async with world.running() as bot:
        (run,) = await delivered(world, bot, signal("a"), hook=HOOK.model_copy(update={"taints": False}))
    assert not run.tainted
    assert not any(event.tainted for event in world.events(run.run_id) if isinstance(event, e.SignalReceived))
