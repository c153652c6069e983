"""To come in the next slice."""

from aiohttp import web

from bot.sandbox.slack_call import Method

METHODS: dict[str, Method] = {}


def routes() -> list[web.RouteDef]:
    return []
