"""Claude at the sandbox's model."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox import model
from bot.sandbox.model import OfflineModel, Settings
from tests.agents.bench import SCENES, Bench
from tests.agents.endpoints import served


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    offline = OfflineModel(settings=Settings(pace=0))
    offline.added.extend(SCENES)
    async with served(model.routes(offline)) as url:
        bench = Bench(f"{url}/model", offline)
        yield bench
        for claude in bench.opened:
            await claude.close()
