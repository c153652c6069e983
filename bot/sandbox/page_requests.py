"""What all requests of the page API share: who acts, where, and errors as sentences."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.slack_errors import AppUnreachable, SlackRefusal
from bot.sandbox.slack_keys import WORKSPACE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def plainly(handler: Handler) -> Handler:
    """Answer 400 with a sentence where something is refused."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except SlackRefusal as refusal:
            sentence = f"Slack refuses this: {refusal}."
        except AppUnreachable as silent:
            sentence = str(silent)
        except KeyError as missing:
            sentence = f"The request lacks {missing}."
        except (TypeError, ValueError) as wrong:
            sentence = f"The request cannot be carried out: {wrong}."
        return web.json_response({"error": sentence}, status=400)

    return guarded


def user_of(request: web.Request, arguments: Mapping[str, Any]) -> str:
    """The person who acts; refuses with `user_not_found`, also for apps, and `account_inactive` who was deactivated."""
    person = request.app[WORKSPACE].person(arguments["user"])
    if person.is_bot:
        raise SlackRefusal("user_not_found")
    if person.is_deactivated:
        raise SlackRefusal("account_inactive")
    return person.id


def member_of(request: web.Request, arguments: Mapping[str, Any]) -> str:
    """The person who acts, who has to belong to this workspace: commands, shortcuts and the Home tab are not for others."""
    person = request.app[WORKSPACE].people[user_of(request, arguments)]
    if person.home_team:
        raise ValueError(f"{person.real_name} belongs to another workspace, where the app is not installed")
    return person.id


def channel_of(request: web.Request, arguments: Mapping[str, Any]) -> str:
    """The channel, in which the person must be; refuses with `channel_not_found`."""
    channel = request.app[WORKSPACE].channels.get(arguments["channel"])
    if channel is None or arguments["user"] not in channel.members:
        raise SlackRefusal("channel_not_found")
    return channel.id
