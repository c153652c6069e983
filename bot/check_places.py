"""Whether the bot sees the channels and user groups that the configuration counts on."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import ROLES
from bot.config import Config
from bot.finding import Finding, State, ask_slack
from bot.settings import Settings
from bot.trouble import ADVICE

PAGES = 50
"""Pages of a thousand channels that are read for their names at most."""

INVITE = "Invite the bot: /invite @countersign in that channel."
GROUPS = "Name the people under users: instead, or put the group right: nobody is in a group that cannot be read."


@dataclass(frozen=True, slots=True)
class _Place:
    """A channel that the configuration names."""

    channel: str
    """`#name`, or an id."""
    use: str
    """What for, in words: “the second channel of rollback_service”."""
    joined: bool = True
    """Whether the bot has to be a member; to read who is in a public channel it need not be."""
    lost: State = State.MISSING
    """How it stands where the bot cannot see it."""


def who_may(config: Config) -> Finding:
    """Who reaches how far; what nobody is named for falls to everybody, which people should know."""
    operators, admins = "operators" in config.roles, "admins" in config.roles
    text = "; ".join((
        f"viewers: {'those of the role' if 'viewers' in config.roles else 'every member'}",
        f"operators: {'those of the role' if operators else 'every member'}",
        f"admins: {'those of the role' if admins else 'every operator'}",
    ))  # fmt: skip
    if operators:
        return Finding("roles", State.OK, text)
    hint = f"Add a role named operators, whose people may stop, halt and undo. {', '.join(ROLES)} are names that mean something."
    return Finding("roles", State.WARNING, text, hint)


async def examine_places(settings: Settings, config: Config) -> tuple[Finding, ...]:
    """A finding for each channel and each user group that the configuration names; nothing where the bot's token does not work."""
    if isinstance(await ask_slack(settings, lambda client: client.auth_test()), str):
        return ()
    places, groups = list(_places(config)), _groups(config)
    names, groups_known = await asyncio.gather(
        _names(settings) if any(place.channel.startswith("#") for place in places) else _nothing(),
        ask_slack(settings, lambda client: client.usergroups_list()) if groups else _nothing(),
    )
    found = await asyncio.gather(*(_place(settings, place, names) for place in places))
    return (*_merged(found), *_group_findings(groups, groups_known))


def _places(config: Config) -> Iterator[_Place]:
    for name, channel in config.channels.items():
        if name != "dm":
            yield _Place(name, f"{channel.agent} works there", lost=State.WARNING)
    for agent in config.agents.values():
        for rule in agent.approvals:
            if rule.escalate:
                yield _Place(rule.escalate, f"the second channel for {rule.tool}")
    yield from _triggered(config)
    for name, role in config.roles.items():
        for channel_id in role.channels:
            yield _Place(channel_id, f"its members are the role {name}", joined=False)


def _triggered(config: Config) -> Iterator[_Place]:
    """Where runs begin that nobody's message started."""
    for schedule in config.schedules.values():
        if schedule.channel:
            yield _Place(schedule.channel, f"{schedule.name} speaks there")
    for monitor in config.monitors.values():
        if monitor.channel:
            yield _Place(monitor.channel, f"{monitor.name} reports there")
    for digest in config.digests:
        yield _Place(digest.channel, f"the {digest.kind} digest is posted there")
    for name, hook in config.webhooks.items():
        for channel in hook.channels:
            yield _Place(channel, f"alerts of the webhook {name} open their threads there")


def _groups(config: Config) -> dict[str, list[str]]:
    """The user groups, each with the roles that count on it."""
    groups: dict[str, list[str]] = {}
    for name, role in config.roles.items():
        for group in role.usergroups:
            groups.setdefault(group, []).append(name)
    return groups


async def _nothing() -> dict[str, Any]:
    return {}


async def _names(settings: Settings) -> Mapping[str, Any] | str:
    """The channels that the bot sees, by `#name`; or what went wrong."""
    async def read(client: AsyncWebClient) -> dict[str, Any]:
        known: dict[str, Any] = {}
        cursor = ""
        for _ in range(PAGES):
            page = await client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor or None
            )
            known |= {f"#{channel['name']}": channel for channel in page["channels"]}
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return known

    answer: Mapping[str, Any] | str = await ask_slack(settings, read)
    return answer


async def _place(settings: Settings, place: _Place, names: Mapping[str, Any] | str) -> Finding:
    label = f"channel {place.channel}"
    if place.channel.startswith("#"):
        if isinstance(names, str):
            return Finding(label, place.lost, f"could not be looked for: {names}; {place.use}", _advice(names))
        shape = names.get(place.channel)
        if shape is None:
            return Finding(label, place.lost, f"is not among the channels that the bot sees; {place.use}", f"Create it. {INVITE}")
    else:
        answer = await ask_slack(settings, _asking(place))
        if isinstance(answer, str):
            return Finding(label, place.lost, f"{answer}; {place.use}", _advice(answer))
        shape = answer["channel"] if place.joined else {"is_member": True}
    if place.joined and not shape.get("is_member", True):
        return Finding(label, place.lost, f"the bot is not in it; {place.use}", INVITE)
    return Finding(label, State.OK, place.use)


def _asking(place: _Place) -> Callable[[AsyncWebClient], Any]:
    if place.joined:
        return lambda client: client.conversations_info(channel=place.channel)
    return lambda client: client.conversations_members(channel=place.channel, limit=1)


def _merged(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for each channel: what is used for several things is said once, the worst first."""
    ranks = (State.MISSING, State.WARNING, State.OK)
    for name in dict.fromkeys(finding.name for finding in findings):
        same = sorted((finding for finding in findings if finding.name == name), key=lambda finding: ranks.index(finding.state))
        texts = dict.fromkeys(finding.text for finding in same)
        yield Finding(name, same[0].state, "; ".join(texts), same[0].hint)


def _group_findings(groups: Mapping[str, list[str]], answer: Any) -> Iterator[Finding]:
    for group, roles in groups.items():
        label, use = f"user group {group}", f"the role{'s' * (len(roles) > 1)} {', '.join(roles)}"
        if isinstance(answer, str):
            yield Finding(label, State.MISSING, f"{answer}; it is used by {use}", GROUPS)
            continue
        shape = next((one for one in answer["usergroups"] if one["id"] == group), None)
        if shape is None:
            yield Finding(label, State.MISSING, f"this workspace has no such user group; it is used by {use}", GROUPS)
        else:
            yield Finding(label, State.OK, f"@{shape.get('handle')}, used by {use}")


def _advice(answer: str) -> str:
    return ADVICE.get(answer.rpartition(" ")[2], "")
