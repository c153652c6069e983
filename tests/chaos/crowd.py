"""The people of a storm: Dana asks, Alice, Bob and Carol decide in every way, and whoever is asked about a doubt goes and looks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import aiohttp

from agents.core.ids import AskId
from bot.sandbox.visitor import Message, SandboxError, Visitor, button_of
from tests.chaos.deeds import Deeds
from tests.chaos.weather import LONGEST_HANG

ALICE, BOB, CAROL, DANA = "U01ALICE", "U01BOB", "U01CAROL", "U01DANA"
DECIDERS = (ALICE, ALICE, BOB, CAROL)
TEAM = "T01SANDBOX"


@dataclass(frozen=True, slots=True)
class Story:
    """What Dana asks for."""

    text: str
    channel: str
    ts: str
    picked: bool = False
    """Whether it is a message that was picked with the shortcut."""

    @property
    def key(self) -> str:
        """The dedupe key of the mention, or of the message that was picked."""
        return f"{TEAM}:{self.channel}:{self.ts}{':triage_this' if self.picked else ''}"


@dataclass(frozen=True, slots=True)
class Mood:
    """How likely each deed is, from 0 to 1; those on a card are drawn with one number, so each is at least the one before."""

    edits: float
    grants: float
    stops: float
    undoes: float
    rates: float

    @classmethod
    def drawn(cls, random: Random) -> "Mood":
        """Some storms have none of it, others a lot."""
        edits = random.choice((0.0, 0.4))
        grants = edits + random.choice((0.0, 0.4))
        stops = grants + random.choice((0.0, 0.0, 0.15))
        return cls(edits, grants, stops, random.choice((0.0, 0.5)), random.choice((0.0, 0.5)))


@dataclass
class Crowd:
    """Everybody at once, at the pace of people who are in a hurry."""

    session: aiohttp.ClientSession
    url: str
    random: Random
    happened: Callable[[AskId], Awaitable[bool]]
    """Whether the effect that a question doubts is there, as somebody who looks at the other side finds it."""
    with_bob: bool
    """Whether Bob denies what Alice approves."""
    deeds: Deeds
    mood: Mood
    """What they are inclined to."""
    stories: list[Story] = field(default_factory=list)
    replies: list[Story] = field(default_factory=list)
    """What Dana wrote in the threads."""
    acked: set[tuple[str, str, str]] = field(default_factory=set)
    """(question, choice, user) of what Slack said that it arrived."""
    clicked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever somebody has just begun to click."""
    edited: set[str] = field(default_factory=set)
    used: set[tuple[str, str]] = field(default_factory=set)
    seen_doubts: dict[str, float] = field(default_factory=dict)

    def person(self, user: str) -> Visitor:
        """Somebody of the workspace."""
        return Visitor(self.session, self.url, user)

    async def ask(self, text: str, channel: str) -> None:
        """Dana mentions the bot."""
        self.stories.append(Story(text, channel, await self.person(DANA).post(channel, f"@countersign {text}")))

    async def pick(self, text: str, channel: str) -> None:
        """Dana writes to nobody, and has the bot look into it."""
        dana = self.person(DANA)
        ts = await dana.post(channel, text)
        (message,) = [one for one in await dana.channel(channel) if one["ts"] == ts]
        while True:
            try:
                await dana.shortcut({**message, "channel": channel}, "triage_this")
            except SandboxError:
                await asyncio.sleep(0.2)  # the bot is not there just now, and she knows it
            else:
                break
        self.stories.append(Story(text, channel, ts, picked=True))

    async def reply(self, text: str) -> None:
        """Dana says something more in one of the threads."""
        story = self.random.choice(self.stories)
        ts = await self.person(DANA).post(story.channel, text, story.ts)
        self.replies.append(Story(text, story.channel, ts))

    async def decide_for_ever(self) -> None:
        """Answer every question that stands in a thread, until cancelled."""
        while True:
            for story in tuple(self.stories):
                for message in await self.person(ALICE).thread(story.channel, story.ts):
                    if not message["ephemeral"]:
                        await self._answer(story, message)
            await asyncio.sleep(0.1)

    async def _answer(self, story: Story, card: Message) -> None:
        if button_of(card, "approve"):
            if self.with_bob and self.random.random() < 0.6:
                await asyncio.gather(self._deny(story, card), self._approve(story, card, self.random.uniform(0, 1)))
            else:
                await self._decide(story, card)
        elif button_of(card, "resolve_happened"):
            await self._resolve(story, card)
        elif button_of(card, "limit_raise"):
            await self._click(ALICE, story, card, self.random.choice(("limit_raise", "limit_raise", "limit_finish")))
        else:
            await self._look_at(story, card)

    async def _decide(self, story: Story, card: Message) -> None:
        """Approve, or change the call first, or allow more, or end the run."""
        user, question, drawn = self.random.choice(DECIDERS), button_value(card), self.random.random()
        if drawn < self.mood.edits and question not in self.edited and button_of(card, "edit"):
            self.clicked.set()
            if await self.deeds.edit(self.person(user), story.channel, card):
                self.edited.add(question)
                self.acked.add((question, "edit:submitted", user))
        elif drawn < self.mood.grants and button_of(card, "grant"):
            self.clicked.set()
            if await self.deeds.grant(self.person(user), story.channel, card):
                self.acked.add((question, "grant:submitted", user))
        elif drawn < self.mood.stops:
            await self.deeds.use(self.person(user), story.channel, card, "take_over")
        elif button_of(card, "approve_all") and self.random.random() < 0.5:
            await self.deeds.use(self.person(user), story.channel, card, "approve_all")
        else:
            await self._click(user, story, card, "approve")

    async def _look_at(self, story: Story, message: Message) -> None:
        """What is done with messages that ask nothing, once each."""
        alice = self.person(ALICE)
        if button_of(message, "stop") and self.random.random() < self.mood.stops / 20:
            await self.deeds.use(alice, story.channel, message, "stop")
        for action, inclined in (("undo", self.mood.undoes), ("feedback", self.mood.rates)):
            if (button := button_of(message, action)) and (message["ts"], action) not in self.used:
                self.used.add((message["ts"], action))
                if self.random.random() < inclined:
                    thumbs = button.get("positive_button", {}).get("value")
                    await self.deeds.use(alice, story.channel, message, action, thumbs)

    async def _approve(self, story: Story, card: Message, hesitates: float) -> None:
        """Alice approves after so many seconds; a card that was decided meanwhile takes her click and refuses it."""
        await asyncio.sleep(hesitates)
        await self._click(ALICE, story, card, "approve")

    async def _resolve(self, story: Story, card: Message) -> None:
        """Look at the other side, when what hangs there has come to its end, and say what is so."""
        first = self.seen_doubts.setdefault(card["ts"], time.monotonic())
        if time.monotonic() - first < LONGEST_HANG + 0.5:
            return
        button = button_of(card, "resolve_happened")
        assert button is not None
        happened = await self.happened(AskId(str(button["value"])))
        await self._click(ALICE, story, card, "resolve_happened" if happened else "resolve_retry")

    async def _click(self, user: str, story: Story, card: Message, action: str) -> None:
        button = button_of(card, action)
        assert button is not None
        self.clicked.set()
        try:
            await self.person(user).click(story.channel, card, action)
        except SandboxError:
            return  # the bot is not there just now
        self.acked.add((str(button["value"]), action, user))

    async def _deny(self, story: Story, card: Message) -> None:
        await self._click(BOB, story, card, "deny")
        bob = self.person(BOB)
        for _ in range(10):
            views = await bob.views()
            for view in views:
                self.clicked.set()
                try:
                    await bob.submit(view, {"reason": {"reason": {"type": "plain_text_input", "value": "not now"}}})
                except SandboxError:
                    await self.deeds.close(bob, view)
                    return
                self.acked.add((str(button_value(card)), "deny:submitted", BOB))
            if views:
                return
            await asyncio.sleep(0.05)


def button_value(card: Message) -> str:
    """The question that a card asks."""
    button = button_of(card, "approve")
    return str(button["value"]) if button else ""
