"""The app manifest asks for what the program uses, and for no more."""

from pathlib import Path

import yaml

from bot.bolt import COMMAND
from bot.http.backpressure import SLACK
from bot.sandbox.seed import ACME
from bot.sandbox.slack_events import SUBSCRIPTIONS

MANIFEST = yaml.safe_load(Path("deploy/slack-manifest.yaml").read_text())

SCOPES = {
    "app_mentions:read": "event app_mention", "channels:history": "event message.channels", "groups:history": "event message.groups",
    "im:history": "event message.im", "mpim:history": "event message.mpim", "channels:read": "conversations_info",
    "groups:read": "conversations_info", "mpim:read": "conversations_info", "chat:write": "chat_postMessage", "commands": "app.command",
    "users:read": "users_info", "usergroups:read": "usergroups_users_list", "assistant:write": "agents_sessions_setStatus",
    "im:write": "conversations_open", "files:write": "files_upload_v2",
}
"""Each scope and what needs it."""
AHEAD: dict[str, str] = {}
"""Scopes that are asked for before the code that needs them is there; what arrives moves to SCOPES."""
FREE_EVENTS = {"app_home_opened", "agent_session_stopped"}
"""Events that need no scope."""


def test_every_scope_is_needed_and_every_need_has_its_scope() -> None:
    source = "".join(path.read_text() for folder in ("bot", "bot/listeners") for path in Path(folder).glob("*.py"))
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == {*SCOPES, *AHEAD}
    events = set(MANIFEST["settings"]["event_subscriptions"]["bot_events"])
    assert events >= FREE_EVENTS
    assert {f"event {event}" for event in events - FREE_EVENTS} == {need for need in SCOPES.values() if need.startswith("event ")}
    for need in SCOPES.values():
        assert need.startswith("event ") or need in source
    assert [need for need in AHEAD.values() if need in source] == []


def test_the_command_and_the_ways_in_are_there() -> None:
    [command] = MANIFEST["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert command["should_escape"]
    assert len(command["usage_hint"]) <= 1000
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    [shortcut] = MANIFEST["features"]["shortcuts"]
    assert (shortcut["callback_id"], shortcut["name"]) == (ACME.shortcuts[0].callback_id, ACME.shortcuts[0].name)
    assert shortcut["type"] == "message"
    assert len(shortcut["name"]) <= 24
    assert len(MANIFEST["features"]["agent_view"]["agent_description"]) <= 300
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"]
    assert MANIFEST["features"]["app_home"]["messages_tab_enabled"]
    assert not MANIFEST["features"]["app_home"]["messages_tab_read_only_enabled"]


def test_the_sandbox_delivers_what_the_app_subscribes_to() -> None:
    subscribed = {event.partition(".")[0] for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]}
    assert subscribed == SUBSCRIPTIONS


def test_in_http_mode_the_app_is_the_same_and_is_called_at_one_address() -> None:
    other = yaml.safe_load(Path("deploy/slack-manifest-http.yaml").read_text())
    url = other["settings"]["event_subscriptions"].pop("request_url")
    assert url.endswith(SLACK)
    assert other["settings"]["interactivity"].pop("request_url") == url
    assert other["features"]["slash_commands"][0].pop("url") == url
    assert not other["settings"].pop("socket_mode_enabled")
    assert MANIFEST["settings"] == {**other["settings"], "socket_mode_enabled": True}
    assert {**other, "settings": {}} == {**MANIFEST, "settings": {}}
