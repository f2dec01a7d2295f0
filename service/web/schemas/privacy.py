"""Objections, export and erasure."""

from __future__ import annotations

from marshmallow import Schema, fields

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import OWN_LEAD_ID, Strict


class ObjectionRequest(Strict):
    lead_id = fields.String(required=True, validate=OWN_LEAD_ID)


class ObjectionAnswer(Answer):
    lead_id = fields.String(required=True)
    objected = fields.Boolean(required=True)
    at = fields.AwareDateTime(required=True, allow_none=True)


class LeadRecordsAnswer(Schema):
    """All that is stored under a lead's id, by kind. There is no address, name or contact detail to show."""

    class Meta:
        unknown = "include"

    lead_id = fields.String(required=True)
    objected = fields.Boolean(required=True)
    decisions = fields.List(fields.Dict(), required=True)
    outcomes = fields.List(fields.Dict(), required=True)
    events = fields.List(fields.Dict(), required=True)
    reservations = fields.List(fields.Dict(), required=True)


class ErasureAnswer(Answer):
    lead_id = fields.String(required=True)
    erased = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    objection_kept = fields.Boolean(required=True)
