"""What is cut is cut between words, so that no part of a secret is left that nobody would know as one."""

from hypothesis import given
from hypothesis import strategies as st

from tools.cutting import fitting, shorter

TOKEN = "ghp_" + "a1B2" * 9


def test_a_token_at_the_cut_goes_as_a_whole() -> None:
    text = f"the token is {TOKEN} and more"
    for most in range(14, 13 + len(TOKEN)):
        assert fitting(text, most) == "the token is "
    assert fitting(text, 13 + len(TOKEN)) == f"the token is {TOKEN}"
    assert shorter(text, 20) == "the token is …"
    assert shorter("short", 20) == "short"


@given(st.text(), st.integers(0, 40))
def test_it_is_a_beginning_of_the_text_and_never_longer(text: str, most: int) -> None:
    kept = fitting(text, most)
    assert text.startswith(kept)
    assert len(kept) <= most
    assert fitting(text, len(text)) == text
