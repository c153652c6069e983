"""Modals and triggers, on a clock of the test's own."""

import pytest

from bot.sandbox.seed import acme
from bot.sandbox.slack_blocks import checked_view
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace_views import Views
from tests.bot.sandbox.acting import Json, reason_modal, typed_reason


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def views(clock: Clock) -> Views:
    return Views(acme(clock), clock)


def modal(**more: object) -> Json:
    """The modal as the sandbox keeps it."""
    return checked_view(reason_modal(**more), "modal")


def test_a_trigger_lasts_three_seconds(views: Views, clock: Clock) -> None:
    early, late = views.trigger("U01DANA"), views.trigger("U01DANA", "V1")
    clock.now += 2.9
    assert views.redeem(early) == ("U01DANA", None)
    clock.now += 0.2
    with pytest.raises(SlackRefusal, match="expired_trigger_id"):
        views.redeem(late)


def test_the_hash_guards_an_update(views: Views) -> None:
    view = views.open("U01DANA", modal())
    changed = views.update(view.id, modal(private_metadata="2"), view.hash)
    assert changed.hash != view.hash
    with pytest.raises(SlackRefusal, match="hash_conflict"):
        views.update(view.id, modal(), view.hash)
    home = checked_view({"type": "home", "blocks": []} | {"blocks": [{"type": "divider"}]}, "home")
    first = views.publish("U01DANA", home)
    assert views.publish("U01DANA", home, first.hash).id == first.id
    with pytest.raises(SlackRefusal, match="hash_conflict"):
        views.publish("U01DANA", home, "0.0")


def test_three_modals_lie_on_one_another_at_most(views: Views) -> None:
    first = views.open("U01DANA", modal())
    second = views.push("U01DANA", modal())
    assert (second.root_id, second.previous_id) == (first.id, first.id)
    views.push("U01DANA", modal())
    with pytest.raises(SlackRefusal, match="push_limit_reached"):
        views.push("U01DANA", modal())
    assert [view.id for view in views.close(second.id)][-1] == second.id
    assert [view.id for view in views.stack("U01DANA")] == [first.id]


def test_what_was_entered_stays_when_its_block_stays(views: Views) -> None:
    view = views.open("U01DANA", modal())
    views.enter(view.id, typed_reason("because"))
    assert views.update(view.id, modal(private_metadata="2")).values == typed_reason("because")
    other = modal(blocks=[{"type": "divider"}])
    assert views.update(view.id, other).values == {}


def test_an_external_id_belongs_to_one_view(views: Views) -> None:
    view = views.open("U01DANA", modal(external_id="x"))
    assert views.by_external_id("x") == view
    with pytest.raises(SlackRefusal, match="duplicate_external_id"):
        views.push("U01DANA", modal(external_id="x"))
    with pytest.raises(SlackRefusal, match="not_found"):
        views.by_external_id("y")
