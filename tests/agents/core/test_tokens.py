"""Programs with tokens: what lets them in, how far they reach, and when the end of their runs is told again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from agents.core import events as e
from agents.core.access import Level
from agents.core.approval import Voter, admit, may_stop
from agents.core.callbacks import WAITS, again_after
from agents.core.errors import IllegalTransition
from agents.core.ids import CONTROL, api_client, person
from agents.core.switches import fold_switches
from agents.core.tokens import Token
from tests.agents.core.histories import after, waiting
from tests.world import BOB, NOON

CI = api_client("ci")
MADE = e.TokenMade("ci", "0" * 64, "operator", "Bob", ("triage",), NOON + timedelta(days=1))


def rows(*events: e.Event) -> list[e.Recorded]:
    return [e.Recorded(CONTROL, number, NOON, BOB, "", event) for number, event in enumerate(events, 1)]


def program(**more: object) -> Voter:
    """A program as the directory knows it."""
    return Voter(CI, CI, "token ci", "api", level=Level.OPERATOR, is_token=True, **more)  # type: ignore[arg-type]  # the keywords of Voter


def test_a_token_lets_in_until_it_ends() -> None:
    token = fold_switches(rows(MADE)).tokens["ci"]
    assert token == Token("ci", "0" * 64, "operator", ("triage",), NOON, "Bob", NOON + timedelta(days=1))
    assert (token.actor, token.level, replace(token, role="king").level) == (CI, Level.OPERATOR, Level.NOBODY)
    assert [token.live(NOON + timedelta(hours=hours)) for hours in (0, 23, 24)] == [True, True, False]
    assert replace(token, expires_at=None).live(NOON + timedelta(days=9999))
    revoked = fold_switches(rows(MADE, e.TokenRevoked("ci", "Bob"))).tokens["ci"]
    assert (revoked.live(NOON), revoked.revoked_at, revoked.revoked_by) == (False, NOON, "Bob")


@pytest.mark.parametrize("events", [(MADE, MADE), (e.TokenRevoked("ci", "Bob"),)])
def test_a_name_is_given_once_and_only_what_exists_is_revoked(events: tuple[e.Event, ...]) -> None:
    with pytest.raises(IllegalTransition, match="cannot follow"):
        fold_switches(rows(*events))


def test_no_person_is_a_program() -> None:
    with pytest.raises(ValueError, match="called api"):
        person("api", "ci")


@pytest.mark.parametrize(("who", "approvers", "code"), [
    (program(), ("role:operators",), "approver"),
    (program(), ("api/ci",), None),
    (program(), ("ci",), "approver"),
    (program(agents=("triage",)), ("api/ci",), None),
    (program(agents=("other",)), ("api/ci",), "role"),
    (program(is_deactivated=True), ("api/ci",), "deactivated"),
    (program(is_unknown=True), ("api/ci",), "unknown"),
])
def test_a_token_decides_what_names_it_and_nothing_else(who: Voter, approvers: tuple[str, ...], code: str | None) -> None:
    run = waiting(approvers=approvers)
    refusal = admit(run, run.open_asks[0], who, "approve", NOON)
    assert (refusal and refusal.code) == code


def test_a_token_stops_what_it_has_to_do_with() -> None:
    assert may_stop(waiting(), program()) is None
    refusal = may_stop(waiting(), program(agents=("other",)))
    assert refusal is not None
    assert refusal.code == "role"


def test_the_end_is_told_again_later_and_later_and_then_no_more() -> None:
    assert [again_after(attempt) for attempt in range(1, len(WAITS) + 2)] == [*WAITS, None]
    assert list(WAITS) == sorted(WAITS)


def test_what_became_of_a_callback_is_written_when_the_run_is_over() -> None:
    over = after(waiting(), e.RunStopped("Bob"), e.RunFinished(e.Outcome.STOPPED))
    failed = e.CallbackTried(1, 500, "It was answered with 500.", NOON)
    assert over.callback is None
    assert after(over, failed).callback == failed
    assert after(over, failed, e.CallbackTried(2, 200)).callback == e.CallbackTried(2, 200)
