"""What a failed request to Slack means: wait, try again, or tell the operator what to do."""

import asyncio
import math
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError

from agents.core.errors import SurfaceError

LONGEST = 600.0
"""Seconds that we let ourselves be asked to wait."""

EXPECTED = (SlackApiError, aiohttp.ClientError, asyncio.TimeoutError)
"""What a request to Slack raises."""

PASSING = frozenset({
    "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org",
    "accesslimited", "restricted_action_while_migrating",
})
"""Errors that pass by themselves."""

OPERATOR = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""Errors that pass when the operator gives the bot a token that works: what was to be said is kept until then."""

ADVICE = {
    "channel_not_found": "The channel is gone or the bot cannot see it. Invite the bot to it.",
    "not_in_channel": "The bot is not a member. Invite it to the channel.",
    "is_archived": "The channel is archived. Unarchive it, or look at the run with `countersign show`.",
    "msg_too_long": "The message is too long for Slack. Look at the run with `countersign show`.",
    "msg_blocks_too_long": "The message is too long for Slack. Look at the run with `countersign show`.",
    "message_not_found": "Somebody deleted the message. What it would have shown is in the journal.",
    "missing_scope": "The app lacks a scope. Install it anew with the manifest in deploy/slack-manifest.yaml.",
    "restricted_action": "A workspace setting forbids the bot to post here. An admin can change it.",
}
"""What to do about errors that no attempt overcomes."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that passes."""

    text: str
    retry_after: float | None = None
    """Seconds that Slack asks us to wait."""
    may_have_arrived: bool = False
    """Whether Slack may have done what it was asked all the same."""


def error_of(error: BaseException) -> str:
    """Slack's word for what is wrong, such as `not_in_channel`; empty where it said none."""
    if not isinstance(error, SlackApiError):
        return ""
    try:
        return str(error.response["error"])
    except (KeyError, TypeError):
        return ""


def trouble_of(error: BaseException, what: str) -> Trouble:
    """What kind of passing trouble this is. Raises SurfaceError, with what to do about it, where it is none."""
    if not isinstance(error, SlackApiError):
        return Trouble(f"{type(error).__name__} {error}".strip(), may_have_arrived=not isinstance(error, aiohttp.ClientConnectorError))
    status = int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))
    code = error_of(error)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Trouble(code or "429", retry_after=retry_after(error))
    if status >= 500 or code in PASSING or not code:
        return Trouble(f"{code or 'an answer without JSON'} (HTTP {status})", may_have_arrived=True)
    if code in OPERATOR:
        return Trouble(f"{code}: the bot's token does not work. Set SLACK_BOT_TOKEN and start again")
    raise SurfaceError(f"Slack refused {what}: {code}. {ADVICE.get(code, 'See https://docs.slack.dev for what it means.')}") from error


def refused(error: BaseException) -> bool:
    """Whether Slack certainly did not do what it was asked, and will not do it when it is asked again."""
    try:
        trouble_of(error, "it")
    except SurfaceError:
        return True
    return False


def retry_after(error: BaseException) -> float:
    """Seconds that the other side asks us to wait; one where it says nothing that can be read as such, ten minutes at most."""
    try:
        seconds = float(error.response.headers.get("Retry-After", 1))  # type: ignore[attr-defined]  # whatever it lacks is caught here
    except (AttributeError, TypeError, ValueError):
        return 1.0
    return min(max(seconds, 0.0), LONGEST) if math.isfinite(seconds) else 1.0
