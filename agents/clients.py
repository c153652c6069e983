"""Programs that use the API, beside the people of a directory."""

import hmac
from dataclasses import replace

from agents.core.approval import Voter
from agents.core.ids import ActorId
from agents.core.tokens import Token
from agents.ports import Clock, Directory
from agents.standing import Standing


class Clients:
    """A directory that also knows programs. Implements `ports.Directory`.

    A program belongs to no workspace and holds no role: it reaches as far as its token's role, and approves only what names it.
    """

    def __init__(self, people: Directory, standing: Standing, clock: Clock) -> None:
        self._people = people
        self._standing = standing
        self._clock = clock

    async def voter(self, actor: ActorId) -> Voter:
        """A program with the rights of its token at this moment, or whoever `people` knows."""
        team, _, name = actor.partition("/")
        if team != "api":
            return await self._people.voter(actor)
        token = self._standing.switches.tokens.get(name)
        known = Voter(actor, actor, f"token {name}", team, is_token=True)
        if token is None:
            return replace(known, is_unknown=True)
        return replace(known, level=token.level, agents=token.agents) if token.live(self._clock()) else replace(known, is_deactivated=True)

    def shown(self, hashed: str) -> Token | None:
        """The token whose secret has this hash and that lets somebody in now; None where there is none.

        Every token is compared in the same time, so that how long it takes tells nothing.
        """
        found = None
        for token in self._standing.switches.tokens.values():
            if hmac.compare_digest(token.hash.encode(), hashed.encode()):
                found = token
        return found if found is not None and found.live(self._clock()) else None
