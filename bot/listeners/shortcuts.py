"""“Triage this”: somebody picks a message and has an agent look into it."""

import logging

from agents.core.state import Run
from agents.core.trigger import Place, Source, Trigger
from agents.ports import Delivery
from agents.runs import Runs
from agents.standing import Standing
from bot.listeners.authors import Authors
from bot.listeners.payloads import Body, actor_of, team_of, where_of
from bot.listeners.replies import Replies
from bot.listeners.routes import Routes
from bot.listeners.texts import borrowed
from bot.people import People
from bot.views.blocks import section
from bot.views.halts import waits
from bot.views.message import Message
from bot.views.mrkdwn import escape
from bot.views.permalinks import thread_link

log = logging.getLogger(__name__)

CALLBACK = "triage_this"
"""The shortcut's id in the app's manifest."""

INVITE = "The bot is not in this conversation, so it cannot answer here. Invite it with `/invite`, and pick the message again."


class Shortcuts:
    """Payload to Trigger, and nothing more."""

    def __init__(
        self, *, runs: Runs, standing: Standing, people: People, authors: Authors, routes: Routes, replies: Replies, workspace: str
    ) -> None:
        """`workspace` is its address, for links."""
        self._runs = runs
        self._standing = standing
        self._people = people
        self._authors = authors
        self._routes = routes
        self._replies = replies
        self._workspace = workspace

    async def handle(self, delivery: Delivery) -> None:
        """A shortcut of a message was used. Whoever did it is told what came of it, for them alone."""
        if delivery.body.get("callback_id") != CALLBACK:
            log.info("Nothing listens to the shortcut %s", delivery.body.get("callback_id"))
            return
        said = await self._started(delivery.body)
        await self._replies(delivery.body, Message(said, (section(said),)), where_of(delivery))

    async def _started(self, body: Body) -> str:
        """Start the run, once a message. What the person is told, as mrkdwn."""
        channel, message = str(body["channel"]["id"]), body["message"]
        if not await self._people.rooms.heard(channel):
            return INVITE
        agent = await self._routes.picked(channel)
        if agent is None:
            return await self._routes.advice(channel)
        text = await self._authors.text(message, team_of(body))
        if not text:
            return "There are no words in this message, so there is nothing that an agent could look into."
        trigger, quoted = await self._trigger(body, text)
        run_id = await self._runs.start(trigger, quoted, agent)
        run = await self._runs.see(run_id)
        if not run.over and (halt := self._standing.halt_of(run.agent)):
            return waits(halt, run.agent)
        if run.trigger.actor != trigger.actor or run.over:
            return f"{escape(run.agent)} has been given this message before. It answers {self._link(run)}."
        return f"{escape(run.agent)} looks into it. It answers {self._link(run)}."

    def _link(self, run: Run) -> str:
        return thread_link(self._workspace, run.trigger.place, "in the message's thread")

    async def _trigger(self, body: Body, text: str) -> tuple[Trigger, str]:
        """The picker causes the run; the author of the message has a say only in whether it is tainted."""
        team, channel, message = team_of(body), str(body["channel"]["id"]), body["message"]
        picker = await self._people.author(actor_of(body))
        author = await self._authors.author(message, team)
        ts = str(message["ts"])
        outside = author.is_outsider or not picker.is_member or borrowed(message) or await self._routes.taints(channel)
        trigger = Trigger(
            Source.SHORTCUT, f"{team}:{channel}:{ts}:{CALLBACK}", picker.actor, picker.name,
            Place(team, channel, str(message.get("thread_ts") or ts)), tainted=outside, channel=await self._routes.called(channel),
        )
        quoted = "\n".join(f"> {line}" for line in text.splitlines())
        return trigger, f"Look into this message of {author.name}:\n\n{quoted}"
