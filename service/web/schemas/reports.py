"""Queries and answers of the reports on what works."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate

from service.learn.lift.compare import BY, PERIODS
from service.store.outcomes import OUTCOME_KINDS
from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import DAY


def _check_by(text: str) -> None:
    wrong = [name for name in text.split(",") if name not in BY]
    if wrong:
        raise ValidationError(f"Must be among {', '.join(BY)}, separated by commas.")


class LiftQuery(Strict):
    outcome = fields.String(load_default="bought", validate=validate.OneOf(OUTCOME_KINDS))
    by = fields.String(
        load_default="slot,treatment",
        validate=_check_by,
        metadata={"description": f"What to split by, separated by commas: {', '.join(BY)}."},
    )
    period = fields.String(load_default="month", validate=validate.OneOf(list(PERIODS)))
    from_ = fields.String(data_key="from", load_default="1970-01-01", validate=DAY)
    to = fields.String(load_default="9999-12-31", validate=DAY)
    slot = fields.String(validate=validate.Length(max=64))
    adjust = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Variables of the area to adjust by, with commas, such as owner_share."},
    )
    format = fields.String(load_default="json", validate=validate.OneOf(["json", "csv"]))


class FrequencyQuery(Strict):
    slot = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={"description": "The slot; that of the policy's first e-mail when not sent."},
    )
    outcome = fields.String(load_default="bought", validate=validate.OneOf(OUTCOME_KINDS))
    from_ = fields.String(data_key="from", load_default="1970-01-01", validate=DAY)
    to = fields.String(load_default="9999-12-31", validate=DAY)


class LiftRowAnswer(Schema):
    """One comparison; the names of `by` are members too. Null where nothing can be said yet."""

    class Meta:
        unknown = "include"

    treated = fields.Integer(required=True)
    holdout = fields.Integer(required=True)
    treated_rate = fields.Float(required=True)
    holdout_rate = fields.Float(required=True)
    difference = fields.Float(required=True, allow_none=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)
    p = fields.Float(required=True, allow_none=True)
    stands = fields.Boolean(required=True)
    warnings = fields.List(fields.String(), required=True)


class RatioAlarmAnswer(Answer):
    slot = fields.String(required=True)
    holdout = fields.Integer(required=True)
    expected = fields.Float(required=True)
    p = fields.Float(required=True)
    alarm = fields.Boolean(required=True)


class WatchedAnswer(Answer):
    value = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)
    p = fields.Float(allow_none=True)


class AdjustedAnswer(Answer):
    """Lift of one slot before and after adjustment; `spared` is the share of variance taken out."""

    slot = fields.String(required=True)
    plain = fields.Nested(WatchedAnswer, required=True)
    adjusted = fields.Nested(WatchedAnswer, required=True)
    spared = fields.Float(required=True)
    variables = fields.List(fields.String(), required=True)


class LiftAnswer(Answer):
    """Treated minus holdout, with intervals that stay valid while being watched."""

    outcome = fields.String(required=True)
    by = fields.List(fields.String(), required=True)
    rows = fields.List(fields.Nested(LiftRowAnswer), required=True)
    ratio = fields.List(fields.Nested(RatioAlarmAnswer), required=True)
    complaints = fields.List(fields.Dict(), required=True)
    adjusted = fields.List(fields.Nested(AdjustedAnswer), required=True)


class FrequencyRowAnswer(Answer):
    arm = fields.String(required=True)
    times = fields.Integer(required=True)
    leads = fields.Integer(required=True)
    rate = fields.Float(required=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)


class FrequencyAnswer(Answer):
    """Outcome rate by how often a lead was decided on. `times` 6 means so often or more."""

    slot = fields.String(required=True)
    outcome = fields.String(required=True)
    rows = fields.List(fields.Nested(FrequencyRowAnswer), required=True)
