"""What the environment may say, and what it never shows."""

from pathlib import Path

import pytest

from agents.core.errors import ConfigError
from bot.settings import Settings


def test_an_empty_environment_has_the_defaults() -> None:
    settings = Settings.read({})
    assert settings.database_file == Path("countersign.db")
    assert settings.control_socket == Path("countersign.db.sock")
    assert settings.config == Path("countersign.yaml")
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.secrets == ()


def test_variables_are_read_by_their_sdk_names_and_blank_ones_are_unset() -> None:
    settings = Settings.read({
        "SLACK_BOT_TOKEN": " xoxb-1 ", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:1/api",
        "ANTHROPIC_API_KEY": "", "DATABASE_URL": "sqlite:////var/lib/c.db", "COUNTERSIGN_CONFIG": "/etc/c.yaml",
    })
    assert settings.slack_api_url == "http://127.0.0.1:1/api/"
    assert settings.database_file == Path("/var/lib/c.db")
    assert settings.config == Path("/etc/c.yaml")
    assert settings.secrets == ("xoxb-1", "xapp-1")


def test_secrets_are_never_in_the_repr() -> None:
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ANTHROPIC_API_KEY")
    assert "hush" not in repr(Settings.read(dict.fromkeys(names, "hush")))


def test_every_wrong_address_is_named_without_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.read({"SLACK_API_URL": "slack.com", "DATABASE_URL": "postgresql://me:hush@db/x"})
    assert str(caught.value).splitlines() == [
        "SLACK_API_URL: 'slack.com' is no http or https address",
        "DATABASE_URL: 'postgresql://…@db/x' is not supported; write sqlite:///path/of/the/file.db",
    ]
