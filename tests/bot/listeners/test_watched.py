"""Watched channels: what is looked out for starts a run, whoever says it; nothing else does."""

from typing import Any

import pytest

from agents.core.trigger import Source
from bot.sandbox.app import Sandbox
from tests.bot.office import Kept, Office, eventually, office
from tests.bot.sandbox.acting import Page

ALERTS = "C01ALERTS"


def watching(*more: str) -> Kept:
    """Alerts are watched."""
    return Kept(channels={"#alerts": "triage", "#incidents": "triage"}, on={"#alerts": ("message:/(?i)down|outage/", *more)})


async def post(bot: Office, text: str, user: str = "U01DANA", **more: Any) -> str:
    """Somebody, or an app, says something where alerts go."""
    return str((await bot.page.act("post", user=user, channel=ALERTS, text=text, **more))["ts"])


async def test_a_person_s_message_starts_a_run(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, watching()) as bot:
        ts = await post(bot, "checkout is DOWN, @alice")
        await bot.said(ts, "Done.", channel=ALERTS)
        run = await bot.run()
        assert (run.trigger.source, run.text, run.tainted) == (Source.WATCHED, "checkout is DOWN, @Alice Moreau", False)
        assert run.trigger.place
        assert (run.trigger.actor, run.trigger.place.thread_ts) == ("T01SANDBOX/U01DANA", ts)


@pytest.mark.parametrize(
    "more",
    [
        {"text": "db is down"},
        {"text": "Alert", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "db is down"}}]},
        {"text": "Alert", "attachments": [{"title": "db is down", "fallback": "Alert"}], "username": "prometheus"},
    ],
)
async def test_an_app_s_message_starts_a_tainted_run(sandbox: Sandbox, page: Page, more: dict[str, Any]) -> None:
    async with office(sandbox, page, watching()) as bot:
        ts = await post(bot, user="U01GRAFANA", **more)
        await bot.said(ts, "Done.", channel=ALERTS)
        run = await bot.run()
        assert run.tainted
        assert "db is down" in run.text
        assert len(bot.kept.journal.rows) == 1


async def test_a_guest_s_message_starts_a_tainted_run(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, watching()) as bot:
        await bot.said(await post(bot, "all down", "U01GUS"), "Done.", channel=ALERTS)
        assert (await bot.run()).tainted


async def test_nothing_else_starts_one(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, watching()) as bot:
        ts = await post(bot, "all is well")
        await post(bot, "down in a thread", thread_ts=ts)
        await page.act("post", user="U01DANA", channel="C01INCIDENTS", text="down where nobody watches")
        await bot.slack.client.chat_postMessage(channel=ALERTS, text="our own words: outage")
        last = await post(bot, "a real outage")
        await bot.said(last, "Done.", channel=ALERTS)
        assert [(await bot.runs.see(run_id)).text for run_id in bot.kept.journal.rows] == ["a real outage"]


async def test_a_reply_in_the_thread_of_a_watched_run_goes_to_it(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, watching()) as bot:
        ts = await post(bot, "checkout is down")
        await bot.said(ts, "Done.", channel=ALERTS)
        await bot.dispatcher.settled()
        await post(bot, "still down?", thread_ts=ts)

        async def second() -> bool | None:
            return len(bot.kept.journal.rows) == 2 or None

        await eventually(second)
        assert (await bot.run()).trigger.source is Source.THREAD_REPLY


@pytest.mark.parametrize("also", [True, False])
async def test_mentions_are_answered_where_they_are_configured(sandbox: Sandbox, page: Page, also: bool) -> None:
    async with office(sandbox, page, watching(*(("mention",) if also else ()))) as bot:
        ts = await bot.mention("it is down", channel=ALERTS)
        if also:
            await bot.said(ts, "Done.", channel=ALERTS)
            assert (await bot.run()).trigger.source is Source.MENTION
            assert len(bot.kept.journal.rows) == 1
        else:
            async def told() -> bool | None:
                return any("answers no mentions" in one["text"] for one in await page.messages(channel=ALERTS)) or None

            await eventually(told)
            assert bot.kept.journal.rows == {}
