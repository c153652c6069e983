"""Whatever is searched for, what is left of it is words."""

from hypothesis import given
from hypothesis import strategies as st

from agents.core.words import MOST, search_words


@given(st.text())
def test_words_are_letters_and_digits_alone(said: str) -> None:
    words = search_words(said)
    assert all(character.isalnum() or character.isalpha() or character.isnumeric() for word in words for character in word)
    assert (len(words) <= MOST, len(set(words))) == (True, len(words))


def test_each_counts_once_in_its_order() -> None:
    assert search_words('Deploy "checkout_api" OR deploy* Zürich') == ("deploy", "checkout", "api", "or", "zürich")
    assert search_words('"*(') == ()
