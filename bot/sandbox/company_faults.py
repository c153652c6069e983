"""Faults that a test can order for the company: refuse, hang, or do the work and lose the answer."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

HangAndDrop = Literal["hang", "drop_after_effect"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


class FaultOrder(BaseModel):
    """One fault, for the next `times` requests whose path it matches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, AfterValidator(_compiles)]
    """Regular expression, searched in the path of the request."""
    status: HangAndDrop | int
    """An HTTP status is answered before anything is done; `hang` waits, then goes on; `drop_after_effect` does it and cuts the line."""
    times: int = Field(default=1, ge=1)
    """How many requests it hits."""
    seconds: float = Field(default=60.0, ge=0)
    """How long `hang` waits."""
    method: str | None = None
    """Only requests of this method, such as POST; None for all."""

    @model_validator(mode="after")
    def _is_an_error(self) -> "FaultOrder":
        if isinstance(self.status, int) and not 400 <= self.status <= 599:
            raise ValueError(f"status {self.status} is not an error: 400 to 599, hang, or drop_after_effect")
        return self


@dataclass
class _Pending:
    order: FaultOrder
    left: int


class CompanyFaults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def add(self, order: FaultOrder) -> None:
        """Order one more fault."""
        self._pending.append(_Pending(order, order.times))

    def clear(self) -> None:
        """Forget all of them."""
        self._pending.clear()

    def take(self, method: str, path: str) -> FaultOrder | None:
        """The fault that hits this request, used up by one; None when it goes well."""
        for pending in self._pending:
            if pending.order.method in (None, method) and re.search(pending.order.path, path):
                pending.left -= 1
                if not pending.left:
                    self._pending.remove(pending)
                return pending.order
        return None
