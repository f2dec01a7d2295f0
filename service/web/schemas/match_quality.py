"""Query and answer of the report on match quality."""

from __future__ import annotations

from marshmallow import fields, validate

from service.learn.live.match_quality import PERIODS
from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import DAY


class MatchQualityQuery(Strict):
    from_ = fields.String(data_key="from", load_default="1970-01-01", validate=DAY)
    to = fields.String(load_default="9999-12-31", validate=DAY)
    period = fields.String(load_default="week", validate=validate.OneOf(PERIODS))
    country = fields.String(
        validate=validate.Length(2, 2), metadata={"description": "One country; all when not sent."}
    )
    top = fields.Integer(
        load_default=20,
        validate=validate.Range(1, 200),
        metadata={"description": "How many kinds of failure are named."},
    )


class PeriodQualityAnswer(Answer):
    """One period that begins on `start`. Shares are of its requests; every level and category is named."""

    start = fields.Date(required=True)
    requests = fields.Integer(required=True)
    categories = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    levels = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    named_low = fields.Float(
        required=True, metadata={"description": "Share of categories A and B, 95 % interval (Wilson)."}
    )
    named_high = fields.Float(required=True)


class FrequentFailureAnswer(Answer):
    """One reason and shape of category C. `share` is of all requests."""

    reason = fields.String(required=True)
    pattern = fields.String(
        required=True,
        metadata={
            "description": "W word, L letter, N house number, P postcode, D other number, F floor or door, "
            "… more; empty without any; other: rare shapes together."
        },
    )
    count = fields.Integer(required=True)
    share = fields.Float(required=True)


class MatchQualityAnswer(Answer):
    """How addresses of decisions were matched over time; no address is in it."""

    period = fields.String(required=True)
    total = fields.Nested(PeriodQualityAnswer, required=True, allow_none=True)
    periods = fields.List(fields.Nested(PeriodQualityAnswer), required=True)
    failures = fields.List(fields.Nested(FrequentFailureAnswer), required=True)
    failures_not_shown = fields.Integer(required=True)
