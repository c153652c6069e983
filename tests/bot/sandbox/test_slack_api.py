"""The door of the Web API: tokens, forms of arguments, faults and the log."""

import json

import aiohttp
import pytest
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox
from tests.bot.sandbox.acting import INCIDENTS, Page, error_of, section


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("xapp-sandbox", "auth.test", "not_allowed_token_type"),
        ("xoxb-sandbox", "apps.connections.open", "not_allowed_token_type"),
        ("xoxb-sandbox", "chat.fly", "unknown_method"),
    ],
)
async def test_tokens_and_methods_are_checked(page: Page, token: str, method: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with page.session.post(f"{page.url}/api/{method}", headers=headers) as response:
        assert await response.json() == {"ok": False, "error": error}


async def test_arguments_come_as_query_form_or_json(page: Page) -> None:
    blocks = [section("x")]
    message = {"channel": INCIDENTS, "text": "x", "blocks": blocks}
    spelled = {"channel": INCIDENTS, "text": "x", "blocks": json.dumps(blocks), "token": "xoxb-sandbox"}
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    url = f"{page.url}/api/chat.postMessage"
    async with page.session.get(url, params=spelled) as query:
        assert (await query.json())["ok"]
    async with page.session.post(url, data=spelled) as form:
        assert (await form.json())["ok"]
    async with page.session.post(url, json=message, headers=headers) as body:
        assert (await body.json())["ok"]
    async with page.session.post(url, data=b"{", headers={**headers, "Content-Type": "application/json"}) as broken:
        assert (await broken.json())["error"] == "invalid_json"
    async with page.session.post(url, data={**spelled, "blocks": "["}) as wrong:
        assert (await wrong.json())["error"] == "invalid_blocks_format"
    assert [one["blocks"][0]["text"]["text"] for one in await page.messages()] == ["x"] * 3


async def test_the_sdk_waits_out_a_rate_limit(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", rate_limit={"method": "chat.postMessage", "times": 2, "retry_after": 0})
    assert await error_of(client.chat_postMessage(channel=INCIDENTS, text="x")) == "ratelimited"
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    await client.chat_postMessage(channel=INCIDENTS, text="x")
    calls = (await page.see("log", method="chat.postMessage"))["calls"]
    assert [call["error"] for call in calls] == ["ratelimited", "ratelimited", None]


async def test_a_rate_limit_names_its_seconds(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", rate_limit={"method": "auth.test", "times": 1, "retry_after": 7})
    async with page.session.post(f"{page.url}/api/auth.test") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")


async def test_a_workspace_can_lack_methods(client: AsyncWebClient, page: Page) -> None:
    await page.act("faults", unknown_methods=["users.info"])
    assert await error_of(client.users_info(user="U01BOB")) == "unknown_method"
    await page.act("faults", unknown_methods=[])
    assert (await client.users_info(user="U01BOB"))["user"]["real_name"] == "Bob Lindqvist"


async def test_the_log_keeps_arguments_and_errors(client: AsyncWebClient, page: Page) -> None:
    await error_of(client.chat_postMessage(channel="C0NOWHERE", text="x"))
    call = (await page.see("log"))["calls"][-1]
    assert (call["method"], call["ok"], call["error"]) == ("chat.postMessage", False, "channel_not_found")
    assert call["arguments"]["channel"] == "C0NOWHERE"
    assert "There is no fault named" in await page.refused("faults", nonsense=1)


async def test_who_the_bot_is_and_who_is_there(client: AsyncWebClient) -> None:
    me = await client.auth_test()
    assert (me["user_id"], me["bot_id"], me["team_id"], me["team"]) == ("U01BOT", "B01BOT", "T01SANDBOX", "Acme")
    assert (await client.team_info())["team"]["name"] == "Acme"
    assert (await client.bots_info(bot="B01BOT"))["bot"]["app_id"] == "A01APP"
    people = {person["id"]: person for person in (await client.users_list())["members"]}
    assert people["U01CAROL"]["is_admin"]
    assert people["U01GUS"]["is_restricted"]
    assert people["U01BOT"]["is_bot"]
    assert await error_of(client.users_info(user="U0NOBODY")) == "user_not_found"
    group = (await client.usergroups_list(include_users=True))["usergroups"][0]
    assert (group["handle"], group["users"]) == ("ops", ["U01ALICE", "U01BOB"])
    assert (await client.usergroups_users_list(usergroup="S01OPS"))["users"] == ["U01ALICE", "U01BOB"]
    assert await error_of(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"


async def test_a_file_is_uploaded_and_shared(client: AsyncWebClient, page: Page) -> None:
    await client.files_upload_v2(channel=INCIDENTS, content="line 1\n", filename="log.txt", title="The log", initial_comment="See")
    shared = (await page.messages())[-1]
    assert (shared["text"], shared["files"][0]["title"], shared["files"][0]["size"]) == ("See", "The log", 7)
    async with page.session.get(shared["files"][0]["url_private"]) as response:
        assert await response.text() == "line 1\n"
    assert await error_of(client.files_completeUploadExternal(files=[{"id": "F0"}])) == "file_not_found"


async def test_the_environment_points_at_the_sandbox(sandbox: Sandbox) -> None:
    environment = sandbox.environment()
    async with aiohttp.ClientSession() as session, session.get(f"{environment['COMPANY_URL']}/services") as response:
        assert response.status == 200
    assert environment["SLACK_API_URL"] == f"{sandbox.url}/api/"
