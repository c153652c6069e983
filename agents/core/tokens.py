"""Programs that use the API: what a token allows, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.core.access import Level
from agents.core.ids import ActorId, api_client

LEVELS: Mapping[str, Level] = {"viewer": Level.VIEWER, "operator": Level.OPERATOR, "admin": Level.ADMIN}
"""How far a token of each role reaches."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows to be let in, without its secret."""

    name: str
    hash: str
    """SHA-256 of the secret, in hexadecimal."""
    role: str
    """One of `LEVELS`."""
    agents: tuple[str, ...]
    """The only agents with which it has to do; empty for all."""
    made_at: datetime
    made_by: str
    """How people call whoever made it."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""

    @property
    def actor(self) -> ActorId:
        """As whom it acts."""
        return api_client(self.name)

    @property
    def level(self) -> Level:
        """How far it reaches; an unknown role reaches nothing."""
        return LEVELS.get(self.role, Level.NOBODY)

    def live(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
