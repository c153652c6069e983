"""Switches with which a test or a person makes the sandbox misbehave as Slack sometimes does."""

from dataclasses import dataclass, field

from bot.sandbox.workspace import Json


@dataclass
class RateLimit:
    """Calls of one method that are still to be refused with 429."""

    times: int  # refusals that are left
    retry_after: int  # seconds in the Retry-After header


@dataclass
class BrokenLine:
    """Calls of chat.appendStream that are still to end without an answer."""

    times: int = 0  # calls that are left
    applied: bool = False  # whether what was sent is appended all the same


@dataclass
class Faults:
    """The switches that are on; all are off in a new sandbox."""

    rate_limits: dict[str, RateLimit] = field(default_factory=dict)  # by Web API method
    drop_acks: int = 0  # coming deliveries of events whose ack is ignored
    redelivery_seconds: float | None = None  # replaces every delay before a redelivery
    ack_seconds: float = 3.0  # how long the app has for an ack; Slack gives 3 s
    duplicate_events: int = 0  # coming events that are delivered twice
    unknown_methods: frozenset[str] = frozenset()  # Web API methods that this workspace lacks
    missing_scopes: frozenset[str] = frozenset()  # scopes that the token lacks, or methods whose scope it lacks
    unknown_blocks: frozenset[str] = frozenset()  # types of blocks that this workspace does not take in messages
    file_seconds: float = 0.0  # how long Slack works on an uploaded file before blocks can show it
    seal_streams: int = 0  # coming appends that find their stream sealed
    broken_appends: BrokenLine = field(default_factory=BrokenLine)

    def apply(self, switches: Json) -> None:
        """Set the switches that are named; raises ValueError for a name that is none."""
        for name, value in switches.items():
            if name == "rate_limit":
                self.rate_limits[str(value["method"])] = RateLimit(int(value.get("times", 1)), int(value.get("retry_after", 1)))
            elif name in ("unknown_methods", "missing_scopes", "unknown_blocks"):
                setattr(self, name, frozenset(value))
            elif name == "broken_appends":
                self.broken_appends = BrokenLine(int(value.get("times", 1)), bool(value.get("applied", False)))
            elif name in ("drop_acks", "duplicate_events", "seal_streams"):
                setattr(self, name, int(value))
            elif name == "redelivery_seconds":
                self.redelivery_seconds = None if value is None else float(value)
            elif name in ("ack_seconds", "file_seconds"):
                setattr(self, name, float(value))
            else:
                raise ValueError(f"There is no fault named {name!r}.")

    def refusal_for(self, method: str) -> RateLimit | None:
        """The limit that refuses this call of a method, counted down; None when it may pass."""
        limit = self.rate_limits.get(method)
        if limit is None or limit.times <= 0:
            return None
        limit.times -= 1
        return limit

    def drops_ack(self) -> bool:
        """Whether the ack of this delivery is to be ignored; counts down."""
        if self.drop_acks <= 0:
            return False
        self.drop_acks -= 1
        return True

    def seals(self) -> bool:
        """Whether the stream of this append is to be sealed; counts down."""
        if self.seal_streams <= 0:
            return False
        self.seal_streams -= 1
        return True

    def breaks(self) -> BrokenLine | None:
        """How the line of this append is to break, counted down; None when it holds."""
        if self.broken_appends.times <= 0:
            return None
        self.broken_appends.times -= 1
        return self.broken_appends

    def copies(self) -> int:
        """How often the next event is delivered: once, or twice while duplicates are wanted."""
        if self.duplicate_events <= 0:
            return 1
        self.duplicate_events -= 1
        return 2
