"""Faults that a test can order for the offline model: each is used up by one request, in the order in which they were ordered."""

from collections import deque
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What goes wrong with one request (or with `times` of them)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int | None = Field(default=None, ge=400, le=599)
    """Answer with this HTTP status instead."""
    retry_after: float | None = Field(default=None, ge=0)
    """Seconds in the Retry-After header that goes with `status`."""
    midstream: str | None = None
    """Break off in the middle of a stream: an error type such as `overloaded_error`, or `disconnect`."""
    hang_seconds: float = Field(default=0.0, ge=0)
    """Say nothing for so long, then go on."""
    malformed_arguments: bool | Literal["not_json"] = False
    """Give every argument of every call the wrong type; `not_json` streams arguments that are no JSON at all."""
    stop_reason: Literal["max_tokens", "pause_turn", "model_context_window_exceeded"] | None = None
    """Stop for this reason in the middle of the text, before any call."""
    refusal: bool = False
    """Refuse to answer."""
    times: int = Field(default=1, ge=1)
    """How many requests it hits."""
    model: str | None = None
    """Only requests for this model; None for all."""


class FaultOrder(BaseModel):
    """Faults to be added to those that are still to come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fail: list[Fault] = Field(min_length=1)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._pending: deque[Fault] = deque()

    def add(self, order: FaultOrder) -> None:
        """Order more of them."""
        for fault in order.fail:
            self._pending.extend([fault] * fault.times)

    def clear(self) -> None:
        """Forget all of them."""
        self._pending.clear()

    def take(self, model: str) -> Fault:
        """The fault for a request to this model; one without any effect when all is well."""
        for fault in self._pending:
            if fault.model in (None, model):
                self._pending.remove(fault)
                return fault
        return Fault()
