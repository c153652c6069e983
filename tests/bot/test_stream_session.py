"""The session of a thread, told at a client that only listens."""

import asyncio
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.core import events as e
from bot.outbound import Outbound
from bot.stream_session import Sessions
from tests.bot.views.made import run_of, started, turn, waiting


class Listening(AsyncWebClient):
    """A workspace that hears statuses, or lacks them."""

    def __init__(self, error: str = "") -> None:
        super().__init__(token="xoxb-listening")
        self.error = error
        self.heard: list[str] = []

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        await asyncio.sleep(0)
        said = arguments["json"]
        assert (api_method, said["channel_id"], said["thread_ts"], said["initiator_user_id"]) == (
            "agents.sessions.setStatus", "C01", "100.1", "U01DANA"
        )
        self.heard.append(said["status"])
        answer = AsyncSlackResponse(
            client=self, http_verb="POST", api_url=api_method, req_args={}, data={"ok": not self.error, "error": self.error}, headers={},
            status_code=200,
        )
        if self.error:
            raise SlackApiError("no", answer)  # type: ignore[no-untyped-call]  # Slack's
        return answer


WORKING, WAITING = run_of(started()), run_of(*waiting())
OVER = run_of(started(), *turn("Fine."), e.RunFinished(e.Outcome.ANSWERED, ""))


async def test_it_shows_whether_the_run_works_waits_or_is_over() -> None:
    client = Listening()
    async with Outbound() as outbound:
        sessions = Sessions(client, outbound)
        for run in (WORKING, WORKING, WAITING, WORKING, OVER):
            sessions.show(run)
            await asyncio.sleep(0.01)
            assert sessions.status(run.run_id) == (None if run is OVER else client.heard[-1])
        assert client.heard == ["processing", "suspended", "processing", "closed"]


async def test_the_newest_status_wins() -> None:
    client = Listening()
    async with Outbound() as outbound:
        sessions = Sessions(client, outbound)
        for run in (WORKING, WAITING, WORKING, OVER):
            sessions.show(run)
        await asyncio.sleep(0.01)
        assert client.heard == ["closed"]


async def test_a_workspace_without_sessions_is_asked_once() -> None:
    client = Listening("unknown_method")
    async with Outbound() as outbound:
        sessions = Sessions(client, outbound)
        for run in (WORKING, WAITING, OVER):
            sessions.show(run)
            await asyncio.sleep(0.01)
        assert client.heard == ["processing"]
        assert sessions.status(OVER.run_id) is None
