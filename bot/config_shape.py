"""The shape of every part of the configuration file but the tools, whose shape is in `tools/http.py`."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from agents.core import duration
from agents.core.policy import Autonomy
from agents.privacy import Privacy
from bot.watching import Watch

Duration = Annotated[timedelta, BeforeValidator(duration.parsed, json_schema_input_type=str)]
"""A length of time, written `90s`, `15m`, `4h` or `2d`."""


def _like(pattern: str, what: str) -> AfterValidator:
    """A text of this form; `what` completes “this is no …”."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f'"{text[:60]}" is no {what}')
        return text

    return AfterValidator(check)


Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, _like(r"[a-z][a-z0-9_-]{0,63}", "name; write lower-case letters, digits, - and _")]
"""What an agent, a role or a tier is called."""
Channel = Annotated[str, _like(r"dm|#[^\s#]{1,80}", 'channel; write "#name" in quotes, or dm for direct messages')]
UserId = Annotated[str, _like(r"[UW][A-Z0-9]{2,20}", "user id such as U01ABC2DE; Slack shows it under a profile's ⋮, Copy member ID")]
GroupId = Annotated[str, _like(r"S[A-Z0-9]{2,20}", "id of a user group, such as S01ABC2DE")]
ChannelId = Annotated[str, _like(r"[CG][A-Z0-9]{2,20}", "id of a channel, such as C01ABC2DE; Slack shows it at the end of its details")]
SecondChannel = Annotated[str, _like(r"#[^\s#]{1,80}|[CG][A-Z0-9]{2,20}", 'channel; write "#name" in quotes, or its id')]
Address = Annotated[str, _like(r"https?://[^/\s]+\S*", "http or https address")]


_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(|\)(?:[*+]|\{\d*,\})?|[*+]|\{\d*,\}", re.DOTALL)
"""What opens, closes or repeats something in a regular expression."""


def _trigger(text: str) -> str:
    """What an agent can react to. Messages are everybody's, so a pattern that a message can keep busy for ever is refused."""
    if text == "mention":
        return text
    if not text.startswith("message:"):
        raise ValueError(f'"{text[:60]}" is nothing to react to; write mention, or "message:/PATTERN/"')
    if any(ord(character) < 32 and character not in "\t\n" for character in text):
        raise ValueError(r"the pattern holds a control character; in double quotes YAML makes one of \b, so write it in single quotes")
    watch = Watch.parse(text)
    if watch.pattern.search("") is not None:
        raise ValueError("the pattern is found in every text, also in an empty one; to watch every message, write message:/./")
    if _repeats_repetition(watch.pattern.pattern):
        raise ValueError(
            "the pattern repeats a group in which something is repeated without end, and some texts would keep it busy for ever; "
            "give what is inside an end, such as {1,20}"
        )
    return text


Trigger = Annotated[str, AfterValidator(_trigger)]


def _repeats_repetition(pattern: str) -> bool:
    """Whether a group without end holds a repetition without end, such as `(a+)+`: the time for that doubles with each character."""
    groups = [False]
    for part in _GROUP.findall(pattern):
        if part == "(":
            groups.append(False)
        elif part.startswith(")"):
            inner = groups.pop()
            if inner and len(part) > 1:
                return True
            groups[-1] |= inner or len(part) > 1
        elif not part.startswith(("\\", "[")):
            groups[-1] = True
    return False


class Shape(BaseModel):
    """Strict: what is not named here is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Prices(Shape):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float = Field(default=0, ge=0)
    cache_write: float = Field(default=0, ge=0)


class ModelConfig(Shape):
    """One tier: which model reasons, where, and at what price."""

    model: Text
    """The model's id at its endpoint."""
    fallback: str | None = None
    """The tier that takes over when this one cannot be reached."""
    base_url: Address | None = Field(default=None, repr=False)
    """Address of a self-hosted endpoint, without `/v1`; None for ANTHROPIC_BASE_URL."""
    api_key_env: Text | None = None
    """The environment variable that holds this tier's key; None for ANTHROPIC_API_KEY."""
    window: int = Field(default=200_000, ge=4_000)
    """Tokens that it can read and write at once; longer conversations are told in short."""
    max_tokens: int | None = Field(default=None, ge=1, le=200_000)
    """Most tokens of one turn, the model's thinking included; None for 16,000."""
    timeout: Duration = timedelta(seconds=120)
    """How long the endpoint may be silent before an attempt is given up."""
    prices: Prices | None = None
    """None for the list price. A model that is not on our list costs nothing then, and no cost limit is ever met."""
    cache: bool = True
    """Whether to ask for prompt caching; some self-hosted servers refuse requests that do."""


class Role(Shape):
    """Who countersigns: people by id, and everybody in these user groups and channels at the moment of the click.

    The names `viewers`, `operators` and `admins` mean something by themselves, see `agents/core/access.py`.
    """

    users: tuple[UserId, ...] = ()
    usergroups: tuple[GroupId, ...] = ()
    channels: tuple[ChannelId, ...] = ()


class ApprovalConfig(Shape):
    """Who countersigns a tool's calls."""

    tool: Text
    """A tool's name, or `*` for every tool that has no rule of its own."""
    approvers: tuple[str, ...] = Field(min_length=1)
    """Names of roles, and user ids."""
    required: int = Field(default=1, ge=1, le=20)
    expires: Duration = timedelta(hours=4)
    allow_initiator: bool = False
    allow_guests: bool = False
    allow_foreign: bool = False
    """Whether members of other workspaces may decide, in a shared channel."""
    remind: Duration | None = None
    """How long after it was asked those who may decide are reminded."""
    escalate: SecondChannel | None = None
    """The second channel in which it is shown when nobody has decided."""
    escalate_after: Duration | None = None
    """How long after it was asked; None for twice `remind`, or half of `expires` where nobody is reminded."""


class LimitsConfig(Shape):
    """What a run may use before it asks; what is absent has the default of `agents/core/budget.py`."""

    steps: int | None = Field(default=None, ge=1, le=1000)
    tokens: int | None = Field(default=None, ge=1)
    cost: float | None = Field(default=None, gt=0)
    """US dollars."""
    cost_per_day: float | None = Field(default=None, gt=0)
    """US dollars in a day (UTC) for all runs of the agent together; None for no limit."""
    time: Duration | None = None


class PrivacyConfig(Shape):
    """What of messages and results the model is not to read."""

    mask: tuple[Literal["email", "phone", "card"], ...] = ()
    fields: tuple[Annotated[str, _like(r"[A-Za-z][A-Za-z0-9_]{0,63}", "name of a JSON field; write letters, digits and _")], ...] = ()
    """JSON fields whose values are personal, wherever they stand."""
    region: Annotated[str, _like(r"[A-Z]{2}", "country; write two capitals, such as DE")] | None = None
    """Where telephone numbers without a country code are dialled; None: those are left alone."""

    @property
    def privacy(self) -> Privacy:
        """As the agent reads it."""
        return Privacy(frozenset(self.mask), self.fields, self.region)


class DecisionParts(Shape):
    """What is said of a bounded decision; what is left out is as the agent itself says."""

    description: Text | None = None
    choices: dict[str, list[str]] = Field(default_factory=dict)
    texts: dict[str, str] = Field(default_factory=dict)
    unsure_below: float | None = Field(default=None, gt=0, le=1)


class WantConfig(Shape):
    """Something that an agent needs tools for."""

    why: Text
    """What it does with them, for the person who has to give it some."""
    any_of: tuple[Text, ...] = Field(min_length=1)
    """Kinds of sources, such as `prometheus`, and patterns of tools' names, such as `*deploy*`: one of them is enough."""


class AgentParts(Shape):
    """What can be said of an agent, both in its `agent.yaml` and in the configuration that uses it."""

    description: Text | None = None
    tier: Name | None = None
    tools: tuple[str, ...] | None = None
    autonomy: Autonomy | None = None
    approvals: tuple[ApprovalConfig, ...] | None = None
    limits: LimitsConfig | None = None
    privacy: PrivacyConfig | None = None
    """In place of the configuration's own."""
    decisions: dict[Name, DecisionParts] | None = None
    """Bounded decisions that it makes, each a tool of this name, which need not stand in `tools`; see `tools/decision.py`."""
    wants: dict[Name, WantConfig] | None = None
    """What it needs tools for, by name; `countersign check` tells what it lacks."""
    prompt: Text | None = None
    """The system prompt, or the name of a `.md` file beside this file that holds it."""


class AgentFile(AgentParts):
    """An `agent.yaml`, complete but for what each installation says for itself."""

    name: Name
    description: Text
    prompt: Text


class AgentEntry(AgentParts):
    """An item of `agents:`. What it says goes before what the agent that it uses says."""

    use: Text | None = None
    """A name in `agents/library`, or a path to a folder with an `agent.yaml`; None where all of it is said here."""
    name: Name | None = None


class ChannelConfig(Shape):
    """Which agent works in a channel, and what it reacts to."""

    agent: Text
    on: tuple[Trigger, ...] = Field(default=("mention",), min_length=1)
    """`mention`, and `message:/PATTERN/` for messages in which this regular expression is found."""
    taints: bool = False
    """Whether outsiders could have written what is said there, whoever says it."""
