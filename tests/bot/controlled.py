"""What stands behind the control socket, as fakes that remember what was asked of them."""

from collections.abc import Mapping
from typing import Any

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.events import TokenMade
from agents.core.grants import Terms
from agents.core.ids import ActorId, AskId, CallId, GrantId, RunId
from agents.core.trigger import Trigger
from agents.runs import Answered

ASK = AskId("run-x.a1")


class FakeMailroom:
    """Replays what it has, and lets nobody drop anything."""

    async def replay(self, number: int, actor: ActorId) -> str | Refusal:
        """There are nine."""
        if number > 9:
            raise NotFound(f"There is no delivery {number}.")
        return f"Delivery {number} is tried again for {actor}."

    async def drop(self, number: int, actor: ActorId) -> str | Refusal:
        """Nobody may."""
        return Refusal("role", "Only operators.")


class FakeRuns:
    """Remembers what it was told, and answers by the choice."""

    def __init__(self) -> None:
        self.started: list[tuple[Trigger, str, str]] = []
        self.answered: list[tuple[AskId, str, ActorId, str]] = []
        self.more: list[tuple[Any, ...]] = []

    async def start(self, trigger: Trigger, text: str, agent: str) -> RunId:
        """A run for every trigger."""
        self.started.append((trigger, text, agent))
        return RunId("run-x")

    async def answer(
        self, ask_id: AskId, choice: str, actor: ActorId, reason: str = "",
        *, arguments: Mapping[str, Any] | None = None, terms: Terms | None = None,
    ) -> Answered | Refusal:
        """Refuses `deny`, breaks at `retry`, knows no question but one."""
        self.answered.append((ask_id, choice, actor, reason))
        self.more.append((arguments, terms))
        if ask_id != ASK:
            raise NotFound(f"There is no {ask_id}.")
        if choice == "retry":
            raise RuntimeError("a defect")
        return Refusal("approver", "You may not.") if choice == "deny" else Answered(RunId("run-x"), "It runs.")

    async def stop(self, run_id: RunId, actor: ActorId, *, takes_over: bool = False) -> Answered | Refusal:
        """Stops, and lets nobody take over."""
        self.more.append((run_id, actor, takes_over))
        return Refusal("role", "Only operators.") if takes_over else Answered(run_id, "Stopped.")

    async def undo(self, run_id: RunId, call_id: CallId, actor: ActorId) -> Answered | Refusal:
        """Undoes in another run."""
        self.more.append((run_id, call_id, actor))
        return Answered(RunId("run-undo"), "Undoing.")


class FakeSwitches:
    """Remembers what was switched; knows one agent and one grant."""

    def __init__(self) -> None:
        self.switched: list[tuple[str, ...]] = []

    async def halt(self, scope: str, actor: ActorId, reason: str = "") -> str | Refusal:
        """Knows `triage`."""
        if scope not in ("", "triage"):
            raise NotFound(f"There is no agent {scope}.")
        self.switched.append(("halt", scope, actor, reason))
        return "It is halted."

    async def resume(self, scope: str, actor: ActorId) -> str | Refusal:
        """Refuses."""
        self.switched.append(("resume", scope, actor))
        return Refusal("role", "Only admins.")

    async def forget(self, number: int, agent: str, actor: ActorId) -> str | Refusal:
        """Erases anything."""
        self.switched.append(("forget", str(number), agent, actor))
        return "It is erased."

    async def revoke(self, grant_id: GrantId, actor: ActorId) -> str | Refusal:
        """Takes it back."""
        self.switched.append(("revoke", grant_id, actor))
        return "Taken back."

    async def trust(self, tool: str, definition: str, actor: ActorId) -> str | Refusal:
        """Trusts it."""
        self.switched.append(("trust", tool, definition, actor))
        return "It is trusted."

    async def schedule(self, deed: str, name: str, actor: ActorId) -> str | Refusal:
        """Does it."""
        self.switched.append((deed, name, actor))
        return "Done."

    async def let_in(self, token: TokenMade, actor: ActorId) -> str | Refusal:
        """Lets it in."""
        self.switched.append(("let in", token.token, token.hash, actor))
        return "It is let in."

    async def shut_out(self, name: str, actor: ActorId) -> str | Refusal:
        """Knows no token."""
        raise NotFound(f"There is no token {name}.")
