"""The agents, and who is halted, over the API."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from agents.core.approval import Refusal
from agents.core.errors import NotFound
from agents.core.switches import Halt
from agents.spec import AgentSpec
from bot.http.api_access import By, Client, Door, behind, refused, takes
from bot.http.api_asking import In
from bot.http.api_docs import problems
from bot.http.api_parts import Api
from bot.http.api_runs import Done
from bot.http.api_shapes import Told
from bot.http.edge import Edge
from bot.http.problem import Problem


class HaltOut(Told):
    """An agent, or everything, is frozen."""

    agent: str | None = Field(description="null for every agent.", examples=["triage"])
    by: str = Field(examples=["T01ACME/U01ALICE"])
    reason: str = Field(examples=["We are being attacked."])
    at: datetime


class AgentOut(Told):
    """An agent as it is configured."""

    name: str = Field(examples=["triage"])
    description: str = Field(examples=["Finds out what is wrong with a service."])
    autonomy: str = Field(description="shadow, supervised, partial or full.", examples=["partial"])
    tier: str = Field(description="The model tier that reasons for it.", examples=["smart"])
    tools: list[str] = Field(examples=[["service_status", "rollback_service"]])
    halted: HaltOut | None


class AgentList(Told):
    """The agents that the token has to do with."""

    agents: list[AgentOut]


class HaltIn(In):
    """What is to be frozen."""

    agent: str | None = Field(default=None, min_length=1, max_length=64, description="null for every agent.", examples=["triage"])
    reason: str = Field(
        default="", max_length=1000, description="People read it wherever something waits.", examples=["We are being attacked."]
    )


class HaltList(Told):
    """What is frozen now."""

    halts: list[HaltOut]


def agents(edge: Edge, api: Api, door: Door) -> APIRouter:
    """The operations on agents and halts."""
    router = APIRouter(tags=["agents"], route_class=behind(door))

    @router.get(
        "/v1/agents", summary="List the agents", openapi_extra=takes("viewer"), response_model=AgentList, responses=problems(401, 403)
    )
    async def lists(by: By) -> AgentList:
        """Those that the token has to do with."""
        return AgentList(agents=[_agent(spec, api) for name, spec in edge.agents.items() if by.voter.covers(name)])

    _halts(router, edge, api)
    return router


def _halts(router: APIRouter, edge: Edge, api: Api) -> None:
    @router.get(
        "/v1/halts", summary="List what is halted", openapi_extra=takes("viewer"), response_model=HaltList, responses=problems(401, 403)
    )
    async def halted(by: By) -> HaltList:
        """Nothing of what is listed begins, and none of its questions can be decided."""
        halts = api.standing.switches.halts.values()
        return HaltList(halts=[_halt(halt) for halt in halts if not halt.scope or by.voter.covers(halt.scope)])

    @router.post(
        "/v1/halts", summary="Halt an agent, or everything", status_code=201, openapi_extra=takes("operator"), response_model=Done,
        responses=problems(400, 401, 403, 404, 409, 422),
    )
    async def halt(what: HaltIn, by: By) -> Done:
        """Nothing begins, no grant counts, and no question can be decided, until an admin ends it. It outlives restarts."""
        return await _switched(edge, by, what.agent or "", what.reason)

    @router.delete(
        "/v1/halts", summary="End the halt of everything", openapi_extra=takes("admin"), response_model=Done,
        responses=problems(401, 403, 404, 409),
    )
    async def resume_all(by: By) -> Done:
        """That of a single agent is ended by itself."""
        return await _switched(edge, by, "", None)

    @router.delete(
        "/v1/halts/{agent}", summary="End the halt of an agent", openapi_extra=takes("admin"), response_model=Done,
        responses=problems(401, 403, 404, 409, 422),
    )
    async def resume(agent: Annotated[str, Path(min_length=1, max_length=64, examples=["triage"])], by: By) -> Done:
        """What is open goes on where it was."""
        return await _switched(edge, by, agent, None)


async def _switched(edge: Edge, by: Client, scope: str, halts: str | None) -> Done:
    """Halt with this reason, or resume where it is None. Raises Problem."""
    try:
        if halts is None:
            done = await edge.switchboard.resume(scope, by.token.actor)
        else:
            done = await edge.switchboard.halt(scope, by.token.actor, halts)
    except NotFound as error:
        raise Problem(404, str(error) if not by.voter.agents else "There is no such agent.") from error
    if isinstance(done, Refusal):
        raise refused(done)
    return Done(text=done)


def _agent(spec: AgentSpec, api: Api) -> AgentOut:
    halt = api.standing.halt_of(spec.name)
    return AgentOut(
        name=spec.name, description=spec.description, autonomy=spec.autonomy, tier=spec.tier, tools=list(spec.tools),
        halted=_halt(halt) if halt else None,
    )


def _halt(halt: Halt) -> HaltOut:
    return HaltOut(agent=halt.scope or None, by=halt.by, reason=halt.reason, at=halt.at)
