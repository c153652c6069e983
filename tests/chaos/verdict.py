"""What has to be true after a storm. Each function returns the sentences that say what is not."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agents.core.calls import CallState
from agents.core.events import CallJudged, GrantGiven, GrantRevoked, Recorded
from agents.core.fold import fold
from agents.core.ids import GrantId, RunId, idempotency_key, run_id_for
from agents.core.state import Run
from bot.sandbox.visitor import Message
from tests.chaos.crowd import ALICE, Crowd
from tests.chaos.ground import HAPPENED, Ground, approved_before, begun_late, confirmed_restarts, halts, restarts, writes

BOT = "U01BOT"
BUTTONS = {
    "approve", "deny", "resolve_happened", "resolve_retry", "resolve_abandon", "limit_raise", "limit_finish", "stop", "edit", "grant",
    "take_over", "approve_all", "deny_all", "review",
}

OPENING = ("deny", "edit", "grant")
"""Buttons that only open a dialog."""

EXPLAINED = re.compile(r"Failed to (connect|check|send|receive)|session .* (seems|closed)")
"""Errors that the vendors' clients log of a connection that was cut."""


async def violations(ground: Ground, crowd: Crowd, log: Path) -> list[str]:
    """Everything that should not be."""
    rows = await ground.journal()
    runs = {run_id: fold(one) for run_id, one in rows.items()}
    found = [f"{ground.inbox_left()} deliveries are left in the inbox"] if ground.inbox_left() else []
    found += [f"{run_id} is not over" for run_id, run in runs.items() if not run.over]
    found += [f"{run_id} started {call} without an approval" for run_id, one in rows.items() for call in approved_before(one)]
    switched = await ground.switched()
    found += [f"{run_id} began {what}" for run_id, one in rows.items() for what in begun_late(one, halts(switched))]
    found += [*_grants(rows, switched)]
    found += [*_effects(runs, await ground.effects()), *_clicks(rows, crowd), *_log(log)]
    for story in crowd.stories:
        thread = await crowd.person(ALICE).thread(story.channel, story.ts)
        heard = [reply for reply in crowd.replies if any(message["ts"] == reply.ts for message in thread)]
        found += [f"“{story.text}”: {said}" for said in _thread(runs, story.key, [reply.key for reply in heard], thread)]
    return found


def _grants(rows: Mapping[RunId, tuple[Recorded, ...]], switched: tuple[Recorded, ...]) -> Iterator[str]:
    """A grant is used as often as was allowed, and never after it was taken back."""
    every = [row for one in rows.values() for row in one]
    given = {row.event.grant_id: row.event.uses for row in every if isinstance(row.event, GrantGiven)}
    revoked = {row.event.grant_id: row.at for row in switched if isinstance(row.event, GrantRevoked)}
    uses = [(GrantId(row.event.grant), row.at) for row in every if isinstance(row.event, CallJudged) and row.event.grant]
    for grant, times in Counter(grant for grant, _ in uses).items():
        if times > given.get(grant, 0):
            yield f"{grant} was given for {given.get(grant, 0)} calls and used for {times}"
    yield from (f"{grant} was used at {at}, after it was taken back" for grant, at in uses if grant in revoked and at > revoked[grant])


def _effects(runs: Mapping[RunId, Run], effects: list[dict[str, Any]]) -> Iterator[str]:
    keyed = Counter(str(one["key"]) for one in effects if one["key"])
    known = {idempotency_key(run.run_id, call.call_id): call for run in runs.values() for call in writes(run)}
    yield from (f"nobody knows of the effect {key}" for key in keyed if key not in known)
    for key, call in known.items():
        if call.tool == "restart_service":
            continue
        if call.state in HAPPENED and keyed[key] != 1:
            yield f"{key} {call.tool} is {call.state} and happened {keyed[key]} times"
        if call.state not in (*HAPPENED, CallState.ABANDONED) and keyed[key]:
            yield f"{key} {call.tool} is {call.state} and happened {keyed[key]} times: {call.result}"
    for service in {*restarts(effects), *confirmed_restarts(runs)}:
        happened, told = restarts(effects)[service], confirmed_restarts(runs)[service]
        if happened != told:
            yield f"{service} was restarted {happened} times, and the journal says {told}"


def _clicks(rows: Mapping[RunId, tuple[Recorded, ...]], crowd: Crowd) -> Iterator[str]:
    """A click that Slack was told of is a decision, or a refusal that somebody wrote down."""
    marks = {(str(getattr(row.event, "ask_id", "")), row.actor.partition("/")[2]) for one in rows.values() for row in one}
    for ask, choice, user in crowd.acked:
        if choice not in OPENING and (ask, user) not in marks:
            yield f"{user}'s {choice} on {ask} was acknowledged and left no trace"


def _log(log: Path) -> Iterator[str]:
    lines = log.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines):
        logged = " ERROR " in line or " CRITICAL " in line
        if logged and not EXPLAINED.search(line):
            yield f"log: {line} | {_raised(lines[number + 1 :])}"
        if line.startswith("Traceback") and not (number and " ERROR " in lines[number - 1]):
            yield f"log: a traceback that nobody logged: {_raised(lines[number:])}"


def _raised(lines: list[str]) -> str:
    """The last line of the traceback with which these lines begin."""
    return next((line for line in lines[:200] if re.match(r"[\w.]+(Error|Exception|Conflict|Refusal|Transition)\b", line)), "")


def _thread(runs: Mapping[RunId, Run], key: str, replies: list[str], thread: list[Message]) -> Iterator[str]:
    mine = [message for message in thread if message["user"] == BOT and not message["ephemeral"]]
    keys = Counter(key_of(message) for message in mine)
    yield from (f"{one!r} stands {times} times" for one, times in keys.items() if times > 1 or not one)
    here = {run_id: runs[run_id] for run_id in map(run_id_for, (key, *replies)) if run_id in runs}
    if run_id_for(key) not in here:
        yield "no run came of it"
    for reply in replies:
        if run_id_for(reply) not in runs and not any(reply in run.inputs for run in here.values()):
            yield f"the reply {reply} was not heard"
    for run in here.values():
        yield from _answers(run, keys)
    for message in mine:
        if BUTTONS & set(re.findall(r"'action_id': '(\w+)'", str(message["blocks"]))):
            yield f"{key_of(message)} still has buttons"
        if "is on it" in message["text"]:
            yield f"{key_of(message)} still says: {message['text']}"


def _answers(run: Run, keys: Counter[str]) -> Iterator[str]:
    """One answer, and one more at most for each message that came while an answer was being posted; the last one is the run's."""
    answers = [one for one in keys if re.fullmatch(rf"{run.run_id}/answer:\d+", one)]
    if not 1 <= len(answers) <= 1 + len(run.inputs):
        yield f"{run.run_id} has {len(answers)} answers"
    if f"{run.run_id}/answer:{run.steps}" not in keys:
        yield f"{run.run_id}'s last answer is not there"


def key_of(message: Message) -> str:
    """The event's key that a message of the bot carries."""
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("key", ""))
