"""An agent as it is configured: who it is, what it may use, how free it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents.core.approval import ApprovalRule
from agents.core.budget import Limits, Used
from agents.core.grants import Grant
from agents.core.policy import Autonomy, Rules
from agents.core.rules import Rule
from agents.core.switches import Halt
from agents.ports import Toolbox
from agents.privacy import Privacy
from agents.standing import Standing


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent."""

    name: str
    description: str
    """One line for people."""
    prompt: str
    """The system prompt."""
    tools: tuple[str, ...]
    """Names of the only tools that exist for it."""
    tier: str = "smart"
    """Which model tier reasons for it."""
    autonomy: Autonomy = Autonomy.SUPERVISED
    approvals: tuple[ApprovalRule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    window: int = 200_000
    """Tokens that its model can read and write at once; where its tier has a fallback, the smaller of the two."""
    privacy: Privacy = field(default_factory=Privacy)
    """What of what it is told is kept from the model."""


RulesFor = Callable[[str], Rules]
"""The rules of the agent with this name, at this moment. An agent that is gone has no tools and may do nothing."""


def rules_from(agents: Mapping[str, AgentSpec], toolbox: Toolbox, standing: Standing, policy: tuple[Rule, ...] = ()) -> RulesFor:
    """The rules that configuration, toolbox and what people have switched or granted make for each agent.

    `policy` are the installation's own, in their order.
    """
    def rules_for(name: str) -> Rules:
        spec = agents.get(name)
        if spec is None:
            return Rules(tools={}, invalid=toolbox.invalid, halt=standing.halt_of(name))
        return configured(
            spec, toolbox, policy, halt=standing.halt_of(name), grants=standing.grants(name), used=standing.meter.used(name)
        )

    return rules_for


def configured(
    spec: AgentSpec, toolbox: Toolbox, policy: tuple[Rule, ...], *, halt: Halt | None = None, grants: tuple[Grant, ...] = (),
    used: Used | None = None,
) -> Rules:
    """The rules of an agent by its configuration, and what else holds at this moment: without more, nothing does."""
    known = toolbox.specs()
    tools = {tool: known[tool] for tool in spec.tools if tool in known}
    return Rules(
        tools, toolbox.invalid, spec.autonomy, spec.approvals, spec.limits, spec.tier, halt, grants, used or Used(), policy
    )
