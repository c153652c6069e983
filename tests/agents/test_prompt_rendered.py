"""What is remembered of a conversation from one prompt of a run to the next."""

from agents.core import events as e
from agents.prompt import Rendered, build
from tests.agents.core.histories import after, answered, asked, call, judged, proposed, started
from tests.world import AGENT, READ, WRITE

TOOLS = (WRITE, READ)


def test_it_changes_no_prompt() -> None:
    first = after(proposed(call()), judged(e.Decision.DENY), asked(), answered("Denied."), e.RunFinished(e.Outcome.FAILED, "It broke."))
    events: tuple[e.Event, ...] = (
        asked(), answered("One, ", stop=e.Stop.LENGTH), asked(), answered("two.", call(x=1)), judged(e.Decision.DENY),
        e.InputReceived("i1", "Bob", "Hurry."), asked(), answered("Done."), e.InputReceived("i2", "Bob", "And now?"), asked(),
        answered("Bye."),
    )
    run, rendered = started(), Rendered()
    for event in events:
        run = after(run, event)
        assert build(run, (first,), AGENT, TOOLS, rendered) == build(run, (first,), AGENT, TOOLS)
    assert rendered.turns == 4


def test_a_turn_whose_calls_have_no_result_yet_is_not_in_it() -> None:
    rendered = Rendered()
    build(proposed(call()), (), AGENT, TOOLS, rendered)
    assert rendered.turns == 0
