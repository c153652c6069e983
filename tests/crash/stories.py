"""What happens in the runs that are killed: what the model proposes, and what people make of it.

A call's arguments say what people do with it: `do` is a choice on its card, `approve` where it is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from agents.core.approval import ApprovalRule
from agents.core.grants import Terms
from agents.core.ids import RunId, person, run_id_for
from agents.core.policy import Autonomy
from agents.core.trigger import Place, Source, Trigger
from agents.spec import AgentSpec
from tests.crash.outside import SPECS, Script

TEAM = "T1"
DANA, ALICE, BOB = (person(TEAM, user) for user in ("U_DANA", "U_ALICE", "U_BOB"))
DECIDERS = ("U_ALICE", "U_BOB")
AT_ONCE = timedelta(microseconds=1)
AGENT = AgentSpec(
    "triage", "Triages.", "You triage.", tuple(SPECS), autonomy=Autonomy.PARTIAL,
    approvals=(
        ApprovalRule("failover", DECIDERS, required=2, remind=AT_ONCE, escalate="#leads", escalate_after=2 * AT_ONCE),
        ApprovalRule("*", DECIDERS),
    ),
)
TERMS = Terms(3600, 1, ())
"""What is granted: one more call of the tool, whatever its arguments."""


@dataclass(frozen=True)
class Story:
    """Runs that Dana starts at once, and what somebody does beside deciding."""

    name: str
    scripts: Mapping[str, Script]
    """By the text with which she starts each."""
    instants: int
    """About how many instants it has when nobody kills it."""
    meanwhile: str = ""
    """What Alice does at a moment of its own, `stop` or `halt`; empty for nothing. What is halted is resumed when everything rests."""
    undoes: bool = False
    """Whether Alice takes back the first call of each run that is over."""
    runs: Mapping[RunId, Trigger] = field(init=False)

    def __post_init__(self) -> None:
        triggers = (
            Trigger(Source.MENTION, f"{TEAM}:C1:{number}.1", DANA, "Dana", Place(TEAM, "C1", f"{number}.1"))
            for number, _ in enumerate(self.scripts, 1)
        )
        object.__setattr__(self, "runs", {run_id_for(trigger.dedupe_key): trigger for trigger in triggers})


STORIES = (
    Story("one by one", {"one": (
        (("read", {"x": 1}), ("read", {"x": 2})), (("label", {"x": 3}),), (("read", {"x": 4}),), (("deploy", {"x": 5}),),
        (("read", {"x": 6}),), (),
    )}, 72),
    Story("an edit on a card of two", {"edit": (
        (("deploy", {"x": 1, "do": "edit"}), ("deploy", {"x": 2})), (("read", {"x": 3}),), (),
    )}, 62),
    Story("a grant and those who want to use it", {
        "grant": ((("deploy", {"x": 1, "do": "grant"}),), (("deploy", {"x": 2}), ("deploy", {"x": 3})), ()),
        "use": ((("read", {"x": 4}),), (("read", {"x": 5}),), (("deploy", {"x": 6}),), ()),
    }, 112),
    Story("two people, reminded", {"two": ((("failover", {"x": 1}),), (("label", {"x": 2}),), ())}, 72),
    Story("an undo", {"undo": ((("deploy", {"x": 1}),), ())}, 62, undoes=True),
    Story("a stop", {"stop": (
        (("label", {"x": 1}),), (("deploy", {"x": 2}), ("deploy", {"x": 3})), (("label", {"x": 4}),), (),
    )}, 62, meanwhile="stop"),
    Story("a halt", {"halt": ((("label", {"x": 1}),), (("deploy", {"x": 2}),), (("read", {"x": 3}),), ())}, 57, meanwhile="halt"),
)
