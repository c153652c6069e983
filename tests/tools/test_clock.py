"""The clock tells the time in the zone that is asked for."""

import pytest

from agents.ports import Done, Failed
from tests.tools.sources import opened


@pytest.mark.parametrize(("arguments", "told"), [
    ({}, "Saturday 2026-11-28T09:30:00+00:00 (UTC), week 48, Unix 1795858200"),
    ({"zone": "Asia/Kolkata"}, "Saturday 2026-11-28T15:00:00+05:30 (Asia/Kolkata), week 48, Unix 1795858200"),
])
async def test_it_tells_the_time_in_a_zone(arguments: dict[str, str], told: str) -> None:
    async with opened({"name": "clock", "clock": {}}) as toolbox:
        assert await toolbox.run("clock", arguments, key="k") == Done(told)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", ""])
async def test_a_zone_that_does_not_exist_is_told(zone: str) -> None:
    async with opened({"name": "clock", "clock": {}}) as toolbox:
        assert isinstance(await toolbox.run("clock", {"zone": zone}, key="k"), Failed)
