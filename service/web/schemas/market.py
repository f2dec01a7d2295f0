"""Queries and answers of the reports on the market."""

from __future__ import annotations

from marshmallow import fields, validate

from service.web.schemas.answer import Answer
from service.web.schemas.catalogue import CatalogueQuery


class PotentialQuery(CatalogueQuery):
    level = fields.String(load_default="municipality", validate=validate.Length(max=32))
    area = fields.String(
        validate=validate.Length(max=32), metadata={"description": "One area by its code; all when not sent."}
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 5000))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


class SegmentPotentialAnswer(Answer):
    code = fields.String(required=True)
    name = fields.String(required=True)
    households = fields.Float(required=True)
    share = fields.Float(required=True)


class AreaPotentialAnswer(Answer):
    code = fields.String(required=True)
    name = fields.String(required=True)
    households = fields.Float(required=True)
    expected = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    index = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)


class PotentialAnswer(Answer):
    country = fields.String(required=True)
    level = fields.String(required=True)
    vintage = fields.String(required=True)
    reference_data = fields.String(required=True)
    segments = fields.List(fields.Nested(SegmentPotentialAnswer), required=True)
    areas = fields.List(fields.Nested(AreaPotentialAnswer), required=True)
    areas_in_all = fields.Integer(required=True)


class CorrelationQuery(CatalogueQuery):
    level = fields.String(validate=validate.Length(max=32))
    least = fields.Float(
        load_default=0.7,
        validate=validate.Range(0.3, 1.0),
        metadata={"description": "Least strength of a pair, without its sign."},
    )


class CorrelatedPairAnswer(Answer):
    first = fields.String(required=True)
    second = fields.String(required=True)
    r = fields.Float(required=True)


class CorrelationAnswer(Answer):
    country = fields.String(required=True)
    level = fields.String(required=True)
    reference_data = fields.String(required=True)
    variables = fields.Integer(required=True)
    pairs = fields.List(fields.Nested(CorrelatedPairAnswer), required=True)


class ProfileQuery(CatalogueQuery):
    outcome = fields.String(
        load_default="",
        validate=validate.Length(max=32),
        metadata={"description": "Only leads with this outcome, such as bought; all leads when not sent."},
    )
    slot = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "Leads decided on in this slot; the policy's first when not sent."},
    )


class ComparedAnswer(Answer):
    """One segment or variable; null where too little is known."""

    code = fields.String(required=True)
    base = fields.Float(required=True, allow_none=True)
    market = fields.Float(required=True, allow_none=True)
    index = fields.Float(required=True, allow_none=True)
    index_low = fields.Float(required=True, allow_none=True)
    index_high = fields.Float(required=True, allow_none=True)
    leads = fields.Integer(required=True)


class ProfileReportAnswer(Answer):
    country = fields.String(required=True)
    reference_data = fields.String(required=True)
    outcome = fields.String(required=True)
    leads = fields.Integer(required=True)
    without_area = fields.Integer(required=True)
    segments = fields.List(fields.Nested(ComparedAnswer), required=True)
    variables = fields.List(fields.Nested(ComparedAnswer), required=True)


class FairnessQuery(CatalogueQuery):
    band = fields.Float(
        load_default=0.8,
        validate=validate.Range(0.0, 1.0),
        metadata={"description": "Least part of what everybody gets that a group may be left with."},
    )


class FairGroupAnswer(Answer):
    measure = fields.String(required=True)
    kind = fields.String(required=True)
    group = fields.String(required=True)
    leads = fields.Integer(required=True)
    mean = fields.Float(required=True)
    everybody = fields.Float(required=True)
    ratio = fields.Float(required=True)
    within_band = fields.Boolean(required=True)


class FairnessAnswer(Answer):
    """Over decisions that were made. Origin is audited offline only (`enrich segments fairness --raw`)."""

    country = fields.String(required=True)
    band = fields.Float(required=True)
    open = fields.Boolean(required=True)
    groups = fields.List(fields.Nested(FairGroupAnswer), required=True)
