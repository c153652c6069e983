from typing import Any

import pytest
from inline_snapshot import snapshot

from agents.core.exact import exact_text
from agents.core.grants import Terms
from bot.listeners.payloads import Where
from bot.sandbox.slack_state import state_values
from bot.views.grant import fixed_in, grant, pattern, terms_of
from bot.views.spot import ask_of
from tests.bot.views.made import ASK, HOSTILE, check_modal, drawn, literal, mrkdwn_of, run_of, waiting

GIVEN: dict[str, Any] = {"service": "checkout", "reason": "slow"}


def submitted(arguments: dict[str, Any], entered: dict[str, Any] | None = None) -> dict[str, Any]:
    """The modal as Slack sends it back."""
    run = run_of(*waiting(arguments=arguments))
    view = check_modal(grant(run, run.asks[ASK], Where("U1", "C1", "1.2"))).view()
    return {**view, "state": {"values": state_values(view["blocks"], {name: {name: held} for name, held in (entered or {}).items()})}}


def test_the_modal_spells_out_what_it_allows() -> None:
    run = run_of(*waiting(arguments=GIVEN))
    assert drawn(check_modal(grant(run, run.asks[ASK], None)).blocks) == snapshot("""\
SECTION *Exactly this:* `restart_service` with
PREFORMATTED {
  "reason": "slow",
  "service": "checkout"
}
SECTION It runs once now. *What you would allow beside it:* calls that are like it run *without asking anybody*, so long
   and so often. Each use is recorded with your name, and it can be taken back at any moment: `/ops grants`. A call with
   an argument that this one does not have asks all the same, and so does one that you have asked for yourself.
INPUT For how long (static_select): ['1 hour'] —
INPUT How often at most (static_select): ['10 times'] —
INPUT What has to be just as it is here (checkboxes optional): ['reason is exactly this', 'service is exactly this'] —
   Without the tick it may be anything.
SECTION *In words:* `restart_service` by triage, where reason is exactly "slow" and service is exactly "checkout".\
""")


def test_what_is_not_touched_allows_this_very_call_ten_times_within_an_hour() -> None:
    view = submitted(GIVEN)
    assert terms_of(view, GIVEN) == Terms(3600, 10, ("reason", "service"))
    assert ask_of(view) == ASK


def test_an_argument_without_its_tick_may_be_anything() -> None:
    view = submitted(GIVEN, {
        "fixed:0": {"selected_options": [{"value": "1"}]}, "seconds": {"selected_option": {"value": "900"}},
        "uses": {"selected_option": {"value": "1"}},
    })
    assert terms_of(view, GIVEN) == Terms(900, 1, ("service",))
    said = pattern("triage", "restart_service", GIVEN, fixed_in(view, GIVEN))
    assert said == '`restart_service` by triage, where reason may be anything and service is exactly "checkout".'


def test_what_was_not_offered_is_as_narrow_as_it_can_be() -> None:
    view = submitted(GIVEN, {"seconds": {"selected_option": {"value": "99999999"}}, "uses": {"selected_option": {"value": "5000"}}})
    assert terms_of(view, GIVEN) == Terms(900, 1, ("reason", "service"))
    assert terms_of({}, GIVEN).fixed == ("reason", "service")


def test_many_arguments_have_their_boxes_and_those_beyond_are_fixed() -> None:
    many = {f"a{n:02}": n for n in range(60)}
    view = submitted(many, {f"fixed:{first}": {"selected_options": []} for first in range(0, 50, 10)})
    assert terms_of(view, many).fixed == tuple(f"a{n}" for n in range(50, 60))


def test_a_call_without_arguments_says_so() -> None:
    assert pattern("triage", "restart_service", {}, ()) == "`restart_service` by triage, without arguments."
    assert terms_of(submitted({}), {}).fixed == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_arguments_stay_in_their_place_and_are_shown_whole(text: str) -> None:
    arguments = {"note": text[:15_000], text[:60]: 1}
    run = run_of(*waiting(text, arguments))
    modal = check_modal(grant(run, run.asks[ASK], None))
    assert exact_text(arguments) in literal(modal.blocks)
    assert "<@U01ALICE>" not in "".join(mrkdwn_of(list(modal.blocks)))
