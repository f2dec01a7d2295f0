"""`POST /outcomes` and `POST /events`: what happened after a decision, and what a lead did since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from service.learn.lift.compare import COMPLAINT_LIMIT, complaint_alarms
from service.store.outcomes import LeadEvent, Outcome, Receipt
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
MESSAGES: Mapping[str, str] = {
    "unknown_decision": "No such decision is on record; send the decision_id of an answer of /enrich.",
    "unknown_slot": "The decision has no such slot; leave slot out for the decision as a whole.",
    "unknown_kind": "No such kind; the kinds are listed under /docs.",
    "negative_value": "The value is below zero; send what was bought, and leave returns out.",
    "not_a_number": "The value is not a finite number.",
    "in_the_future": "The time lies in the future; send times with their offset, and check the clock.",
    "different_under_same_id": "Another report came under this event_id before; give each its own id.",
    "outside_window": "Kept, but too long after the decision to be put down to it (30 days).",
    "before_decision": "Kept, but it happened before the decision.",
    "no_decision": "Kept, but no decision was made for this lead before it.",
    "invalid": "A field is wrong.",
}


@blueprint.route("/outcomes", methods=["POST"])
@endpoint(
    scope="outcomes", takes=OutcomesRequest, answers=ReceiptsAnswer, also=(503,), keeps="again",
    body_limit=BATCH_BODY_BYTES,
    example={"event_id": "shop-981", "decision_id": "dec_01JX", "slot": "offer", "kind": "bought",
             "value": 349.0, "at": "2026-11-21T10:02:11Z"},
)  # fmt: skip
def outcomes(payload: Mapping[str, Any]) -> Response:
    """Takes one outcome, or up to 1,000 under `outcomes`: late, out of order, each once.

    One that is wrong is refused by name and the rest is accepted; a single one that is wrong is a 422.
    An outcome counts for lift when it happened within 30 days after its decision.
    """
    store = current_services().store
    return _answer(payload, "outcomes", _one_outcome, lambda items: store.outcomes.record(_outcomes(items)))


@blueprint.route("/events", methods=["POST"])
@endpoint(
    scope="outcomes", takes=EventsRequest, answers=ReceiptsAnswer, also=(503,), keeps="again",
    body_limit=BATCH_BODY_BYTES,
    example={"event_id": "web-77", "lead_id": "crm-84213", "kind": "purchase", "product": "broadband",
             "value": 349.0, "at": "2026-11-21T10:02:11Z"},
)  # fmt: skip
def events(payload: Mapping[str, Any]) -> Response:
    """Takes one event of a lead, or up to 1,000 under `events`: late, out of order, each once.

    Purchases and complaints also count as outcomes of the lead's last decision before them.
    """
    store = current_services().store
    return _answer(payload, "events", _one_event, lambda items: store.outcomes.record_events(_events(items)))


def _answer(payload: Mapping[str, Any], batch: str, schema: Schema, record: Any) -> Response:
    single = batch not in payload
    if not single and len(payload) > 1:
        raise Problem(422, f"Send one report by its fields, or many under {batch}, not both.")
    sent: Sequence[Mapping[str, Any]] = [payload] if single else payload[batch]
    receipts: list[dict[str, Any] | None] = []
    good: list[Mapping[str, Any]] = []
    for report in sent:
        try:
            good.append(load(schema, dict(report)))
            receipts.append(None)
        except Problem as problem:
            if single:
                raise
            receipts.append(_invalid(report, problem))
    taken = iter([_receipt(r) for r in record(good)] if good else [])
    results = [receipt or next(taken) for receipt in receipts]
    if single and results[0]["fate"] == "refused":
        reason = results[0]["reason"]
        raise Problem(422, results[0]["message"], (FieldFault(_FIELDS.get(reason, "event_id"), reason),))
    fates = [result["fate"] for result in results]
    complained = any(report["kind"] in ("complained", "complaint") for report in good)
    return json_answer(
        {
            "accepted": fates.count("accepted"),
            "duplicates": fates.count("duplicate"),
            "refused": fates.count("refused"),
            "results": results,
            "paused": pause_complained(current_services().store) if complained else [],
        }
    )


_FIELDS = {
    "unknown_decision": "decision_id", "unknown_slot": "slot", "unknown_kind": "kind",
    "negative_value": "value", "not_a_number": "value", "in_the_future": "at",
}  # fmt: skip


def _receipt(receipt: Receipt) -> dict[str, Any]:
    message = MESSAGES[receipt.reason] if receipt.reason else None
    return {"event_id": receipt.event_id, "fate": receipt.fate, "reason": receipt.reason, "message": message}


def _invalid(report: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    event_id = report.get("event_id")
    named = "; ".join(f"{fault.field}: {fault.message}" for fault in problem.errors)
    return {
        "event_id": event_id if isinstance(event_id, str) else None,
        "fate": "refused",
        "reason": "invalid",
        "message": named or problem.detail,
    }


def _outcomes(items: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    return [Outcome(**{**item, "event_id": item.get("event_id") or derived_id(item)}) for item in items]


def _events(items: Sequence[Mapping[str, Any]]) -> list[LeadEvent]:
    return [LeadEvent(**{**item, "event_id": item.get("event_id") or derived_id(item)}) for item in items]


def derived_id(report: Mapping[str, Any]) -> str:
    """An id from all that the report says, so that the same report sent twice counts once."""
    content = {key: value for key, value in report.items() if key != "event_id"}
    return "auto:" + hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def pause_complained(store: Store) -> list[str]:
    """Pauses treatments whose complaint rate is above the limit for certain; their names."""
    found = [alarm for alarm in complaint_alarms(store.facts.complaints(), COMPLAINT_LIMIT) if alarm.pause]
    return [
        f"{alarm.slot}/{alarm.treatment}"
        for alarm in found
        if store.guards.pause(alarm.slot, alarm.treatment, f"complaints above {COMPLAINT_LIMIT:.0%}")
    ]
