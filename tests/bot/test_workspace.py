"""The Slack tools in the sandbox's workspace, over the wire: what may be read for whom, what taints, and posts that stand once."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from agents.core.ids import SYSTEM, ActorId, RunId, local_person, person
from agents.core.trigger import Place
from agents.ports import TERMINAL, Caller, Done, Failed, Unknown
from bot.outbound import Outbound
from bot.people import People
from bot.sandbox.app import Sandbox, running
from bot.sandbox.seed import acme
from bot.slack import connect
from bot.workspace import SlackWorkspace
from tests.bot.office import ROLES, bad_line
from tests.bot.sandbox.acting import INCIDENTS, Json, Page
from tests.tools.sources import opened
from tools.slack import Spot, spot_of
from tools.toolbox import Toolbox

TEAM = "T01SANDBOX"
LEADS, GENERAL = "C01OPSLEADS", "C01GENERAL"


def caller(user: str = "U01DANA", channel: str = GENERAL, thread: str = "1.2") -> Caller:
    return Caller(RunId("run-x"), "triage", Place(TEAM, channel, thread), person(TEAM, user))


@dataclass
class Tools:
    """The tools, and what stands behind them."""

    toolbox: Toolbox
    workspace: SlackWorkspace

    async def read(self, where: str = "", who: Caller | None = None, **more: Any) -> Done | Failed:
        told = await self.toolbox.run("slack_read", {"where": where, **more}, key="k", caller=who or caller())
        assert isinstance(told, Done | Failed)
        return told

    async def post(self, text: str, channel: str = "#incidents", key: str = "run-x.c1", **more: Any) -> Done | Failed | Unknown:
        return await self.toolbox.run("slack_post", {"channel": channel, "text": text, **more}, key=key, caller=caller())

    async def stands(self, key: str, channel: str = "#incidents", **more: Any) -> bool | None:
        return await self.toolbox.probe("slack_post", {"channel": channel, "text": "x", **more}, key=key)


@asynccontextmanager
async def tools(sandbox: Sandbox, breaks: dict[str, deque[bool]] | None = None, **settings: Any) -> AsyncIterator[Tools]:
    """The Slack tools, which may post in #incidents and in the leads' channel."""
    environ = sandbox.environment()
    async with connect(
        bot_token=environ["SLACK_BOT_TOKEN"], app_token=environ["SLACK_APP_TOKEN"], api_url=environ["SLACK_API_URL"]
    ) as slack, Outbound(interval=0.0) as outbound:
        slack = replace(slack, posting=bad_line(slack, breaks or {}))
        workspace = SlackWorkspace(slack, People(slack.client, slack.team, ROLES, fresh=0.0), outbound)
        item = {"name": "slack", "slack": {"channels": ["#incidents", LEADS]}, "settings": settings}
        async with opened(item, workspace=workspace) as toolbox:
            yield Tools(toolbox, workspace)


async def ours(page: Page, channel: str = INCIDENTS) -> list[Json]:
    """What the bot has posted there."""
    return [message for message in await page.messages("U01ALICE", channel) if message["user"] == "U01BOT"]


async def test_a_channel_and_a_thread_are_read_oldest_first(sandbox: Sandbox, page: Page) -> None:
    first = await page.say("checkout is <slow> & sad")
    reply = await page.say("since 10:04\nor so, says <@U01BOB>", "U01ALICE", thread_ts=first)
    await page.say("another thing", "U01BOB")
    async with tools(sandbox) as slack:
        told = await slack.read("#incidents")
        assert isinstance(told, Done)
        lines = told.text.splitlines()
        assert lines[0] == "2 messages of #incidents, oldest first"
        assert lines[1].endswith(f"UTC Dana Reyes [ts {first}, 1 reply]")
        assert lines[2] == "  checkout is <slow> & sad"
        assert (lines[4], told.taints) == ("  another thing", False)
        link = f"https://acme.slack.com/archives/{INCIDENTS}/p{first.replace('.', '')}"
        thread = await slack.read(link)
        assert isinstance(thread, Done)
        assert thread.text.splitlines()[0] == f"2 messages of the thread {first} in #incidents, oldest first"
        assert thread.text.splitlines()[3].endswith(f"Alice Moreau [ts {reply}]")
        assert thread.text.endswith("\n  since 10:04\n  or so, says @Bob Lindqvist")
        inside = f"<https://acme.slack.com/archives/{INCIDENTS}/p{reply.replace('.', '')}?thread_ts={first}&cid={INCIDENTS}>"
        for same in (slack.read(INCIDENTS, thread=first), slack.read(inside), slack.read(who=caller(channel=INCIDENTS, thread=first))):
            assert await same == thread
        short = await slack.read("#incidents", limit=1)
        assert short.text.splitlines()[0] == "1 message of #incidents, oldest first; there are older ones"
        assert short.text.endswith("another thing")


async def test_of_a_long_thread_the_first_and_the_newest_are_read(sandbox: Sandbox, page: Page) -> None:
    first = await page.say("one")
    for number in range(5):
        await page.say(f"reply {number}", thread_ts=first)
    async with tools(sandbox) as slack:
        told = await slack.read(INCIDENTS, thread=first, limit=3)
        assert [line for line in told.text.splitlines() if line.startswith("  ")] == ["  one", "  reply 3", "  reply 4"]
        assert "there are older ones" in told.text


@pytest.mark.parametrize(("user", "taints"), [
    ("U01DANA", False), ("U01CAROL", False), ("U01GUS", True), ("U02NINA", True), ("U01GRAFANA", True),
])
async def test_what_outsiders_and_apps_wrote_taints(sandbox: Sandbox, page: Page, user: str, taints: bool) -> None:
    await page.say("hello", user, "C01ALERTS")
    async with tools(sandbox) as slack:
        told = await slack.read("#alerts")
        assert isinstance(told, Done)
        assert (told.taints, "(an outsider or an app)" in told.text) == (taints, taints)


async def test_the_bots_own_words_taint_too(sandbox: Sandbox) -> None:
    async with tools(sandbox) as slack:
        await slack.post("What a page of somebody else says.")
        told = await slack.read("#incidents")
        assert isinstance(told, Done)
        assert told.taints


async def test_private_conversations_are_read_only_from_within_themselves(sandbox: Sandbox, page: Page) -> None:
    await page.say("between us", "U01ALICE", LEADS)
    await page.say("between us", "U01DANA", "D01DANA")
    async with tools(sandbox) as slack:
        for channel in (LEADS, "D01DANA", "C01NOWHERE"):
            for who in (caller("U01ALICE"), caller("U01DANA"), TERMINAL, caller(channel=INCIDENTS)):
                told = await slack.read(channel, who)
                assert isinstance(told, Failed), channel
                assert "between us" not in told.text
        assert "between us" in (await slack.read(LEADS, caller("U01ALICE", LEADS))).text
        assert "of this direct conversation" in (await slack.read("D01DANA", caller("U01DANA", "D01DANA"))).text


async def test_a_public_channel_is_read_for_members_and_for_those_who_are_in_it() -> None:
    workspace = acme()
    members = tuple(user for user in workspace.channels[GENERAL].members if user not in ("U01GUS", "U01DANA"))
    workspace.channels[GENERAL] = replace(workspace.channels[GENERAL], members=members)
    async with running(workspace=workspace) as sandbox, aiohttp.ClientSession() as session:
        await Page(session, sandbox.url).say("hello", "U01ALICE", GENERAL)
        async with tools(sandbox) as slack:
            asked: dict[str, ActorId] = {
                "member": person(TEAM, "U01DANA"), "guest": person(TEAM, "U01GUS"), "foreigner who is there": person("T02NORTHWIND",
                "U02NINA"),
                "schedule": SYSTEM, "terminal": local_person("root"), "nobody": person(TEAM, "U01NOBODY"), "left": person(TEAM, "U01OTTO"),
            }
            may = {
                name: isinstance(await slack.read("#general", replace(caller(channel=INCIDENTS), initiator=actor)), Done)
                for name, actor in asked.items()
            }
            assert may == {
                "member": True, "guest": False, "foreigner who is there": True, "schedule": True, "terminal": True, "nobody": False,
                "left": False,
            }


async def test_a_post_can_mention_nobody_and_link_nowhere(sandbox: Sandbox, page: Page) -> None:
    async with tools(sandbox) as slack:
        posted = await slack.post("*Up* again <!channel> <@U01DANA> @here <https://evil.example|good> & https://x.example")
        (message,) = await ours(page)
        assert posted == Done(f"Posted: https://acme.slack.com/archives/{INCIDENTS}/p{message['ts'].replace('.', '')}")
        safe = "*Up* again &lt;!channel&gt; &lt;@U01DANA&gt; @here &lt;https://evil.example|good&gt; &amp; https://x.example"
        assert message["text"] == safe
        assert message["blocks"][0]["text"] == {"type": "mrkdwn", "text": safe, "verbatim": True}
        assert message["blocks"][1]["elements"][0]["text"] == "Posted by triage in run-x"
        (call,) = (await page.see("log", method="chat.postMessage"))["calls"]
        sent = call["arguments"]
        assert [str(sent[name]).lower() for name in ("unfurl_links", "unfurl_media", "link_names")] in (["false"] * 3, ["0"] * 3)


async def test_it_posts_in_threads_and_only_where_the_operator_lets_it(sandbox: Sandbox, page: Page) -> None:
    first = await page.say("one")
    async with tools(sandbox) as slack:
        link = f"https://acme.slack.com/archives/{INCIDENTS}/p{first.replace('.', '')}"
        told = await slack.post("By link.", link)
        assert isinstance(told, Done)
        assert told.text.endswith(f"?thread_ts={first}&cid={INCIDENTS}")
        assert isinstance(await slack.post("By ts.", INCIDENTS, thread=first), Done)
        assert [message["blocks"][0]["text"]["text"] for message in (await page.thread(first))[1:]] == ["By link.", "By ts."]
        assert isinstance(await slack.post("For the leads.", "ops-leads"), Done)
        for channel in ("#general", GENERAL, "D01DANA", "#nowhere", "U01DANA", "what is this?"):
            assert isinstance(await slack.post("Elsewhere.", channel), Failed), channel
        assert (await ours(page, GENERAL), len(await ours(page, LEADS))) == ([], 1)


async def test_an_answer_that_is_lost_makes_no_second_message(sandbox: Sandbox, page: Page) -> None:
    async with tools(sandbox, {"chat.postMessage": deque([True, False])}) as slack:
        assert isinstance(await slack.post("Once.", key="run-x.c1"), Done)
        assert isinstance(await slack.post("Twice asked.", key="run-x.c2"), Done)
    assert [message["text"] for message in await ours(page)] == ["Once.", "Twice asked."]


async def test_it_can_be_told_whether_a_post_stands(sandbox: Sandbox, page: Page) -> None:
    first = await page.say("one")
    async with tools(sandbox) as slack:
        await slack.post("Here.", key="run-x.c1")
        await slack.post("There.", key="run-x.c2", thread=first)
        assert [await slack.stands(key) for key in ("run-x.c1", "run-x.c2", "run-x.c3")] == [True, False, False]
        assert [await slack.stands(key, thread=first) for key in ("run-x.c1", "run-x.c2")] == [False, True]
        assert await slack.stands("run-x.c1", "#general") is None
        await page.act("faults", unknown_methods=["conversations.history"])
        assert await slack.stands("run-x.c1") is None


async def test_a_post_that_waits_too_long_is_unknown_and_can_be_probed(sandbox: Sandbox, page: Page) -> None:
    await page.act("faults", rate_limit={"method": "chat.postMessage", "times": 50, "retry_after": 1})
    async with tools(sandbox, post={"timeout": 0.5}) as slack:
        assert isinstance(await slack.post("Late.", key="run-x.c1"), Unknown)
        assert await slack.stands("run-x.c1") is False
    assert await ours(page) == []


@pytest.mark.parametrize(("method", "said"), [
    ("conversations.history", "unknown_method"), ("conversations.info", "What kind of channel"), ("conversations.list", "unknown_method"),
])
async def test_what_slack_refuses_is_told(sandbox: Sandbox, page: Page, method: str, said: str) -> None:
    await page.act("faults", unknown_methods=[method])
    async with tools(sandbox) as slack:
        told = await slack.read("#incidents")
        assert isinstance(told, Failed)
        assert said in told.text
        assert isinstance(await slack.read("#incidents", caller(channel=INCIDENTS), thread="1700000000.000100"), Failed)


async def test_without_slack_each_call_says_so() -> None:
    async with opened({"name": "slack", "slack": {}}) as toolbox:
        for name, arguments in (("slack_read", {"where": "#x"}), ("slack_post", {"channel": "#x", "text": "y"})):
            assert isinstance(await toolbox.run(name, arguments, key="k"), Failed)
        assert await toolbox.probe("slack_post", {"channel": "#x", "text": "y"}, key="k") is None


@pytest.mark.parametrize(("said", "spot"), [
    ("#Incidents", Spot("#incidents")), ("incidents", Spot("#incidents")), ("C01ABC", Spot("C01ABC")),
    ("<#C01ABC|incidents>", Spot("C01ABC")),
    ("https://acme.slack.com/archives/C01ABC", Spot("C01ABC")),
    ("https://acme.slack.com/archives/C01ABC/p1700000000000100", Spot("C01ABC", "1700000000.000100")),
    ("https://acme.enterprise.slack.com/archives/C01ABC/p1700000000000200?thread_ts=1700000000.000100&cid=C01ABC", Spot("C01ABC",
    "1700000000.000100")),
    ("<https://acme.slack.com/archives/D01ABC/p1700000000000100|here>", Spot("D01ABC", "1700000000.000100")),
    ("https://acme.slack.com/archives/c01/../x", None), ("http://acme.slack.com/archives/C01ABC", None), ("two words", None), ("", None),
    ("#", None),
])
def test_channels_and_addresses_are_understood(said: str, spot: Spot | None) -> None:
    assert spot_of(said) == spot
