"""The Home tab: published when it is opened, after what somebody does there, and while it is looked at when something has changed."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from agents.core.access import Level
from agents.core.approval import Voter
from agents.core.ids import ActorId, run_of
from agents.ledger import AuditQuery, Ledger
from agents.ports import Clock, Delivery
from agents.schedules import Calendar
from agents.spec import AgentSpec
from agents.standing import Standing
from bot.listeners.deeds import Deeds
from bot.listeners.monitoring import Monitoring
from bot.listeners.payloads import actor_of, author_of, is_on_home, team_of
from bot.listeners.reading import DAY, Reading
from bot.listeners.waiting import Waiting
from bot.listeners.words import Mistake
from bot.people import People
from bot.stream_support import Feature
from bot.trouble import EXPECTED
from bot.views.home import DECIDED, FINDINGS, GRANTS, RUNNING, WAITING, Seen, home
from bot.visibility import Visibility

log = logging.getLogger(__name__)

LOOKED_AT = timedelta(minutes=10)
"""How long somebody who opened the tab is taken to be looking at it."""

RECENT = 200
"""Of the newest questions so many are looked through for those that were decided."""


class Home:
    """What is published holds what its reader may see. It is a courtesy: what Slack does not take is logged and comes next time."""

    def __init__(
        self, *, client: AsyncWebClient, people: People, ledger: Ledger, standing: Standing, reading: Reading, waiting: Waiting,
        visibility: Visibility, deeds: Deeds, agents: Mapping[str, AgentSpec], workspace: str, clock: Clock,
        calendar: Calendar, monitoring: Monitoring,
    ) -> None:
        self._client = client
        self._people = people
        self._ledger = ledger
        self._standing = standing
        self._reading = reading
        self._waiting = waiting
        self._visibility = visibility
        self._deeds = deeds
        self._agents = agents
        self._workspace = workspace
        self._clock = clock
        self._calendar = calendar
        self._monitoring = monitoring
        self._tab = Feature("Home tab", "what waits for people stands in its threads, and `/ops approvals mine` lists it")
        self._looking: dict[ActorId, datetime] = {}
        """When those who look at it have opened it or used it last."""
        self._shown: dict[ActorId, dict[str, Any]] = {}
        self._newest: object = None
        """The newest fact when it was last looked whether something has changed."""

    async def opened(self, delivery: Delivery) -> None:
        """Somebody opened the tab."""
        body = delivery.body
        await self._publish(author_of(body["event"], team_of(body)))

    async def used(self, delivery: Delivery) -> None:
        """Somebody used a button of the tab that is dealt with elsewhere: show what came of it."""
        if is_on_home(delivery.body):
            await self._publish(actor_of(delivery.body))

    async def switched(self, delivery: Delivery) -> None:
        """Somebody used a button of the tab itself: `halt`, `resume`, `revoke` or `home_refresh`."""
        body, action = delivery.body, delivery.body["actions"][0]
        actor, value = actor_of(body), str(action.get("value") or "")
        voter = await self._people.voter(actor)
        done: str | Mistake = ""
        match action.get("action_id"):
            case "halt":
                done = await self._deeds.halt(value, voter)
            case "resume":
                done = await self._deeds.resume(value, voter, delivery.received_at)  # it may have been left over by a crash
            case "revoke":
                done = await self._deeds.revoke(value, voter)
        await self._publish(actor, done.text if isinstance(done, Mistake) else done)

    async def refresh(self) -> None:
        """Show those who look at it what has changed since they were shown it. Call it from time to time."""
        now = self._clock()
        self._looking = {actor: at for actor, at in self._looking.items() if now - at < LOOKED_AT}
        self._shown = {actor: view for actor, view in self._shown.items() if actor in self._looking}
        if not self._looking:
            return
        newest = [(row.run_id, row.seq) for row in (await self._ledger.audit(AuditQuery(limit=1))).events]
        if newest != self._newest:
            self._newest = newest
            for actor in tuple(self._looking):
                await self._publish(actor, looking=False)

    async def _publish(self, actor: ActorId, notice: str = "", *, looking: bool = True) -> None:
        if not self._tab.there:
            return
        now = self._clock()
        voter = await self._people.voter(actor)
        view = home(await self._seen(voter, notice, now))
        if looking:
            self._looking[actor] = now
        elif _same(view, self._shown.get(actor)):
            return
        self._shown[actor] = view
        try:
            await self._client.views_publish(user_id=voter.user, view=view)
        except EXPECTED as error:
            if self._tab.lacks(error):
                return
            log.warning("The Home tab of %s could not be shown: %s", voter.user, error)

    async def _seen(self, voter: Voter, notice: str, now: datetime) -> Seen:
        """What this person may see now; one more of each than is shown."""
        if voter.level < Level.VIEWER:
            return Seen(voter, now, ())
        running, _ = await self._reading.runs_seen(voter, RUNNING + 1, open_only=True)
        waiting = await self._waiting.mine(voter, await self._waiting.seen(voter, open_only=True), now, WAITING + 1)
        asked = await self._waiting.seen(voter, open_only=False, most=RECENT)
        decided = [ask for ask in asked if ask.decided_at is not None and now - ask.decided_at < DAY]
        decided.sort(key=lambda ask: ask.decided_at or now, reverse=True)
        live = await self._ledger.live_grants(now)
        places = await self._ledger.places({run_of(grant.grant_id) for grant in live})
        may = {run_id: await self._visibility.may_see(voter, run) for run_id, run in places.items()}
        grants = [grant for grant in reversed(live) if may.get(run_of(grant.grant_id))]
        return Seen(
            voter, now, tuple(self._agents), self._standing.switches.halts, waiting, running, decided[: DECIDED + 1],
            grants[: GRANTS + 1], await self._ledger.spend(now - DAY), self._workspace, notice, self._reading.days(),
            await self._calendar.entries(), (await self._monitoring.open(voter))[: FINDINGS + 1], await self._monitoring.failing(),
        )


def _same(view: Mapping[str, Any], shown: Mapping[str, Any] | None) -> bool:
    """Whether two views say the same; the last block tells when."""
    return shown is not None and view["blocks"][:-1] == shown["blocks"][:-1]
