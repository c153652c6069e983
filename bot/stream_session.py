"""The session of a run's thread: Slack shows whether the agent works, waits or is done, and a stop button while it works."""

import logging

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.core.ids import RunId
from agents.core.state import Run
from agents.core.trigger import Place
from bot.outbound import Outbound
from bot.stream_support import Feature
from bot.trouble import EXPECTED
from bot.views.mrkdwn import user_id
from bot.views.stream import literal

log = logging.getLogger(__name__)


class Sessions:
    """Best effort: the newest status wins, each is tried once, and nobody waits for it."""

    def __init__(self, client: AsyncWebClient, outbound: Outbound) -> None:
        self._client = client
        self._outbound = outbound
        self._feature = Feature("agent sessions", "messages alone say what a run does")
        self._wanted: dict[RunId, str] = {}
        self._shown: dict[RunId, str] = {}
        self._sending: set[RunId] = set()

    def status(self, run_id: RunId) -> str | None:
        """What the session shows; None where there is none."""
        return self._shown.get(run_id)

    def show(self, run: Run) -> None:
        """Let the session of the run's thread show whether it works, waits for people, or is over."""
        place = run.trigger.place
        wanted = "closed" if run.over else "suspended" if run.waiting else "processing"
        if place is None or not place.thread_ts or run.quiet or self._wanted.get(run.run_id) == wanted:
            return  # what only tells people does not work, and a thread that is not opened has no session
        if not self._feature.there:
            self._forget(run.run_id)
            return
        self._wanted[run.run_id] = wanted
        if run.run_id not in self._sending:
            self._sending.add(run.run_id)
            self._outbound.aside(self._send(run, place), f"session of {run.run_id}")

    async def _send(self, run: Run, place: Place) -> None:
        try:
            while (wanted := self._wanted[run.run_id]) != self._shown.get(run.run_id):
                await self._client.agents_sessions_setStatus(
                    channel_id=place.channel, thread_ts=place.thread_ts, status=wanted, title=literal(run.text, 200),
                    initiator_user_id=user_id(run.trigger.actor.rpartition("/")[2]),
                )
                self._shown[run.run_id] = wanted
        except SlackApiError as error:
            self._feature.refused(error)
        except EXPECTED as error:
            log.info("The session of %s was not told: %s", run.run_id, error)
        finally:
            self._sending.discard(run.run_id)
            if self._wanted[run.run_id] == "closed" or not self._feature.there:
                self._forget(run.run_id)

    def _forget(self, run_id: RunId) -> None:
        self._wanted.pop(run_id, None)
        self._shown.pop(run_id, None)
