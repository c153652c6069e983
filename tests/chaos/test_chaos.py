"""Some storms; `python -m tests.chaos.storm` plays as many more as one likes."""

from pathlib import Path

import pytest

from tests.chaos.storm import storm


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 5])
async def test_a_storm_breaks_nothing(seed: int, tmp_path: Path) -> None:
    assert await storm(seed, tmp_path) == []
