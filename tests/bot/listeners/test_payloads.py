from typing import Any

import pytest

from bot.listeners.payloads import Ears, Where, actor_of, author_of, delivery_of, is_on_home, team_of, where_of
from bot.watching import Watch
from tests.bot.office import now

EARS = Ears("UBOT", "B1", (Watch.parse("message:/(?i)down/"),))
MESSAGE = {"type": "message", "user": "U1", "text": "hi", "ts": "2.2", "channel": "C1", "channel_type": "im"}


def event(**more: Any) -> dict[str, Any]:
    """A message event."""
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {**MESSAGE, **more}}


def test_a_message_of_a_person_is_a_delivery() -> None:
    delivery = delivery_of(event(), EARS, now())
    assert delivery
    assert (delivery.key, delivery.kind) == ("T1:event:Ev1", "event")
    assert where_of(delivery) == Where("U1", "C1")


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1", "text": "down"}, {"user": "UBOT", "text": "down"}, {"bot_id": "B2", "text": "down"}, {"user": None},
        {"subtype": "message_changed"}, {"subtype": "channel_join"},
        {"subtype": "bot_message"}, {"edited": {"user": "U1", "ts": "3"}}, {"type": "reaction_added"}, {"channel_type": "channel"},
        {"channel_type": "channel", "thread_ts": "2.2"}, {"channel_type": "channel", "text": "down", "subtype": "message_changed"},
        {"channel_type": "channel", "text": "down", "bot_id": "B2", "thread_ts": "1.1"}, {"type": "app_home_opened", "tab": "messages"},
        {"channel_type": "channel", "text": "down", "edited": {"user": "U1"}},
    ],
)
def test_bots_edits_joins_and_talk_are_none(more: dict[str, Any]) -> None:
    assert delivery_of(event(**more), EARS, now()) is None


@pytest.mark.parametrize(
    "more",
    [
        {"type": "app_mention", "channel_type": None}, {"channel_type": "channel", "text": "<@UBOT> x"}, {"subtype": "file_share"},
        {"channel_type": "channel", "thread_ts": "1.1"}, {"channel_type": "channel", "thread_ts": "1.1", "subtype": "thread_broadcast"},
    ],
)
def test_mentions_replies_and_files_are_heard(more: dict[str, Any]) -> None:
    assert delivery_of(event(**more), EARS, now())


def test_clicks_and_submissions_have_keys_of_their_own() -> None:
    click = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T2"}, "actions": [{"action_ts": "9.9"}],
             "channel": {"id": "C1"}, "container": {"thread_ts": "1.1"}}
    delivery = delivery_of(click, EARS, now())
    assert delivery
    assert (delivery.key, actor_of(click), team_of(click), where_of(delivery)) == (
        "T1:action:U1:9.9", "T2/U1", "T1", Where("U1", "C1", "1.1")
    )
    view = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "t", "view": {"id": "V1"}}
    delivery = delivery_of(view, EARS, now())
    assert delivery
    assert (delivery.key, where_of(delivery)) == ("T1:view:V1:t", None)


def test_other_payloads_are_nobodys() -> None:
    assert delivery_of({"type": "view_closed", "team": None}, EARS, now()) is None


@pytest.mark.parametrize(
    "more",
    [
        {"text": "It is DOWN"}, {"text": "", "bot_id": "B2", "subtype": "bot_message", "user": None, "attachments": [{"title": "Down!"}]},
        {"text": "see below", "bot_id": "B2", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "db is down"}}]},
    ],
)
def test_what_is_looked_out_for_is_heard_from_anybody(more: dict[str, Any]) -> None:
    body = event(**{"channel_type": "channel", **more})
    delivery = delivery_of(body, EARS, now())
    assert delivery
    assert delivery.kind == "watched"
    assert where_of(delivery) == (None if "bot_id" in more else Where("U1", "C1"))
    assert delivery_of(body, Ears("UBOT", "B1"), now()) is None


@pytest.mark.parametrize(
    ("more", "actor"),
    [
        ({}, "T1/U1"), ({"user_team": "T2"}, "T2/U1"), ({"user": None, "bot_id": "B2"}, "T1/B2"), ({"user": None}, "T1/unknown"),
    ],
)
def test_authors_are_known_by_their_own_workspace(more: dict[str, Any], actor: str) -> None:
    assert author_of({**MESSAGE, **more}, "T1") == actor


def test_the_home_tab_the_stop_button_and_the_shortcut_have_listeners() -> None:
    opened = delivery_of(event(type="app_home_opened", tab="home", channel="D1"), EARS, now())
    stopped = delivery_of(event(type="agent_session_stopped", thread_ts="1.1"), EARS, now())
    use = {"type": "message_action", "team": {"id": "T1"}, "user": {"id": "U1"}, "action_ts": "3.3", "channel": {"id": "C1"}}
    picked = delivery_of(use, EARS, now())
    assert opened
    assert stopped
    assert picked
    assert [one.kind for one in (opened, stopped, picked)] == ["home", "session", "shortcut"]
    assert picked.key == "T1:shortcut:U1:3.3"
    assert [where_of(one) for one in (opened, stopped, picked)] == [Where("U1", "D1"), Where("U1", "C1", "1.1"), Where("U1", "C1")]


def test_a_click_on_the_home_tab_is_answered_directly() -> None:
    user, team, view = {"id": "U1"}, {"id": "T1"}, {"type": "home"}
    click = {"type": "block_actions", "team": team, "user": user, "actions": [{"action_ts": "9.9"}], "view": view}
    delivery = delivery_of(click, EARS, now())
    assert delivery
    assert where_of(delivery) == Where("U1", "U1")
    assert is_on_home(click)
