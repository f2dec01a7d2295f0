"""Reserving an agent for a lead, and what becomes of the reservation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows import desk as flow
from service.store.desk import HOLD_S
from service.web.desk import current_desk
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.desk import (
    ReservationAnswer,
    ReservationRequest,
    ReserveAnswer,
    ReserveRequest,
)

blueprint = Blueprint("reservations", __name__, description="Reserving an agent for a lead")


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
    held = flow.reserve(current_desk(), lead_id, payload.get("agent_id"), payload.get("hold_seconds", HOLD_S))
    return json_answer(
        {
            "state": "reserved" if held.reservation else "waiting",
            "reservation": held.reservation and asdict(held.reservation),
            "waiting": held.waiting and asdict(held.waiting),
            "call_from": held.call_from,
        }
    )


@blueprint.route("/leads/<lead_id>/agent/reservation")
@endpoint(scope="desk", answers=ReservationAnswer, also=(404, 503))
def reservation(lead_id: str) -> Response:
    """The newest reservation of a lead, in force or ended."""
    return json_answer(asdict(flow.latest_reservation(current_desk(), lead_id)))


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
    return _moved(lead_id, "accept", payload)


@blueprint.route("/leads/<lead_id>/agent/reject", methods=["POST"])
@_moves
def reject(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """The agent will not take it: the lead waits again, and this agent comes last for it."""
    return _moved(lead_id, "reject", payload)


@blueprint.route("/leads/<lead_id>/agent/release", methods=["POST"])
@_moves
def release(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """Gives the agent back; the lead waits again."""
    return _moved(lead_id, "release", payload)


@blueprint.route("/leads/<lead_id>/agent/complete", methods=["POST"])
@_moves
def complete(lead_id: str, payload: Mapping[str, Any]) -> Response:
    """The call is done: the agent is free, and the lead leaves the queue."""
    return _moved(lead_id, "complete", payload)


def _moved(lead_id: str, how: str, payload: Mapping[str, Any]) -> Response:
    return json_answer(asdict(flow.move(current_desk(), lead_id, how, payload.get("reservation_id"))))
