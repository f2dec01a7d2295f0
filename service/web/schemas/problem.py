"""The one error shape (RFC 9457)."""

from __future__ import annotations

from marshmallow import Schema, fields


class FieldFaultAnswer(Schema):
    field = fields.String(required=True, metadata={"description": "Path of the wrong field."})
    message = fields.String(required=True, metadata={"description": "What is wrong and what to do."})


class ProblemAnswer(Schema):
    type = fields.String(required=True, metadata={"description": "Where this kind of problem is explained."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldFaultAnswer), required=True)
    request_id = fields.String(required=True, metadata={"description": "As in the header X-Request-ID."})
