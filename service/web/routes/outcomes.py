"""`POST /outcomes` and `POST /events`: what happened after a decision, and what a lead did since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from service.flows.outcomes import Recorded, Report, Unreadable, record_events, record_outcomes
from service.store.store import Store
from service.web.body import load
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.problems import FieldFault, Problem
from service.web.respond import json_answer
from service.web.schemas.outcomes import (
    EventRequest,
    EventsRequest,
    OutcomeRequest,
    OutcomesRequest,
    ReceiptsAnswer,
)

blueprint = Blueprint("outcomes", __name__, description="Outcomes of decisions, events of leads")

BATCH_BODY_BYTES = 1024 * 1024
_one_outcome, _one_event = OutcomeRequest(), EventRequest()
_FIELDS = {
    "unknown_decision": "decision_id", "unknown_slot": "slot", "unknown_kind": "kind",
    "negative_value": "value", "not_a_number": "value", "too_large": "value",
    "out_of_time": "at", "in_the_future": "at",
}  # fmt: skip


@blueprint.route("/outcomes", methods=["POST"])
@endpoint(
    scope="outcomes",
    takes=OutcomesRequest,
    answers=ReceiptsAnswer,
    also=(503,),
    keeps="again",
    body_limit=BATCH_BODY_BYTES,
    example={
        "event_id": "shop-981",
        "decision_id": "dec_01JX",
        "slot": "offer",
        "kind": "bought",
        "value": 349.0,
        "at": "2026-11-21T10:02:11Z",
    },
)
def outcomes(payload: Mapping[str, Any]) -> Response:
    """Takes one outcome, or up to 1,000 under `outcomes`: late, out of order, each once.

    One that is wrong is refused by name and the rest is accepted; a single one that is wrong is a 422.
    An outcome counts for lift when it happened within 30 days after its decision.
    """
    return _answer(payload, "outcomes", _one_outcome, record_outcomes)


@blueprint.route("/events", methods=["POST"])
@endpoint(
    scope="outcomes",
    takes=EventsRequest,
    answers=ReceiptsAnswer,
    also=(503,),
    keeps="again",
    body_limit=BATCH_BODY_BYTES,
    example={
        "event_id": "web-77",
        "lead_id": "crm-84213",
        "kind": "purchase",
        "product": "broadband",
        "value": 349.0,
        "at": "2026-11-21T10:02:11Z",
    },
)
def events(payload: Mapping[str, Any]) -> Response:
    """Takes one event of a lead, or up to 1,000 under `events`: late, out of order, each once.

    Purchases and complaints also count as outcomes of the lead's last decision before them.
    """
    return _answer(payload, "events", _one_event, record_events)


def _answer(
    payload: Mapping[str, Any],
    batch: str,
    schema: Schema,
    record: Callable[[Store, Sequence[Report]], Recorded],
) -> Response:
    single = batch not in payload
    if not single and len(payload) > 1:
        raise Problem(422, f"Send one report by its fields, or many under {batch}, not both.")
    reports = [load(schema, dict(payload))] if single else [_read(schema, sent) for sent in payload[batch]]
    recorded = record(current_services().store, reports)
    first = recorded.results[0]
    if single and first.fate == "refused":
        reason = first.reason or ""
        raise Problem(422, first.message or "", (FieldFault(_FIELDS.get(reason, "event_id"), reason),))
    return json_answer(
        {
            "accepted": recorded.count("accepted"),
            "duplicates": recorded.count("duplicate"),
            "refused": recorded.count("refused"),
            "results": [asdict(result) for result in recorded.results],
            "paused": recorded.paused,
        }
    )


def _read(schema: Schema, sent: Mapping[str, Any]) -> Report:
    try:
        report: Mapping[str, Any] = load(schema, dict(sent))
        return report
    except Problem as problem:
        event_id = sent.get("event_id")
        named = "; ".join(f"{fault.field}: {fault.message}" for fault in problem.errors)
        return Unreadable(event_id if isinstance(event_id, str) else None, named or problem.detail)
