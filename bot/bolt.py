"""Bolt, which hands every payload to the desk. It takes long to import, and runs do not wait for it: import it in a thread."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.listeners.desk import Desk
from bot.slack import Command, Slack

log = logging.getLogger(__name__)

COMMAND = "/ops"


def build_app(slack: Slack, desk: Desk, command: Command) -> AsyncApp:
    """The Bolt app: everything is durable before it is acked, and handled after it. `command` answers `/ops`."""
    me = AuthorizeResult(
        enterprise_id=None, team_id=slack.team, bot_user_id=slack.bot_user, bot_id=slack.bot_id, bot_token=slack.client.token
    )

    async def authorize() -> AuthorizeResult:
        return me  # asking Slack again here could fail, and Bolt would ack what it then does not hand on

    logger = logging.getLogger("bot.bolt.app")
    logger.setLevel(logging.ERROR)  # Bolt warns at this point that several ways to a token are given, which all lead to the same one
    app = AsyncApp(name="countersign", client=slack.client, authorize=authorize, request_verification_enabled=False, logger=logger)
    logger.setLevel(logging.WARNING)

    async def receive(body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:
        context["reached"] = True  # what goes wrong from here on is nothing that the sender could do better
        context["delivery"] = await desk.receive(body)
        await next()

    async def take(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        delivery, wrong = context.get("delivery"), await desk.complaints(body)
        await (ack(response_action="errors", errors=dict(wrong)) if wrong else ack())
        if delivery is not None:
            await desk.drop(delivery) if wrong else desk.begin(delivery)

    async def run_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        desk.spawn(command(body), f"{COMMAND} {body.get('text', '')}")

    app.use(receive)
    anything = re.compile(".*")
    app.event(anything)(take)
    app.action(anything)(take)
    app.view(anything)(take)
    app.shortcut(anything)(take)
    app.command(COMMAND)(run_command)
    return app


class SocketMode(AsyncSocketModeHandler):
    """Bolt's, but a connection that ends before a delivery is acked is no fault of ours: Slack sends that delivery again."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in Bolt's own
        try:
            await super().handle(client, req)
        except ConnectionError:
            log.warning("Slack's connection ended before a delivery (%s) was acknowledged. Slack will send it again.", req.type)


@asynccontextmanager
async def listening(slack: Slack, desk: Desk, command: Command) -> AsyncIterator[None]:
    """Receive over Socket Mode until the block ends."""
    handler = SocketMode(build_app(slack, desk, command), slack.app_token, proxy=slack.client.proxy)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's
    log.info("Listening in %s (%s)", slack.team_name, slack.team)
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's
