"""Queries and answers of the catalogue routes."""

from __future__ import annotations

from marshmallow import Schema, fields

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import COUNTRY


class CatalogueQuery(Strict):
    country = fields.String(
        validate=COUNTRY,
        metadata={"description": "ISO 3166-1; the setting ENRICH_COUNTRY when not sent."},
    )


class CardAnswer(Answer):
    needs = fields.List(fields.String(), required=True)
    motivators = fields.List(fields.String(), required=True)
    channels = fields.List(fields.String(), required=True)
    media = fields.String(required=True)
    priority = fields.Integer(required=True)


class SegmentAnswer(Answer):
    code = fields.String(required=True)
    name = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    portrait = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    card = fields.Nested(CardAnswer, required=True)


class SegmentsAnswer(Answer):
    version = fields.String(required=True)
    segments = fields.List(fields.Nested(SegmentAnswer), required=True)


class VariableAnswer(Schema):
    """As the release describes it; further members may be present."""

    class Meta:
        unknown = "include"

    code = fields.String(required=True)
    unit = fields.String(required=True)
    topic = fields.String(required=True)
    label = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    weight = fields.String(required=True)
    source = fields.String(required=True)
    vintage = fields.String(required=True)


class VariablesAnswer(Answer):
    country = fields.String(required=True)
    reference_data = fields.String(required=True)
    variables = fields.List(fields.Nested(VariableAnswer), required=True)


class TableAnswer(Answer):
    path = fields.String(required=True)
    kind = fields.String(required=True, allow_none=True)
    rows = fields.Integer(required=True, allow_none=True)
    bytes = fields.Integer(required=True, allow_none=True)
    vintage = fields.String(required=True, allow_none=True)
    age_days = fields.Integer(required=True, allow_none=True)
    accessed = fields.String(required=True, allow_none=True)
    sources = fields.List(fields.String(), required=True)
    licence = fields.String(required=True, allow_none=True)
    attribution = fields.String(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)


class CountryTablesAnswer(Answer):
    levels = fields.List(fields.String(), required=True)
    finest = fields.String(required=True)
    tables = fields.List(fields.Nested(TableAnswer), required=True)


class ReferenceDataAnswer(Answer):
    release = fields.String(required=True)
    schema_version = fields.Integer(required=True)
    countries = fields.Dict(keys=fields.String(), values=fields.Nested(CountryTablesAnswer), required=True)
