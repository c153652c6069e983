"""What waits for people, and its decisions, over the API."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from agents.core.approval import Refusal
from agents.core.grants import LONGEST, MOST, Terms
from agents.core.ids import AskId, run_of
from agents.core.state import Ask, Run
from bot.http.api_access import By, Client, Door, behind, refused, takes
from bot.http.api_asking import In
from bot.http.api_docs import problems
from bot.http.api_parts import Api
from bot.http.api_runs import seen
from bot.http.api_shapes import RUN, GateDetail, GateOut, Told, gate_detail, gate_out
from bot.http.edge import Edge
from bot.http.problem import Problem

AskPath = Annotated[str, Path(alias="ask_id", max_length=120, description="The id of a question.", examples=[f"{RUN}.a1"])]


class GateList(Told):
    """Questions to people."""

    approvals: list[GateOut]


class TermsIn(In):
    """What a grant allows: calls of the same tool by the same agent, without asking."""

    seconds: int = Field(default=3600, ge=1, le=LONGEST, description="How long.")
    uses: int = Field(default=10, ge=1, le=MOST, description="How often.")
    any: list[Annotated[str, Field(max_length=100)]] = Field(
        default_factory=list, max_length=50, description="Names of the arguments that may then be anything; the others stay as they are.",
        examples=[["reason"]],
    )


class ChoiceIn(In):
    """A decision that needs nothing more to be said."""

    choice: Literal["approve", "happened", "retry", "abandon", "raise", "finish", "stop"] = Field(
        description="approval: approve. A call in doubt: happened, retry, abandon. A limit: raise, finish, stop.", examples=["approve"]
    )


class WordsIn(In):
    """A denial with its reason, or a reply to a question in words."""

    choice: Literal["deny", "reply"] = Field(examples=["deny"])
    reason: str = Field(
        min_length=1, max_length=10_000, pattern=r"\S", description="What the agent reads.", examples=["Not during the sale."]
    )


class EditIn(In):
    """The call is to be another one, which is then asked about anew."""

    choice: Literal["edit"]
    arguments: dict[str, Any] = Field(
        description="All arguments of the changed call.", examples=[{"service": "checkout", "to_version": "2.4.0"}]
    )


class GrantIn(In):
    """Approve, and let calls like it run without asking for a while."""

    choice: Literal["grant"]
    terms: TermsIn = Field(default_factory=TermsIn)


DecisionIn = Annotated[ChoiceIn | WordsIn | EditIn | GrantIn, Field(discriminator="choice")]
"""A decision on a question."""


class Decided(Told):
    """A decision was recorded."""

    text: str = Field(description="What happens now, in one sentence.", examples=["Approved. It runs now."])
    approval: GateDetail


def approvals(edge: Edge, api: Api, door: Door) -> APIRouter:
    """The operations on questions to people."""
    router = APIRouter(tags=["approvals"], route_class=behind(door))

    @router.get(
        "/v1/approvals", summary="List what waits for people", openapi_extra=takes("viewer"), response_model=GateList,
        responses=problems(401, 403, 422),
    )
    async def lists(
        by: By, state: Annotated[Literal["open", "all"], Query(description="`all` lists what is decided too, newest first.")] = "open",
        agent: Annotated[str | None, Query(max_length=64)] = None, run: Annotated[str | None, Query(max_length=100)] = None,
        kind: Literal["approval", "doubt", "limit", "help"] | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> GateList:
        """The questions that the token may see; open ones oldest first."""
        found = await api.waiting.seen(by.voter, open_only=state == "open")
        kept = [ask for ask in found if agent in (None, ask.agent) and run in (None, ask.run_id) and kind in (None, ask.kind)]
        return GateList(approvals=[gate_out(ask) for ask in kept[:limit]])

    _one(router, edge, api)
    return router


def _one(router: APIRouter, edge: Edge, api: Api) -> None:
    @router.get(
        "/v1/approvals/{ask_id}", summary="See one question", openapi_extra=takes("viewer"), response_model=GateDetail,
        responses=problems(401, 403, 404, 422),
    )
    async def see(ask_id: AskPath, by: By) -> GateDetail:
        """What would run, what it would change, and who may decide."""
        return gate_detail(*await _asked(edge, api, by, ask_id))

    @router.post(
        "/v1/approvals/{ask_id}", summary="Decide a question", openapi_extra=takes("operator"), response_model=Decided,
        responses=problems(400, 401, 403, 404, 409, 422),
    )
    async def decide(ask_id: AskPath, decision: DecisionIn, by: By) -> Decided:
        """As the token: it approves only where the approvers name `api/TOKEN`, and never what it asked for itself."""
        run, ask = await _asked(edge, api, by, ask_id)
        done = await edge.runs.answer(
            ask.ask_id, decision.choice, by.token.actor, decision.reason if isinstance(decision, WordsIn) else "",
            arguments=decision.arguments if isinstance(decision, EditIn) else None,
            terms=_terms(run, ask, decision) if isinstance(decision, GrantIn) else None,
        )
        if isinstance(done, Refusal):
            raise refused(done)
        return Decided(text=done.text, approval=gate_detail(*await _asked(edge, api, by, ask_id)))


async def _asked(edge: Edge, api: Api, by: Client, ask_id: str) -> tuple[Run, Ask]:
    """The question and its run. Raises Problem."""
    run = await seen(edge, api, by, run_of(AskId(ask_id)))
    ask = run.asks.get(AskId(ask_id))
    if ask is None:
        raise Problem(404, "There is no such question that you may see.")
    return run, ask


def _terms(run: Run, ask: Ask, decision: GrantIn) -> Terms:
    """What is granted. Raises Problem where it leaves open what the call does not have."""
    given, arguments = decision.terms, run.calls[ask.call_id].arguments if ask.call_id else {}
    if unknown := [name for name in given.any if name not in arguments]:
        raise Problem(422, f"terms.any: the call has no argument {', '.join(unknown)[:200]}.")
    return Terms(given.seconds, given.uses, tuple(name for name in arguments if name not in given.any))
