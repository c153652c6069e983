"""Who uses the API: bearer tokens, and how far each reaches."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from agents.core.approval import Refusal, Voter
from agents.core.tokens import LEVELS, Token
from agents.ports import Clock
from bot.http.api_parts import Api
from bot.http.problem import Problem
from bot.tokens import hashed

NOTED = timedelta(minutes=1)
"""How exact the last use of a token is known."""

_BEARER = re.compile(r"bearer +([!-~]+) *", re.IGNORECASE)
_CHALLENGE = 'Bearer realm="countersign"'

ROLE = "x-countersign-role"
"""Under which an operation says, to readers and to the door, the least role that may use it."""


@dataclass(frozen=True, slots=True)
class Client:
    """The program that makes a request."""

    token: Token
    voter: Voter


class Door:
    """Lets in who shows a token that holds at this moment, as far as its role reaches."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    async def admit(self, request: Request, least: str) -> Client:
        """Who this is. Raises Problem."""
        given = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if given is None:
            raise Problem(401, "Send a token: `Authorization: Bearer cs_…`.", reason="No token.", WWW_Authenticate=_CHALLENGE)
        token = self._api.clients.shown(hashed(given[1]))
        if token is None:
            detail = "This token is unknown, revoked or expired."
            raise Problem(401, detail, reason="A token that does not hold.", WWW_Authenticate=f'{_CHALLENGE}, error="invalid_token"')
        await self._note(token)
        voter = await self._api.clients.voter(token.actor)
        if voter.level < LEVELS[least]:
            raise Problem(403, f"This takes a token of the role {least}; {token.name} is {token.role}.")
        return Client(token, voter)

    def still(self, client: Client) -> bool:
        """Whether it would be let in again now."""
        return self._api.clients.shown(client.token.hash) is not None

    async def _note(self, token: Token) -> None:
        now, noted = self._clock(), self._noted.get(token.name)
        if noted is None or now - noted >= NOTED:
            self._noted[token.name] = now
            await self._api.uses.note(token.name, now)


def behind(door: Door) -> type[APIRoute]:
    """Operations that look at the token before anything else of the request."""

    class Behind(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle, least = super().get_route_handler(), (self.openapi_extra or {})[ROLE]

            async def admitted(request: Request) -> Response:
                request.state.client = await door.admit(request, least)
                return await handle(request)

            return admitted

    return Behind


def _client(request: Request) -> Client:
    client: Client = request.state.client
    return client


By = Annotated[Client, Depends(_client)]
"""Who makes the request."""


def takes(role: str) -> dict[str, Any]:
    """The mark of an operation that takes at least this role."""
    return {ROLE: role}


STATUS = {
    "arguments": 422, "choice": 409, "grant": 409, "closed": 409, "expired": 409, "twice": 409, "halted": 409, "unknown": 409,
}
"""How a refusal is answered, by its code; every other with 403."""


def refused(refusal: Refusal) -> Problem:
    """A refusal as it is told."""
    return Problem(STATUS.get(refusal.code, 403), refusal.text)


