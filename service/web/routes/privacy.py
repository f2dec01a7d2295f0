"""Objections, and what is stored of a lead: shown and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.errors import NotFoundError
from service.flows.privacy import erase_lead, export_lead
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.privacy import ErasureAnswer, LeadRecordsAnswer, ObjectionAnswer, ObjectionRequest

blueprint = Blueprint("privacy", __name__, description="Objections, export and erasure")


@blueprint.route("/objections", methods=["POST"])
@endpoint(
    scope="privacy",
    takes=ObjectionRequest,
    answers=ObjectionAnswer,
    also=(503,),
    keeps="answer",
    example={"lead_id": "crm-84213"},
)
def objection(payload: Mapping[str, Any]) -> Response:
    """Records that a lead objects to profiling: every later answer is the standard flow.

    It holds at once, and survives the erasure of everything else (it is kept under a salted hash).
    """
    at = current_services().store.guards.object_to_profiling(payload["lead_id"])
    return json_answer({"lead_id": payload["lead_id"], "objected": True, "at": at})


@blueprint.route("/objections/<lead_id>", methods=["DELETE"])
@endpoint(scope="privacy", answers=ObjectionAnswer, also=(404, 503))
def withdrawn_objection(lead_id: str) -> Response:
    """The lead takes its objection back."""
    if not current_services().store.guards.withdraw_objection(lead_id):
        raise NotFoundError("There is no objection of this lead.")
    return json_answer({"lead_id": lead_id, "objected": False, "at": None})


@blueprint.route("/leads/<lead_id>/data")
@endpoint(scope="privacy", answers=LeadRecordsAnswer, also=(404, 503))
def lead_records(lead_id: str) -> Response:
    """All that is stored of a lead, to be handed to the person. There is no address in it."""
    return json_answer(export_lead(current_services().store, lead_id))


@blueprint.route("/leads/<lead_id>/data", methods=["DELETE"])
@endpoint(scope="privacy", answers=ErasureAnswer, also=(404, 503))
def erased_lead(lead_id: str) -> Response:
    """Erases all that is stored of a lead, at once and for good. An objection stays, without the id."""
    erased, objected = erase_lead(current_services().store, lead_id)
    return json_answer({"lead_id": lead_id, "erased": erased, "objection_kept": objected})
