"""`/pauses`: the treatments that are not given for now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows.pauses import list_pauses, pause_treatment, resume_treatment
from service.store.pauses import Pause
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.pauses import PauseRequest, PausesAnswer

blueprint = Blueprint("pauses", __name__, description="Treatments that are not given for now")


@blueprint.route("/pauses")
@endpoint(scope="reports", answers=PausesAnswer, also=(503,))
def pauses() -> Response:
    """What is paused, by a person or for its complaints, with the reason and since when."""
    return _answer(list_pauses(current_services().store))


@blueprint.route("/pauses", methods=["POST"])
@endpoint(
    scope="pauses",
    takes=PauseRequest,
    answers=PausesAnswer,
    also=(404, 503),
    keeps="answer",
    example={"action": "pause", "slot": "offer", "treatment": "offer-large-box", "reason": "out of stock"},
)
def change_pause(payload: Mapping[str, Any]) -> Response:
    """Pauses a treatment until it is resumed, or resumes it; answers what is paused then.

    Decisions follow within a second. Only complaints about decisions made since it was resumed can pause a
    treatment again.
    """
    services = current_services()
    slot, treatment = payload["slot"], payload["treatment"]
    if payload["action"] == "resume":
        return _answer(resume_treatment(services.store, slot, treatment))
    reason = payload.get("reason", "paused by hand")
    return _answer(pause_treatment(services.store, services.assets().policy, slot, treatment, reason))


def _answer(found: Sequence[Pause]) -> Response:
    return json_answer(
        {
            "pauses": [
                {"slot": p.slot, "treatment": p.treatment, "reason": p.reason, "since": p.since}
                for p in found
            ]
        }
    )
