"""What of Slack's newer features this workspace has: learnt once, by trying."""

import logging
import time

from slack_sdk.errors import SlackApiError

from agents.core.errors import SurfaceError
from bot.trouble import error_of, trouble_of

log = logging.getLogger(__name__)

LACKING = frozenset({
    "unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled", "method_deprecated", "deprecated_endpoint",
    "no_permission", "team_access_not_granted",
})
"""Refusals that say that the workspace or the app has no such thing, whatever is asked of it."""


class Feature:
    """One feature that a workspace may lack."""

    def __init__(self, name: str, instead: str) -> None:
        """`name` is what operators call it, `instead` what happens without it."""
        self._name = name
        self._instead = instead
        self._lacking = False
        self._closed_until = 0.0

    @property
    def there(self) -> bool:
        """Whether it may be used now."""
        return not self._lacking and time.monotonic() >= self._closed_until

    def lacks(self, error: BaseException) -> bool:
        """Whether this says that the workspace has no such thing; that is logged once and remembered."""
        code = error_of(error)
        if code not in LACKING:
            return False
        if not self._lacking:
            log.warning("This workspace has no %s (%s): %s.", self._name, code, self._instead)
        self._lacking = True
        return True

    def refused(self, error: SlackApiError) -> bool:
        """Whether it certainly did not happen this time, so that the other way is to be taken; what it lacks is remembered."""
        if self.lacks(error):
            return True
        try:
            trouble = trouble_of(error, self._name)
        except SurfaceError:
            return True  # the other way may be refused as well, and then says why
        if trouble.retry_after is not None:
            self._closed_until = time.monotonic() + trouble.retry_after
            return True
        return False
