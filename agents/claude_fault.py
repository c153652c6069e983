"""What can go wrong with one attempt at a model: in words, with what to do about it, and whether it may pass by itself."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from agents.core.events import Usage

_PASSING = frozenset({408, 409, 429})
"""Statuses below 500 that may be gone at the next attempt."""
_PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
"""The same for an error in the middle of a stream, whose status is 200."""

_REMEDIES: Mapping[int, str] = {
    400: "The endpoint does not take this request: if it says that the prompt is too long, ask again in a new thread.",
    401: "The key is wrong: set ANTHROPIC_API_KEY, or the key of this tier, to a valid one.",
    402: "The account cannot pay for it: look at the plan and billing of the key's account.",
    403: "The key may not use this model: allow it in the key's workspace, or choose another model for the tier.",
    404: "There is no such model, or no Messages API at that address: correct the tier's model or base_url (without /v1).",
    413: "The conversation is too large: ask again in a new thread, or make the tools return less.",
}


class Fault(Exception):
    """One attempt failed. The message says how, and what to do about it where anything can be done."""

    def __init__(self, text: str, *, passes: bool, after: float | None = None, usage: Usage | None = None) -> None:
        super().__init__(text)
        self.passes = passes
        """Whether another attempt may succeed."""
        self.after = after
        """Seconds for which the endpoint asked to be left alone; None where it said nothing."""
        self.usage = usage or Usage()
        """What the failed attempt is known to have used up."""


def of_status(model: str, status: int, kind: str | None, message: str, headers: Mapping[str, str]) -> Fault:
    """The fault that an error of the API is. `kind` is its type, such as `overloaded_error`; status 200 means in mid-stream."""
    passes = kind in _PASSING_TYPES if status == 200 else status in _PASSING or status >= 500
    where = "in the middle of its answer" if status == 200 else f"with status {status}"
    remedy = "" if passes else _REMEDIES.get(status, "")
    named = f" ({kind})" if kind else ""
    text = f"{model} failed {where}{named}: {message.rstrip('. ')}. {remedy}"
    return Fault(text.strip(), passes=passes, after=retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date (which is read against the response's own); None without it."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):  # no date, or only one of them with a zone
        return None
