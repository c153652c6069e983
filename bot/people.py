"""Who people are, as Slack knows them now. What cannot be learnt counts against them."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level, level_of
from agents.core.approval import Voter
from agents.core.ids import ActorId
from bot.trouble import EXPECTED

log = logging.getLogger(__name__)

SLACKBOT = "USLACKBOT"


class Members(Protocol):
    """Who is in a role, by configuration."""

    @property
    def users(self) -> Iterable[str]:
        """User ids."""

    @property
    def usergroups(self) -> Iterable[str]:
        """Ids of user groups; their members of the moment count."""


@dataclass(slots=True)
class _Known:
    """What Slack said of somebody or something, and when."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One question at a time: who asks the same meanwhile reads its answer."""
    value: Any = None
    asked_at: float = 0.0


class People:
    """The workspace's directory. Implements `ports.Directory`."""

    def __init__(
        self, client: AsyncWebClient, team: str, roles: Mapping[str, Members], *, fresh: float = 5.0, remember: float = 600.0
    ) -> None:
        """`fresh` is how many seconds an answer may decide about a click, `remember` how many it may supply a name."""
        self._client = client
        self._team = team
        self._roles = {name: (frozenset(role.users), frozenset(role.usergroups)) for name, role in roles.items()}
        self._fresh = fresh
        self._remember = remember
        self._users: dict[str, _Known] = {}
        self._groups: dict[str, _Known] = {}

    async def voter(self, actor: ActorId) -> Voter:
        """The person with the roles of this moment."""
        team, _, user = actor.partition("/")
        if team != self._team or not user:
            return self._stranger(actor, team, user)
        shape, roles = await asyncio.gather(self._user(user, self._fresh), self._roles_of(user))
        return self._known(actor, shape, roles)

    async def author(self, actor: ActorId) -> Voter:
        """The person who wrote something: without roles, and as they were some minutes ago at most."""
        team, _, user = actor.partition("/")
        if team != self._team or not user:
            return self._stranger(actor, team, user)
        return self._known(actor, await self._user(user, self._remember), frozenset())

    def _stranger(self, actor: ActorId, team: str, user: str) -> Voter:
        if team == "local":
            return Voter(actor, user, user, "local", level=Level.ADMIN, is_local=True)
        return Voter(actor, user or actor, user or actor, team, is_foreign=bool(user), is_unknown=not user)

    def _known(self, actor: ActorId, shape: Mapping[str, Any] | None, roles: frozenset[str]) -> Voter:
        team, _, user = actor.partition("/")
        if shape is None:
            return Voter(actor, user, user, team, is_unknown=True)
        known = Voter(
            actor, user, _name(shape), team, roles,
            is_bot=bool(shape.get("is_bot") or shape.get("is_workflow_bot")) or user == SLACKBOT,
            is_guest=bool(shape.get("is_restricted") or shape.get("is_ultra_restricted")),
            is_foreign=not self._is_ours(shape),
            is_deactivated=bool(shape.get("deleted")),
        )
        return replace(known, level=level_of(roles, frozenset(self._roles))) if known.is_member else known

    async def name(self, user: str) -> str:
        """How people call this person; the id where Slack cannot be asked."""
        shape = await self._user(user, self._remember)
        return _name(shape) if shape else user

    def mentions(self) -> Mapping[str, str]:
        """How to call the people of each role, as mrkdwn that mentions them."""
        return {
            name: " ".join((*(f"<@{user}>" for user in sorted(users)), *(f"<!subteam^{group}>" for group in sorted(groups))))
            for name, (users, groups) in self._roles.items()
        }

    async def _roles_of(self, user: str) -> frozenset[str]:
        held = [name for name, (users, _) in self._roles.items() if user in users]
        for name, (_, groups) in self._roles.items():
            if name not in held and any([user in await self._members(group) for group in sorted(groups)]):
                held.append(name)
        return frozenset(held)

    async def _user(self, user: str, seconds: float) -> Mapping[str, Any] | None:
        known = self._users.setdefault(user, _Known())
        async with known.lock:
            if known.value is None or time.monotonic() - known.asked_at > seconds:
                try:
                    known.value = (await self._client.users_info(user=user))["user"]
                    known.asked_at = time.monotonic()
                except EXPECTED as error:
                    known.value = None
                    log.warning("Slack could not say who %s is: %s", user, error)
            value: Mapping[str, Any] | None = known.value
            return value

    async def _members(self, group: str) -> frozenset[str]:
        known = self._groups.setdefault(group, _Known())
        async with known.lock:
            if known.value is None or time.monotonic() - known.asked_at > self._fresh:
                try:
                    known.value = frozenset((await self._client.usergroups_users_list(usergroup=group))["users"])
                    known.asked_at = time.monotonic()
                except EXPECTED as error:
                    known.value = None
                    log.warning("Slack could not say who is in the user group %s, so nobody is: %s", group, error)
            return known.value or frozenset()

    def _is_ours(self, shape: Mapping[str, Any]) -> bool:
        """Whether the person belongs to this workspace, also as a member of an organisation that it is part of."""
        if shape.get("is_stranger"):
            return False
        return shape.get("team_id") == self._team or self._team in (shape.get("enterprise_user") or {}).get("teams", ())


def _name(shape: Mapping[str, Any]) -> str:
    profile = shape.get("profile") or {}
    return str(profile.get("real_name") or shape.get("real_name") or shape.get("name") or shape["id"])
