import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ids import ActorId
from bot.views.mrkdwn import cut, date, escape, inline, person, plain, split, user_id
from tests.bot.views.made import HOSTILE, assert_tame

TEXTS = st.text(st.sampled_from("&<>;ab \n|!@#`*_\u202e\u200b") | st.characters(), max_size=300) | st.sampled_from(HOSTILE)


@given(TEXTS, st.integers(2, 80))
@settings(deadline=None)
def test_cutting_keeps_the_limit_and_every_entity(text: str, limit: int) -> None:
    shown = cut(escape(text), limit)
    assert len(shown) <= limit
    assert_tame(shown)


@given(TEXTS, st.integers(10, 3000))
@settings(deadline=None)
def test_pieces_keep_the_limit_and_are_the_whole_text(text: str, limit: int) -> None:
    pieces = split(escape(text), limit)
    assert "".join(pieces) == escape(text)
    for piece in pieces:
        assert len(piece) <= limit
        assert_tame(piece)


@given(TEXTS)
@settings(deadline=None)
def test_escaped_text_holds_no_token_and_nothing_invisible(text: str) -> None:
    shown = escape(text)
    assert not re.search(r"[<>\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08]", shown)


@given(TEXTS, st.integers(2, 100))
@settings(deadline=None)
def test_one_line_is_one_line(text: str, limit: int) -> None:
    assert "\n" not in inline(text, limit)


def test_what_is_ours_is_not_cut_in_the_middle() -> None:
    assert cut("by <@U01ALICE> today", 10) == "by…"
    assert split("word <@U01ALICE> word", 12) == ("word ", "<@U01ALICE> ", "word")


def test_people_and_dates() -> None:
    assert person(ActorId("T01/U01ALICE"), "Alice") == "<@U01ALICE>"
    assert person(ActorId("local/U01ALICE"), "<!here>") == "&lt;!here&gt;"
    assert person(ActorId("countersign")) == "countersign"
    assert date(datetime(2026, 11, 21, 12, tzinfo=UTC)) == "<!date^1795262400^{date_short_pretty} at {time}|2026-11-21 12:00 UTC>"


def test_user_ids_are_read_from_mentions_and_bare_ids() -> None:
    assert user_id("<@U01ALICE|alice>") == user_id("<@U01ALICE>") == user_id("U01ALICE") == user_id("@U01ALICE") == "U01ALICE"
    assert user_id("@alice") is None


def test_slack_text_becomes_what_a_person_reads() -> None:
    links = "<https://a.example/x?y=1&amp;z=2|the graph>, <https://b.example>"
    text = f"<@U01ALICE> see <#C1|incidents>, {links} &lt;b&gt; <!here> <!subteam^S1|@ops>"
    assert plain(text, {"U01ALICE": "Alice Moreau"}) == (
        "@Alice Moreau see #incidents, the graph (https://a.example/x?y=1&z=2), https://b.example <b> @here @ops"
    )
