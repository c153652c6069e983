"""Switches with which a test or a person makes the sandbox misbehave as Slack sometimes does."""

from dataclasses import dataclass, field

from bot.sandbox.workspace import Json


@dataclass
class RateLimit:
    """Calls of one method that are still to be refused with 429."""

    times: int  # refusals that are left
    retry_after: int  # seconds in the Retry-After header


@dataclass
class Faults:
    """The switches that are on; all are off in a new sandbox."""

    rate_limits: dict[str, RateLimit] = field(default_factory=dict)  # by Web API method
    drop_acks: int = 0  # coming deliveries of events whose ack is ignored
    redelivery_seconds: float | None = None  # replaces every delay before a redelivery
    ack_seconds: float = 3.0  # how long the app has for an ack; Slack gives 3 s
    duplicate_events: int = 0  # coming events that are delivered twice
    unknown_methods: frozenset[str] = frozenset()  # Web API methods that this workspace lacks

    def apply(self, switches: Json) -> None:
        """Set the switches that are named; raises ValueError for a name that is none."""
        for name, value in switches.items():
            if name == "rate_limit":
                self.rate_limits[str(value["method"])] = RateLimit(int(value.get("times", 1)), int(value.get("retry_after", 1)))
            elif name == "unknown_methods":
                self.unknown_methods = frozenset(value)
            elif name in ("drop_acks", "duplicate_events"):
                setattr(self, name, int(value))
            elif name == "redelivery_seconds":
                self.redelivery_seconds = None if value is None else float(value)
            elif name == "ack_seconds":
                self.ack_seconds = float(value)
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

    def copies(self) -> int:
        """How often the next event is delivered: once, or twice while duplicates are wanted."""
        if self.duplicate_events <= 0:
            return 1
        self.duplicate_events -= 1
        return 2
