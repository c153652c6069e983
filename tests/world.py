"""A world without wires: fakes at the ports, a clock that stands still until it is told to move."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.core import events as e
from agents.core.access import level_of
from agents.core.approval import ApprovalRule, Voter
from agents.core.budget import Limits
from agents.core.errors import ModelUnavailable, SurfaceError
from agents.core.ids import ActorId, AskId, RunId, person
from agents.core.policy import Autonomy
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk, ToolSpec
from agents.core.trigger import Place, Source, Trigger
from agents.dispatch import Embedded
from agents.incidents import Incidents
from agents.loop import Loop
from agents.ports import TERMINAL, Answer, Caller, Done, Failed, ModelCall, Posted, Preview, Prompt, Unknown
from agents.runs import Runs
from agents.spec import AgentSpec, RulesFor, rules_from
from agents.standing import Standing
from tests.memory import MemoryJournal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEAM = "T1"
DANA, ALICE, BOB = person(TEAM, "U_DANA"), person(TEAM, "U_ALICE"), person(TEAM, "U_BOB")
PLACE = Place(TEAM, "C1", "100.1")

READ = ToolSpec("read", "Reads.", {"type": "object"}, "d-read", Risk.LOW, (), Effect.NONE, Repeat.FREE)
WRITE = ToolSpec("write", "Writes.", {"type": "object"}, "d-write", Risk.HIGH, (), Effect.EXTERNAL, Repeat.NEVER, preview=True)
KEYED = ToolSpec("keyed", "Writes once a key.", {"type": "object"}, "d-keyed", Risk.HIGH, (), Effect.INTERNAL, Repeat.KEYED)
PROBED = ToolSpec("probed", "Writes and can say so.", {"type": "object"}, "d-probed", Risk.LOW, (), Effect.INTERNAL, Repeat.NEVER, True)
MILD = ToolSpec("mild", "Writes a little.", {"type": "object"}, "d-mild", Risk.MEDIUM, (), Effect.INTERNAL, Repeat.NEVER)
OUTSIDE = ToolSpec("outside", "Reads outsiders.", {"type": "object"}, "d-out", Risk.LOW, (), Effect.NONE, Repeat.FREE, taints=True)
ASK = ToolSpec("ask_human", "Asks people.", {"type": "object"}, "d-ask", Risk.LOW, (), Effect.NONE, Repeat.FREE, asks=True)
SPECS = {spec.name: spec for spec in (READ, WRITE, KEYED, PROBED, MILD, OUTSIDE, ASK)}

AGENT = AgentSpec(
    "triage", "Triages.", "You triage.", tuple(SPECS), autonomy=Autonomy.PARTIAL,
    approvals=(ApprovalRule("*", ("role:operators",)),), limits=Limits(),
)


def trigger(key: str = "k1", place: Place | None = PLACE, *, tainted: bool = False) -> Trigger:
    """Dana mentions the bot."""
    return Trigger(Source.MENTION, key, DANA, "Dana", place, tainted)


def voter(actor: ActorId, *roles: str) -> Voter:
    """A member of the workspace with these roles."""
    team, _, user = actor.partition("/")
    held = frozenset(roles)
    return Voter(actor, user, user.removeprefix("U_").title(), team, held, level_of(held, frozenset({"operators", "admins"})))


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


def says(text: str, *calls: tuple[str, dict[str, Any]], stop: e.Stop | None = None, malformed: str | None = None) -> Answer:
    """A turn of the model."""
    proposed = tuple(ModelCall(tool, arguments, malformed) for tool, arguments in calls)
    stop = stop or (e.Stop.TOOLS if calls else e.Stop.END)
    return Answer("claude-test", text, proposed, stop, e.Usage(100, 20), 0.001)


class ScriptedModel:
    """Says what it was told to say, in order; then that it is done. An exception in the script is raised."""

    def __init__(self, *script: Answer | Exception, cut: int = 0, pause: float = 0.0, voids: str = "") -> None:
        """With `cut` it writes its text in pieces of so many characters, `pause` seconds apart, and `voids` first what it takes back."""
        self.script = deque(script)
        self.cut, self.pause, self.voids = cut, pause, voids
        self.prompts: list[Prompt] = []

    async def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None) -> Answer:
        self.prompts.append(prompt)
        await asyncio.sleep(0)
        turn = self.script.popleft() if self.script else says("Done.")
        if isinstance(turn, Exception):
            raise turn
        if on_text is not None and self.cut:
            await self._write(turn.text, on_text)
        return turn

    async def _write(self, text: str, on_text: Callable[[str], None]) -> None:
        for piece in (*((self.voids, "") if self.voids else ()), *(text[at:at + self.cut] for at in range(0, len(text), self.cut))):
            on_text(piece)
            await asyncio.sleep(self.pause)


Result = Done | Failed | Unknown | Exception


class FakeToolbox:
    """Tools whose effects are counted. `results` is asked first; without it every call succeeds."""

    def __init__(self, specs: Mapping[str, ToolSpec] = SPECS) -> None:
        self._specs = dict(specs)
        self.effects: list[tuple[str, dict[str, Any], str]] = []
        self.results: dict[str, deque[Result]] = {}
        self.state = "v1"
        self.happened: bool | None = None
        self.gate: asyncio.Event | None = None
        self.begun = asyncio.Event()
        self.ran = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0

    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    def define(self, spec: ToolSpec) -> None:
        """Add or change a tool."""
        self._specs[spec.name] = spec

    def invalid(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        return "x must be a number" if isinstance(arguments.get("x"), str) else None

    def complete(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return dict(arguments)

    async def run(self, tool: str, arguments: Mapping[str, Any], *, key: str, caller: Caller = TERMINAL) -> Done | Failed | Unknown:
        self.begun.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            result = self.results[tool].popleft() if self.results.get(tool) else Done(f"{tool} ok")
            if isinstance(result, Exception):
                raise result
            if not isinstance(result, Failed):
                self.effects.append((tool, dict(arguments), key))
                self.ran.set()
            return replace(result, taints=True) if isinstance(result, Done) and self._specs[tool].taints else result
        finally:
            self.at_once -= 1

    async def preview(self, tool: str, arguments: Mapping[str, Any]) -> Preview:
        await asyncio.sleep(0)
        return Preview(f"version {self.state}", f"f-{self.state}")

    async def probe(self, tool: str, arguments: Mapping[str, Any], *, key: str) -> bool | None:
        return self.happened


class FakeSurface:
    """A thread in memory: what stands in it, and what it showed over time."""

    def __init__(self) -> None:
        self.thread: dict[str, str] = {}
        self.posted: list[str] = []
        self.lines: list[str] = []
        self.said: list[str] = []
        self.dead: set[str] = set()
        self.held: dict[str, asyncio.Event] = {}
        self.begun: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def post(self, run: Run, post: str, *, search: bool) -> Posted:
        self.begun[post].set()
        await (self.held[post].wait() if post in self.held else asyncio.sleep(0))
        if post in self.dead:
            raise SurfaceError("The channel is archived.")
        if search and post in self.thread:
            return Posted("200.0", "")
        self.posted.append(post)
        self.thread[post] = run.showing(post)
        return Posted(f"200.{len(self.posted)}", run.showing(post))

    async def update(self, run: Run, post: str) -> Posted:
        await asyncio.sleep(0)
        self.thread[post] = run.showing(post)
        return Posted(run.posts[post].ts or "", run.showing(post))

    def progress(self, run: Run, line: str) -> None:
        self.lines.append(line)

    def say(self, run: Run, piece: str) -> None:
        self.said.append(piece)

    def moved(self, run: Run) -> None:
        """The thread shows what was posted."""


class FakeDirectory:
    """Alice and Bob are operators; everybody else is a plain member, unless `known` says otherwise."""

    def __init__(self) -> None:
        self.known: dict[ActorId, Voter] = {}

    async def voter(self, actor: ActorId) -> Voter:
        return self.known.get(actor) or (voter(actor, "operators") if actor in (ALICE, BOB) else voter(actor))


@dataclass
class World:
    """Everything that a run touches."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    toolbox: FakeToolbox = field(default_factory=FakeToolbox)
    surface: FakeSurface = field(default_factory=FakeSurface)
    clock: Clock = field(default_factory=Clock)
    agents: dict[str, AgentSpec] = field(default_factory=lambda: {"triage": AGENT})
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    sleeps: list[float] = field(default_factory=list)
    _standing: Standing | None = None
    at_once: int = 100

    @property
    def rules_for(self) -> RulesFor:
        """The rules of this moment."""
        return rules_from(self.agents, self.toolbox, self.standing)

    @property
    def standing(self) -> Standing:
        """What people have said ahead or for all; made once."""
        if self._standing is None:
            self._standing = Standing(self.journal, self.journal, self.clock)
        return self._standing

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Bot"]:
        """A bot in this world; leaving it is like a crash: what is under way is lost."""
        loop = Loop(
            journal=self.journal, model=self.model, toolbox=self.toolbox, surface=self.surface, directory=self.directory,
            standing=self.standing, agents=self.agents, rules_for=self.rules_for, clock=self.clock, sleep=self._sleep,
        )
        async with Embedded(loop, at_once=self.at_once) as dispatcher:
            runs = Runs(
                journal=self.journal, dispatcher=dispatcher, directory=self.directory, toolbox=self.toolbox, standing=self.standing,
                rules_for=self.rules_for, clock=self.clock,
            )
            await self.standing.refresh()
            incidents = Incidents(
                runs=runs, journal=self.journal, dispatcher=dispatcher, directory=self.directory, standing=self.standing, clock=self.clock
            )
            yield Bot(runs, dispatcher, incidents)
            await dispatcher.drain(0)

    def events(self, run_id: RunId, *kinds: str) -> list[Any]:
        """The run's events, or those of these kinds."""
        return [r.event for r in self.journal.rows[run_id] if not kinds or r.event.kind in kinds]


@dataclass
class Bot:
    """A running bot."""

    runs: Runs
    dispatcher: Embedded
    incidents: Incidents

    async def ask(self, text: str = "Do it.", key: str = "k1", place: Place | None = PLACE) -> Run:
        """Start a run and see it where it is over or waits."""
        run_id = await self.runs.start(trigger(key, place), text, "triage")
        return await self.settled(run_id)

    async def settled(self, run_id: RunId) -> Run:
        """The run when nothing moves any more."""
        await self.dispatcher.settled()
        return await self.runs.see(run_id)


def the_ask(run: Run) -> AskId:
    """The one question that waits."""
    (ask,) = run.open_asks
    return ask.ask_id


def unavailable(why: str = "overloaded") -> ModelUnavailable:
    """The model is down."""
    return ModelUnavailable(why)
