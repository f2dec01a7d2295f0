"""Query and answer of `GET /leads/{id}/why`."""

from __future__ import annotations

from marshmallow import fields, validate

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict


class WhyQuery(Strict):
    language = fields.String(
        validate=validate.Regexp(r"^[a-z]{2}$", error="Must be a two-letter language code such as da.")
    )


class ParagraphAnswer(Answer):
    code = fields.String(required=True)
    heading = fields.String(required=True)
    text = fields.String(required=True)
    items = fields.List(fields.String(), required=True)


class WhyAnswer(Answer):
    lead_id = fields.String(required=True)
    language = fields.String(required=True, metadata={"description": "The one it is really written in."})
    title = fields.String(required=True)
    paragraphs = fields.List(fields.Nested(ParagraphAnswer), required=True)
