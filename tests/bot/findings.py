"""Findings for tests of the bot: an incident of a monitor as the checker tells it."""

from dataclasses import replace
from datetime import UTC, datetime

from agents.core.finding import Finding, Suspect, told
from agents.core.ids import ActorId, RunId
from agents.core.incident import Signal, Status
from agents.core.trigger import Place, Source, Trigger
from agents.incidents import Incidents
from tests.bot.sandbox.acting import INCIDENTS

SINCE = datetime(2026, 11, 27, 9, tzinfo=UTC)

STEP = 300
"""Seconds of a bucket."""


def finding(name: str = "orders", **more: object) -> Finding:
    """Far fewer orders than usual, with a picture's worth of values."""
    begin = int(SINCE.timestamp()) - 60 * STEP
    values = [1300.0 + 40 * (n % 7) for n in range(60)] + [412.0 - n for n in range(6)]
    points = tuple((begin + n * STEP, value) for n, value in enumerate(values))
    made = Finding(
        name, "volume", "shop.orders (region=eu)", "below", SINCE, "Fewer rows than on any Friday at nine of the last four weeks.", "rows",
        values[-1], 1180.0, 1620.0, 4.2, points, tuple((at, 1180.0, 1620.0) for at, _ in points), "data team", "orders",
        (Suspect("raw.orders", ("raw.orders", "stg_orders", "orders"), "measured", ("420 rows instead of 1,300",)),),
        ("revenue_daily", "churn"), "Roll back the change of stg_orders.",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def signal(
    number: int = 1, status: Status = "firing", found: Finding | None = None, severity: str = "warning", series: str = "volume"
) -> Signal:
    """What a look tells of one series; `number` tells one look from the next."""
    found = found or finding()
    if status == "resolved":
        found = replace(found, why="It is back to normal.", observed=1300.0, score=0.4)
    title = f"{found.measure} of {found.subject}"
    return Signal(
        f"{found.monitor}/{series}", status, title, severity, {}, ("https://metrics.test/orders",), told(found), "1",
        f"{found.monitor}/{series}/{number}/{status}", found,
    )


def cause(channel: str = INCIDENTS, monitor: str = "orders", *, quiet: bool = True) -> Trigger:
    """The trigger of a monitor's incident."""
    place = Place("T01SANDBOX", channel, "") if channel else None
    return Trigger(
        Source.FINDING, f"monitor:{monitor}", ActorId(f"monitor/{monitor}"), monitor, place, incident=f"monitor:{monitor}", quiet=quiet
    )


async def tell(incidents: Incidents, *signals: Signal, trigger: Trigger | None = None) -> RunId:
    """A look of the monitor has this to tell."""
    run_id = await incidents.alert(trigger or cause(), signals or (signal(),), "volume of shop.orders", "triage")
    assert run_id is not None
    return run_id
