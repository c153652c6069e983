"""What comes of a request that the terminal makes of a running bot."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agents.core.approval import Refusal
from agents.core.errors import CountersignError, NotFound
from agents.core.events import TokenMade
from agents.core.grants import Terms
from agents.core.ids import AskId, CallId, GrantId, RunId
from agents.runs import Answered
from bot.door import Door


async def dealt_with(line: bytes, door: Door) -> dict[str, Any]:
    """What a request comes to. Whatever it holds, there is an answer."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "The request was no JSON."}
    try:
        done = await _done_to_run(request, door) or await _switched(request, door)
    except CountersignError as error:
        return {"error": str(error), "kind": type(error).__name__}
    match done:
        case None:
            return {"error": "The running bot does not know this request; is it of another version?"}
        case Refusal(code, text):
            return {"refused": code, "text": text}
        case Answered(run_id, text):
            return {"run_id": run_id, "text": text}
    return {"text": done}


async def _done_to_run(request: Any, door: Door) -> Answered | Refusal | None:
    """What came of a request about one run; None where it is none."""
    match request:
        case {"do": "ask", "text": str(text), "agent": str() | None as agent, "key": str(key)}:
            return Answered(await door.ask(text, agent, key), "")
        case {
            "do": "answer", "ask_id": str(ask_id), "choice": str(choice), "reason": str(reason), "arguments": dict() | None as arguments,
            "terms": dict() | None as terms,
        }:
            return await door.answer(AskId(ask_id), choice, reason, arguments=arguments, terms=_terms(terms))
        case {"do": "stop", "run_id": str(run_id), "takes_over": bool(takes_over)}:
            return await door.stop(RunId(run_id), takes_over=takes_over)
        case {"do": "undo", "run_id": str(run_id), "call_id": str(call_id)}:
            return await door.undo(RunId(run_id), CallId(call_id))
    return None


async def _switched(request: Any, door: Door) -> str | Refusal | None:
    """What came of a request about everything at once; None where it is none."""
    match request:
        case {"do": "halt", "scope": str(scope), "reason": str(reason)}:
            return await door.halt(scope, reason)
        case {"do": "resume", "scope": str(scope)}:
            return await door.resume(scope)
        case {"do": "revoke", "grant_id": str(grant_id)}:
            return await door.revoke(GrantId(grant_id))
        case {"do": "forget", "number": int(number), "agent": str(agent)}:
            return await door.forget(number, agent)
        case {"do": "trust", "tool": str(tool), "definition": str(definition)}:
            return await door.trust(tool, definition)
        case {"do": "schedule", "deed": "pause" | "resume" | "run" as deed, "name": str(name)}:
            return await door.schedule(deed, name)
        case {"do": "replay", "number": int(number)}:
            return await door.replay(number)
        case {"do": "drop", "number": int(number)}:
            return await door.drop(number)
    return await _let(request, door)


async def _let(request: Any, door: Door) -> str | Refusal | None:
    """What came of a request about programs; None where it is none."""
    match request:
        case {"do": "let_in", "token": dict(token)}:
            return await door.let_in(_token(token))
        case {"do": "shut_out", "name": str(name)}:
            return await door.shut_out(name)
    return None


def _terms(given: Mapping[str, Any] | None) -> Terms | None:
    """Raises NotFound where these are no terms: half understood, they would allow what nobody wanted."""
    match given:
        case None:
            return None
        case {"seconds": int(seconds), "uses": int(uses), "fixed": [*fixed]} if all(isinstance(name, str) for name in fixed):
            return Terms(seconds, uses, tuple(fixed))
    raise NotFound("The request has terms that are none.")


def _token(given: dict[str, Any]) -> TokenMade:
    """Raises NotFound where this is no token."""
    try:
        return TypeAdapter(TokenMade).validate_python(given)
    except ValidationError as error:
        raise NotFound("The request has a token that is none.") from error
