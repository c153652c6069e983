"""Deliveries of webhooks: which alerts are one incident, whom it is for, and what waits for people."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest

from agents.core import events as e
from agents.core.errors import SurfaceError
from agents.core.ids import RunId
from agents.core.incident import Signal, counted
from agents.core.state import Run
from agents.core.trigger import Place
from agents.ports import Delivery
from bot.config_webhooks import RouteConfig, TargetConfig, WebhookConfig, WhenConfig
from bot.listeners.alerts import Alerts
from tests.memory import MemoryJournal
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

    async def of(self, name: str) -> Place:
        if name == "#gone":
            raise SurfaceError("The bot sees no channel #gone.")
        return Place(TEAM, name.removeprefix("#").upper(), "")


def signal(name: str, status: Any = "firing", severity: str = "critical", **labels: str) -> Signal:
    return Signal(name, status, f"Slow {name}", severity, labels, key=f"alerts/{name}/{status}")


async def delivered(world: World, bot: Bot, *signals: Signal, hook: WebhookConfig = HOOK, group: str = "") -> list[Run]:
    """The runs after these alerts arrived together, in the order in which they began."""
    alerts = Alerts(bot.incidents, Names(), {"alerts": hook})  # type: ignore[arg-type]  # as much as is asked
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
        alerts = Alerts(bot.incidents, Names(), {})  # type: ignore[arg-type]  # likewise
        with pytest.raises(LookupError, match="no webhook alerts in the configuration any more"):
            await alerts.handle(Delivery("webhook/alerts:1", "webhook", {"webhook": "alerts", "signals": []}, NOON))
    assert world.journal.rows == {}


async def test_a_hook_that_the_operator_trusts_does_not_taint() -> None:
    world = World()
    async with world.running() as bot:
        (run,) = await delivered(world, bot, signal("a"), hook=HOOK.model_copy(update={"taints": False}))
    assert not run.tainted
    assert not any(event.tainted for event in world.events(run.run_id) if isinstance(event, e.SignalReceived))


class PowerCut(Exception):
    """The power goes."""


class CutJournal(MemoryJournal):
    """A journal whose process ends at one of the writes of alerts, before or behind it."""

    cut = 0
    behind = False

    async def append(self, run_id: RunId, facts: Sequence[e.Fact], *, after: int, agent: str) -> tuple[e.Recorded, ...]:
        hit = False
        if any(isinstance(fact.event, e.SignalReceived) for fact in facts):
            self.cut -= 1
            hit = self.cut == 0
        if hit and not self.behind:
            raise PowerCut
        written = await super().append(run_id, facts, after=after, agent=agent)
        if hit:
            raise PowerCut
        return written


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_power_cut_at_any_write_of_a_delivery_loses_and_doubles_nothing(cut: int, behind: bool) -> None:
    journal = CutJournal()
    journal.cut, journal.behind = cut, behind
    alerts = [signal(f"{service}{n}", service=service) for service in "xyz" for n in range(5)]
    world = World(journal=journal)
    async with world.running() as bot:
        with pytest.raises(PowerCut):
            await delivered(world, bot, *alerts)
    world = World(journal=journal)
    async with world.running() as bot:
        await bot.runs.recover()
        runs = await delivered(world, bot, *alerts)
    assert [counted(run.signals) for run in runs] == ["5/5/5"] * 3
    assert all(run.over for run in runs)
