"""Which errors pass by themselves, and how long an endpoint asks to be left alone."""

import pytest

from agents.claude_fault import of_status, retry_after


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, None), ({"retry-after": "3"}, 3.0), ({"retry-after": "0.5"}, 0.5), ({"retry-after": "-1"}, 0.0), ({"retry-after": "soon"}, None),
    ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 30.0),
    ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, None),
])
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(("status", "kind", "passes"), [
    (200, "overloaded_error", True), (200, "invalid_request_error", False), (422, None, False), (500, "api_error", True), (599, None, True),
])
def test_which_errors_pass(status: int, kind: str | None, passes: bool) -> None:
    fault = of_status("own", status, kind, "Overloaded", {})
    assert fault.passes is passes
    assert str(fault).startswith("own failed ")
