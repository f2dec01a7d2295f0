"""Query and answer of `GET /leads/{id}/why`."""

from __future__ import annotations

from marshmallow import fields

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import LANGUAGE


class WhyQuery(Strict):
    language = fields.String(validate=LANGUAGE)


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
