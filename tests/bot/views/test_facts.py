"""Words about calls: what fits on one line, and what tells one call from another."""

from bot.views.facts import brief


def test_short_arguments_come_first_so_that_calls_can_be_told_apart() -> None:
    assert brief({"reason": "a long story " * 9, "service": "web"}, 30) == "service: web, reason: a long…"
    assert brief({"b": 1, "a": "x\ny"}) == "b: 1, a: x y"
    assert brief({}) == ""
