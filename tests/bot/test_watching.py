"""Patterns of watched channels: what they find, and what is refused."""

import re

import pytest

from bot.config_shape import ChannelConfig
from bot.watching import SEARCHED, Watch


def test_a_pattern_is_found_anywhere_in_a_message() -> None:
    watch = Watch.parse("message:/(?i)down|outage/")
    assert watch.matches("Is checkout DOWN?")
    assert not watch.matches("all is well")


def test_a_pattern_may_hold_slashes_and_lines() -> None:
    assert Watch.parse("message:/a/b\nc/").matches("xa/b\ncx")


def test_only_the_beginning_of_a_message_is_searched() -> None:
    watch = Watch.parse("message:/end/")
    assert watch.matches("x" * (SEARCHED - 3) + "end")
    assert not watch.matches("x" * (SEARCHED - 2) + "end")


@pytest.mark.parametrize(("text", "wrong"), [
    ("mention", 'is written "message:/PATTERN/"'),
    ("message:down", 'is written "message:/PATTERN/"'),
    ("message:/down", 'is written "message:/PATTERN/"'),
    ("message:/down/i", "begin it with (?i)"),
    ("message:/down)/", "is no regular expression: unbalanced parenthesis"),
    ("message:/x{99999999999}/", "is no regular expression: the repetition number is too large"),
])  # fmt: skip
def test_what_is_no_watch_is_told(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        Watch.parse(text)


@pytest.mark.parametrize("pattern", [
    "(?i)down|outage", "firing.*", r"(?:\d{1,3}\.)+", r"\(a+\)+", "[(a+)]+", "(ab){2}", "(a+){3}", "(a|b)+c+", ".",
])  # fmt: skip
def test_patterns_that_are_watched(pattern: str) -> None:
    assert ChannelConfig(agent="triage", on=("mention", f"message:/{pattern}/")).on[1] == f"message:/{pattern}/"


@pytest.mark.parametrize(("pattern", "wrong"), [
    ("", "is found in every text"), (".*", "is found in every text"), ("down|", "is found in every text"),
    ("(a+)+x", "busy for ever"), (r"((\w+\s?)*)+x", "busy for ever"), ("(?:x(a{2,}b)*)*z", "busy for ever"),
    ("\bdown\b", "single quotes"), (r"x(\\(a*))*", "busy for ever"),
])  # fmt: skip
def test_patterns_that_are_refused(pattern: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        ChannelConfig(agent="triage", on=(f"message:/{pattern}/",))
