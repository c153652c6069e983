"""Who people are, as Slack knows them now. What cannot be learnt counts against them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level, level_of
from agents.core.approval import Voter
from agents.core.ids import ActorId, person
from bot.lookup import Lookup
from bot.rooms import Rooms

SLACKBOT = "USLACKBOT"


class Members(Protocol):
    """Who is in a role, by configuration."""

    @property
    def users(self) -> Iterable[str]:
        """User ids."""

    @property
    def usergroups(self) -> Iterable[str]:
        """Ids of user groups; their members of the moment count."""

    @property
    def channels(self) -> Iterable[str]:
        """Ids of channels; who is in one at the moment counts."""


@dataclass(frozen=True, slots=True)
class _Role:
    users: frozenset[str]
    usergroups: tuple[str, ...]
    channels: tuple[str, ...]


class People:
    """The workspace's directory. Implements `ports.Directory`."""

    def __init__(
        self, client: AsyncWebClient, team: str, roles: Mapping[str, Members], *, fresh: float = 5.0, remember: float = 600.0
    ) -> None:
        """`fresh` is how many seconds an answer may decide about a click, `remember` how many it may supply a name."""
        self._client = client
        self._team = team
        self._roles = {
            name: _Role(frozenset(role.users), tuple(sorted(role.usergroups)), tuple(sorted(role.channels))) for name, role in roles.items()
        }
        self._fresh = fresh
        self._remember = remember
        self.rooms = Rooms(client)
        """The channels of the same workspace."""
        self._users: Lookup[Mapping[str, Any]] = Lookup(self._shape, "who {} is")
        self._groups: Lookup[frozenset[str]] = Lookup(self._group, "who is in the user group {}, so nobody is")

    async def voter(self, actor: ActorId) -> Voter:
        """The person with the roles of this moment, by the id under which they act here."""
        team, _, user = actor.partition("/")
        if team == "local" or not user:
            return _elsewhere(actor, team, user)
        shape, roles = await asyncio.gather(self._users(user, self._fresh), self._roles_of(user))
        return self._known(team, user, shape, roles)

    async def author(self, actor: ActorId) -> Voter:
        """The person who wrote something: without roles, and as they were some minutes ago at most."""
        team, _, user = actor.partition("/")
        if team == "local" or not user:
            return _elsewhere(actor, team, user)
        return self._known(team, user, await self._users(user, self._remember), frozenset())

    async def admins(self) -> tuple[str, ...]:
        """The user ids of those whom a role makes an admin; nobody where no role does, and every member is one."""
        role = self._roles.get("admins") or self._roles.get("operators")
        if role is None:
            return ()
        held = set(role.users)
        for group in role.usergroups:
            held |= await self._groups(group, self._fresh) or frozenset()
        for channel in role.channels:
            held |= frozenset(await self.rooms.members(channel, self._fresh))
        known = [await self.voter(person(self._team, user)) for user in sorted(held)]
        return tuple(voter.user for voter in known if voter.is_member and voter.level is Level.ADMIN)

    async def name(self, user: str) -> str:
        """How people call this person; the id where Slack cannot be asked."""
        shape = await self._users(user, self._remember)
        return _name(shape) if shape else user

    def mentions(self) -> Mapping[str, str]:
        """How to call the people of each role, as mrkdwn that mentions them."""
        return {
            name: " ".join((
                *(f"<@{user}>" for user in sorted(role.users)), *(f"<!subteam^{group}>" for group in role.usergroups),
                *(f"everybody in <#{channel}>" for channel in role.channels),
            ))
            for name, role in self._roles.items()
        }

    def _known(self, team: str, user: str, shape: Mapping[str, Any] | None, roles: frozenset[str]) -> Voter:
        """A person by what Slack says of them. Whoever an organisation lends to this workspace acts here as one of its members."""
        if shape is None:
            return Voter(person(team, user), user, user, team, roles, is_foreign=team != self._team, is_unknown=True)
        ours = _is_lent(shape, self._team) or (team == shape.get("team_id") == self._team and not shape.get("is_stranger"))
        team = self._team if ours else team
        known = Voter(
            person(team, user), user, _name(shape), team, roles,
            is_bot=bool(shape.get("is_bot") or shape.get("is_workflow_bot")) or user == SLACKBOT,
            is_guest=bool(shape.get("is_restricted") or shape.get("is_ultra_restricted")),
            is_foreign=not ours,
            is_deactivated=bool(shape.get("deleted")),
        )
        return replace(known, level=level_of(roles, frozenset(self._roles))) if known.is_member else known

    async def _roles_of(self, user: str) -> frozenset[str]:
        return frozenset([name for name, role in self._roles.items() if await self._holds(role, user)])

    async def _holds(self, role: _Role, user: str) -> bool:
        if user in role.users:
            return True
        for group in role.usergroups:
            if user in (await self._groups(group, self._fresh) or ()):
                return True
        for channel in role.channels:
            if user in await self.rooms.members(channel, self._fresh):
                return True
        return False

    async def _shape(self, user: str) -> Mapping[str, Any]:
        shape: Mapping[str, Any] = (await self._client.users_info(user=user))["user"]
        return shape

    async def _group(self, group: str) -> frozenset[str]:
        return frozenset((await self._client.usergroups_users_list(usergroup=group))["users"])


def _elsewhere(actor: ActorId, team: str, user: str) -> Voter:
    """Whoever is no user of Slack: the person at the terminal, or nobody that is known."""
    if team == "local":
        return Voter(actor, user, user, "local", level=Level.ADMIN, is_local=True)
    return Voter(actor, actor, actor, team, is_unknown=True)


def _is_lent(shape: Mapping[str, Any], team: str) -> bool:
    """Whether the person belongs to this workspace as a member of an organisation that it is part of."""
    return not shape.get("is_stranger") and team in (shape.get("enterprise_user") or {}).get("teams", ())


def _name(shape: Mapping[str, Any]) -> str:
    profile = shape.get("profile") or {}
    return str(profile.get("real_name") or shape.get("real_name") or shape.get("name") or shape["id"])
