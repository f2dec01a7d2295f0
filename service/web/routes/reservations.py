"""Reserving an agent for a lead, and what becomes of the reservation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.decide.agents import Agent
from service.decide.call_now import CallNow, check_call_now
from service.decide.roster import merge_roster
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.model import Decision
from service.store.desk import HOLD_S, Reservation
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.routes.leads import latest_decision
from service.web.schemas.desk import (
    ReservationAnswer,
    ReservationRequest,
    ReserveAnswer,
    ReserveRequest,
)

blueprint = Blueprint("reservations", __name__, description="Reserving an agent for a lead")

AGENT_SLOT = "agent"
OUTSIDE_HOURS = "outside_call_hours"


@blueprint.route("/leads/<lead_id>/agent/reserve", methods=["POST"])
@endpoint(
    scope="desk",
    takes=ReserveRequest,
    takes_optional=True,
    answers=ReserveAnswer,
    also=(404, 503),
    keeps="answer",
)
def reserve(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """Holds the best free agent for a lead until it is accepted or the time is over.

    First the agents that the decision prefers, in their order, then the others who speak the lead's
    language. With nobody free the lead waits in the queue, and the answer says at which place. A lead
    that may not be called is refused with 409. Outside call hours the agent may be held, but not dial
    before `call_from`.
    """
    decision = latest_decision(lead_id)
    now = current_services().now()
    call = call_now(decision, now)
    if not (call.allowed or call.reason == OUTSIDE_HOURS):
        raise ConflictError(_why_not(call))
    if current_services().store.guards.objected(lead_id):
        raise ConflictError("This lead has objected since it was decided: do not call.")
    here = current_roster()
    wanted = payload.get("agent_id")
    if wanted is not None and wanted not in {agent.id for agent in here}:
        raise InvalidInputError("There is no agent with this id; GET /agents lists them.", "agent_id")
    made = current_services().store.desk.reserve(
        lead_id,
        decision.decision_id,
        [wanted] if wanted is not None else _in_order(decision, here),
        {agent.id: agent.capacity for agent in here},
        payload.get("hold_seconds", HOLD_S),
        market=(decision.country, decision.language),
    )
    opens = max(call.opens or now, now)
    if isinstance(made, Reservation):
        held = {"state": "reserved", "reservation": asdict(made), "waiting": None}
    else:
        held = {"state": "waiting", "reservation": None, "waiting": asdict(made)}
    return json_answer({**held, "call_from": opens})


@blueprint.route("/leads/<lead_id>/agent/reservation")
@endpoint(scope="desk", answers=ReservationAnswer, also=(404, 503))
def reservation(lead_id: str) -> Response:
    """The newest reservation of a lead, in force or ended."""
    latest_decision(lead_id)
    found = current_services().store.desk.reservation(lead_id)
    if found is None:
        raise NotFoundError("No agent has been reserved for this lead.")
    return json_answer(asdict(found))


_moves = endpoint(
    scope="desk",
    takes=ReservationRequest,
    takes_optional=True,
    answers=ReservationAnswer,
    also=(404, 409, 503),
    keeps="answer",
)


@blueprint.route("/leads/<lead_id>/agent/accept", methods=["POST"])
@_moves
def accept(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """The agent takes the call. 409 when the reservation has expired: reserve again."""
    desk = current_services().store.desk
    return json_answer(asdict(desk.accept(_of_log(lead_id), payload.get("reservation_id"))))


@blueprint.route("/leads/<lead_id>/agent/reject", methods=["POST"])
@_moves
def reject(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """The agent will not take it: the lead waits again, and this agent comes last for it."""
    desk = current_services().store.desk
    return json_answer(asdict(desk.reject(_of_log(lead_id), payload.get("reservation_id"))))


@blueprint.route("/leads/<lead_id>/agent/release", methods=["POST"])
@_moves
def release(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """Gives the agent back; the lead waits again."""
    desk = current_services().store.desk
    return json_answer(asdict(desk.release(_of_log(lead_id), payload.get("reservation_id"))))


@blueprint.route("/leads/<lead_id>/agent/complete", methods=["POST"])
@_moves
def complete(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """The call is done: the agent is free, and the lead leaves the queue."""
    desk = current_services().store.desk
    return json_answer(asdict(desk.complete(_of_log(lead_id), payload.get("reservation_id"))))


def call_now(decision: Decision, now: datetime) -> CallNow:
    """Whether the lead may be called at `now`: the permission and its end, call hours, holidays."""
    return check_call_now(current_services().assets().policy, decision, now)


def current_roster() -> tuple[Agent, ...]:
    """All agents there are: those of the policy, and what was declared since."""
    services = current_services()
    return merge_roster(services.assets().policy.agents.agents, services.store.agents.declared())


def _of_log(lead_id: str) -> str:
    return latest_decision(lead_id).lead_id


def _why_not(call: CallNow) -> str:
    reason = call.reason.replace("_", " ")
    return f"This lead may not be called ({reason}); a new decision with the consent needed may allow it."


def _in_order(decision: Decision, here: tuple[Agent, ...]) -> list[str]:
    """The preferred agents, then the others on shift who speak the lead's language in its country."""
    content = decision.treatments[AGENT_SLOT].content
    preferred = [str(agent_id) for agent_id in _list(content.get("preferred_agents"))]
    now = current_services().now()
    on_shift = {agent.id for agent in here if agent.is_on_shift(now)}
    able = [
        agent.id
        for agent in here
        if decision.country in agent.countries and decision.language in agent.languages
    ]
    return [agent_id for agent_id in dict.fromkeys([*preferred, *able]) if agent_id in on_shift]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []
