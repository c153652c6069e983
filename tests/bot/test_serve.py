"""What is asked for before the bot begins; its work is shown in tests/whole."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.config import load
from bot.serve import at_work
from bot.settings import Settings
from tests.whole.town import CONFIG

ENVIRON = {"COMPANY_URL": "http://company.test", "ALERTS_SECRET": "hush-hush", "PIPELINE": "pipeline"}


async def test_missing_tokens_are_named_together_and_nothing_is_created(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'journal.db'}")
    config = load(CONFIG, ENVIRON)
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN, SLACK_APP_TOKEN, ANTHROPIC_API_KEY"):
        async with at_work(settings, config):
            raise AssertionError("It began.")
    assert os.listdir(tmp_path) == []


async def test_a_model_of_ones_own_needs_no_key(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'journal.db'}", anthropic_base_url="http://models.test")
    with pytest.raises(ConfigError) as told:
        async with at_work(replace(settings, slack_bot_token="xoxb-1"), load(CONFIG, ENVIRON)):
            raise AssertionError("It began.")
    assert "ANTHROPIC_API_KEY" not in str(told.value)
