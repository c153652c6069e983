"""Telephone numbers in text. The only importer of phonenumbers, which is loaded when it is first needed."""

from collections.abc import Iterator


def phones_in(text: str, region: str | None) -> Iterator[tuple[int, int]]:
    """Where numbers stand: international ones, and those that can be dialled within `region` (two letters, such as DE)."""
    if region is None and "+" not in text:
        return
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=10_000):
        yield match.start, match.end
