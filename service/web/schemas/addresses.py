"""Requests and answers of washing and completing."""

from __future__ import annotations

from marshmallow import fields, validate

from service.model import MatchLevel
from service.web.schemas.answer import Answer, MatchAnswer
from service.web.schemas.enrich import AddressParts, Strict
from service.web.schemas.fields import COUNTRY, TextOrParts

MAX_SUGGESTIONS = 20


class WashRequest(Strict):
    address = TextOrParts(
        AddressParts,
        required=True,
        metadata={"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/AddressParts"}]},
    )
    country = fields.String(allow_none=True, validate=COUNTRY)


class WashAnswer(MatchAnswer):
    text = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The address in one line, as it is written in its country."},
    )


class SuggestQuery(Strict):
    q = fields.String(required=True, metadata={"description": "What has been typed so far."})
    limit = fields.Integer(validate=validate.Range(1, MAX_SUGGESTIONS))
    country = fields.String(validate=COUNTRY)


class SuggestionAnswer(Answer):
    text = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf([level.value for level in MatchLevel]))
    complete = fields.Boolean(required=True)
    street = fields.String(required=True)
    house_number = fields.String(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    city = fields.String(required=True, allow_none=True)
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)


class SuggestAnswer(Answer):
    suggestions = fields.List(fields.Nested(SuggestionAnswer), required=True)
