from typing import Any

import pytest

from bot.listeners.payloads import Where, actor_of, delivery_of, team_of, where_of
from tests.bot.office import now

MESSAGE = {"type": "message", "user": "U1", "text": "hi", "ts": "2.2", "channel": "C1", "channel_type": "im"}


def event(**more: Any) -> dict[str, Any]:
    """A message event."""
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {**MESSAGE, **more}}


def test_a_message_of_a_person_is_a_delivery() -> None:
    delivery = delivery_of(event(), "UBOT", now())
    assert delivery
    assert (delivery.key, delivery.kind) == ("T1:event:Ev1", "event")
    assert where_of(delivery) == Where("U1", "C1")


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"}, {"user": "UBOT"}, {"user": None}, {"subtype": "message_changed"}, {"subtype": "channel_join"},
        {"subtype": "bot_message"}, {"edited": {"user": "U1", "ts": "3"}}, {"type": "reaction_added"}, {"channel_type": "channel"},
        {"channel_type": "channel", "thread_ts": "2.2"},
    ],
)
def test_bots_edits_joins_and_talk_are_none(more: dict[str, Any]) -> None:
    assert delivery_of(event(**more), "UBOT", now()) is None


@pytest.mark.parametrize(
    "more",
    [
        {"type": "app_mention", "channel_type": None}, {"channel_type": "channel", "text": "<@UBOT> x"}, {"subtype": "file_share"},
        {"channel_type": "channel", "thread_ts": "1.1"}, {"channel_type": "channel", "thread_ts": "1.1", "subtype": "thread_broadcast"},
    ],
)
def test_mentions_replies_and_files_are_heard(more: dict[str, Any]) -> None:
    assert delivery_of(event(**more), "UBOT", now())


def test_clicks_and_submissions_have_keys_of_their_own() -> None:
    click = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T2"}, "actions": [{"action_ts": "9.9"}],
             "channel": {"id": "C1"}, "container": {"thread_ts": "1.1"}}
    delivery = delivery_of(click, "UBOT", now())
    assert delivery
    assert (delivery.key, actor_of(click), team_of(click), where_of(delivery)) == (
        "T1:action:U1:9.9", "T2/U1", "T1", Where("U1", "C1", "1.1")
    )
    view = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "t", "view": {"id": "V1"}}
    delivery = delivery_of(view, "UBOT", now())
    assert delivery
    assert (delivery.key, where_of(delivery)) == ("T1:view:V1:t", None)


def test_other_payloads_are_nobodys() -> None:
    assert delivery_of({"type": "view_closed", "team": None}, "UBOT", now()) is None
