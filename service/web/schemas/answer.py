"""The answers of the decision and catalogue routes, for `openapi.yaml`; a test holds them to what is sent.

The answer itself is written straight from the decision (`service/web/answer.py`), which is several
times faster than dumping through a schema.
"""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from service.model import MatchCategory, MatchLevel, NextAction
from service.web.schemas.problem import ProblemAnswer


class Answer(Schema):
    """Read by clients, written by us: exact, so that the contract test finds a stray field."""

    class Meta:
        unknown = RAISE


def _text(**kwargs: Any) -> fields.String:
    return fields.String(required=True, **kwargs)


def _text_or_null() -> fields.String:
    return fields.String(required=True, allow_none=True)


def _number_or_null() -> fields.Float:
    return fields.Float(required=True, allow_none=True)


def _one_of(kind: Any) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf([member.value for member in kind]))


class MatchAnswer(Answer):
    match_level = _one_of(MatchLevel)
    category = _one_of(MatchCategory)
    next_action = _one_of(NextAction)
    reason = _text_or_null()
    street = _text_or_null()
    house_number = _text_or_null()
    floor = _text_or_null()
    door = _text_or_null()
    supplementary_city = _text_or_null()
    postcode = _text_or_null()
    city = _text_or_null()
    municipality = _text_or_null()
    country = _text()
    lat = _number_or_null()
    lon = _number_or_null()
    status = _text_or_null()
    changes = fields.List(fields.String(), required=True)
    alternatives = fields.List(fields.String(), required=True)
    source = _text()


class FigureAnswer(Answer):
    value = fields.Float(required=True)
    unit = _text()
    index = fields.Integer(required=True, allow_none=True)
    level = _text()
    vintage = _text()
    source = _text()
    households = fields.Integer(required=True, allow_none=True)


class SegmentShareAnswer(Answer):
    code = _text()
    probability = fields.Float(required=True)


class EvidenceAnswer(Answer):
    fact = _text()
    value = _text()
    effect = fields.Float(
        required=True, metadata={"description": "In bits: how much log2 P(segment) changed."}
    )
    level = _text_or_null()
    vintage = _text_or_null()
    index = fields.Integer(required=True, allow_none=True)


class SegmentOfLeadAnswer(Answer):
    code = _text_or_null()
    name = _text_or_null()
    probability = _number_or_null()
    thin_evidence = fields.Boolean(required=True)
    level = _text_or_null()
    reason = _text_or_null()
    distribution = fields.List(fields.Nested(SegmentShareAnswer), required=True)
    evidence = fields.List(fields.Nested(EvidenceAnswer), required=True)


class WeightsAnswer(Answer):
    tenure_days = fields.Integer(required=True)
    geodemographic = fields.Float(required=True)
    behaviour = fields.Float(required=True)


class VersionsAnswer(Answer):
    reference_data = _text()
    policy = _text()
    models = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class TreatmentAnswer(Schema):
    """One slot: its id, its content (which differs by slot), the arm and the propensity."""

    class Meta:
        unknown = "include"

    id = fields.String()
    arm = fields.String(validate=validate.OneOf(["treated", "holdout"]))
    propensity = fields.Float(validate=validate.Range(0, 1))


_STATUS = validate.OneOf(["ok", "fallback", "degraded"])


class EnrichAnswer(Answer):
    """With a publishable key only decision_id, lead_id, status, address and decisions are present."""

    decision_id = _text()
    lead_id = _text()
    status = _text(validate=_STATUS)
    address = fields.Nested(MatchAnswer, required=True)
    decisions = fields.Dict(keys=fields.String(), values=fields.Nested(TreatmentAnswer), required=True)
    reason = fields.String(allow_none=True)
    made_at = fields.AwareDateTime()
    country = fields.String()
    language = fields.String()
    channel = fields.String()
    profiling = fields.String(validate=validate.OneOf(["performed", "not_performed"]))
    areas = fields.Dict(keys=fields.String(), values=fields.String())
    variables = fields.Dict(keys=fields.String(), values=fields.Nested(FigureAnswer))
    segment = fields.Nested(SegmentOfLeadAnswer)
    sub_segment = fields.String(allow_none=True)
    weights = fields.Nested(WeightsAnswer)
    versions = fields.Nested(VersionsAnswer)


class BatchResult(Answer):
    """Either the answer or the problem that `POST /enrich` would have given for this lead."""

    answer = fields.Nested(EnrichAnswer)
    problem = fields.Nested(ProblemAnswer)


class BatchAnswer(Answer):
    results = fields.List(fields.Nested(BatchResult), required=True)
    answered = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class FirstEmailAnswer(Answer):
    """An e-mail ready to be sent."""

    lead_id = fields.String(required=True)
    decision_id = fields.String(required=True)
    id = fields.String(required=True)
    kind = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True)
    text = fields.String(required=True)
    html = fields.String(required=True)


class AgentOfLeadAnswer(Answer):
    lead_id = _text()
    decision_id = _text()
    made_at = fields.AwareDateTime(required=True)
    status = _text(validate=_STATUS)
    language = _text()
    agent = fields.Nested(TreatmentAnswer, required=True)
