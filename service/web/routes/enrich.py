"""`POST /enrich`: one lead in, one decision out. `POST /enrich/batch`: up to 1,000 of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from service.flows.leads import lead_of
from service.model import Decision
from service.web.answer import answer_bytes
from service.web.body import load
from service.web.context import current_services, current_site
from service.web.endpoint import endpoint
from service.web.idempotency import note_decision, repeated_decision
from service.web.problems import Problem, problem_body
from service.web.respond import json_bytes
from service.web.schemas.answer import BatchAnswer, EnrichAnswer
from service.web.schemas.enrich import EXAMPLE, BatchRequest, EnrichRequest
from service.web.visit import current_key

blueprint = Blueprint("enrich", __name__, description="One address in, one decision out")

BATCH_BODY_BYTES = 4 * 1024 * 1024
_one_lead = EnrichRequest()


@blueprint.route("/v1/enrich", methods=["POST"], endpoint="enrich_v1")
@blueprint.route("/enrich", methods=["POST"])
@endpoint(
    scope="enrich",
    publishable=True,
    takes=EnrichRequest,
    answers=EnrichAnswer,
    example=EXAMPLE,
    keeps="decisions",
)
def enrich(payload: Mapping[str, Any]) -> Response:
    """Decides one lead.

    What a person typed never gives an error: an address that is not understood gets the standard
    flow, and the answer says so. A publishable key gets the washed address and what to show only.
    """
    return json_bytes(_answer(payload))


@blueprint.route("/enrich/batch", methods=["POST"])
@endpoint(
    scope="enrich", takes=BatchRequest, answers=BatchAnswer, body_limit=BATCH_BODY_BYTES, keeps="decisions"
)
def enrich_batch(payload: Mapping[str, Any]) -> Response:
    """Decides up to 1,000 leads, each as `POST /enrich` would.

    A lead that is refused has a `problem` in its place; the others are answered. Results keep the order.
    """
    results: list[dict[str, Any]] = []
    for sent in payload["leads"]:
        try:
            lead = load(_one_lead, sent)
        except Problem as problem:
            body = problem_body(problem.status, problem.detail, problem.errors)
            results.append({"problem": body})
        else:
            results.append({"answer": orjson.Fragment(_answer(lead))})
    answered = sum("answer" in result for result in results)
    return json_bytes(
        orjson.dumps({"results": results, "answered": answered, "refused": len(results) - answered})
    )


def _answer(sent: Mapping[str, Any]) -> bytes:
    return answer_bytes(_decide(sent), current_key().kind, current_services().assets().policy.slots)


def _decide(sent: Mapping[str, Any]) -> Decision:
    site = current_site()
    services = site.services
    lead = lead_of(sent, services.config.country, services.assets().language_of)
    again = repeated_decision(lead)
    if again is not None:
        return again
    decision = services.enricher.enrich_lead(lead)
    note_decision(decision)
    site.metrics.count_decision(decision.country, decision.status, decision.reason)
    site.metrics.count_match(decision.country, decision.address.level, decision.address.category)
    return decision
