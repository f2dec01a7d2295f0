"""Outcomes and events as they are sent, and the receipts that come back."""

from __future__ import annotations

from marshmallow import fields, validate

from service.store.outcomes import EVENT_KINDS, OUTCOME_KINDS
from service.web.schemas.answer import Answer
from service.web.schemas.enrich import OWN_LEAD_ID, Strict
from service.web.schemas.fields import Moment, Whole, refuse_personal

MAX_REPORTS = 1000
_ID = (Whole(r"^[\x21-\x7e]{1,128}$"), refuse_personal)
_EVENT_ID = {
    "description": "Your own id of this report: sent again, it counts once. Made from the rest if absent."
}


class OutcomeRequest(Strict):
    """What happened after one decision. Without `slot`, of the decision as a whole."""

    event_id = fields.String(validate=_ID, metadata=_EVENT_ID)
    decision_id = fields.String(required=True, validate=validate.Length(max=64))
    slot = fields.String(load_default="", validate=validate.Length(max=64))
    kind = fields.String(required=True, metadata={"enum": list(OUTCOME_KINDS)})
    value = fields.Float(load_default=0.0, allow_nan=True)
    at = Moment(required=True, metadata={"description": "With its offset: 2026-11-21T10:02:11Z."})


class EventRequest(Strict):
    """One thing a lead did. A purchase or complaint also counts as outcome of the lead's last decision."""

    event_id = fields.String(validate=_ID, metadata=_EVENT_ID)
    lead_id = fields.String(required=True, validate=OWN_LEAD_ID)
    kind = fields.String(required=True, metadata={"enum": list(EVENT_KINDS)})
    product = fields.String(allow_none=True, validate=Whole(r"^[\w .:/+-]{1,64}$"))
    value = fields.Float(allow_none=True, allow_nan=True)
    at = Moment(required=True, metadata={"description": "With its offset: 2026-11-21T10:02:11Z."})


class OutcomesRequest(Strict):
    """One outcome by its fields, or up to 1,000 under `outcomes`."""

    outcomes = fields.List(fields.Dict(), validate=validate.Length(min=1, max=MAX_REPORTS))
    event_id = fields.Raw()
    decision_id = fields.Raw()
    slot = fields.Raw()
    kind = fields.Raw()
    value = fields.Raw()
    at = fields.Raw()


class EventsRequest(Strict):
    """One event by its fields, or up to 1,000 under `events`."""

    events = fields.List(fields.Dict(), validate=validate.Length(min=1, max=MAX_REPORTS))
    event_id = fields.Raw()
    lead_id = fields.Raw()
    kind = fields.Raw()
    product = fields.Raw()
    value = fields.Raw()
    at = fields.Raw()


class ReceiptAnswer(Answer):
    """What became of one report. `reason` is a code, `message` the sentence that goes with it."""

    event_id = fields.String(required=True, allow_none=True)
    fate = fields.String(required=True, validate=validate.OneOf(["accepted", "duplicate", "refused"]))
    reason = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)


class ReceiptsAnswer(Answer):
    """Counts, and a receipt for each report in the order sent."""

    accepted = fields.Integer(required=True)
    duplicates = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    results = fields.List(fields.Nested(ReceiptAnswer), required=True)
    paused = fields.List(fields.String(), required=True)
