"""What is paused, and the request that changes it."""

from __future__ import annotations

from marshmallow import fields, validate

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict

_NAME = validate.Length(min=1, max=128)


class PauseRequest(Strict):
    """`pause` or `resume` one treatment of a slot; `*` of slot `*` is everything but the standard flow."""

    action = fields.String(required=True, validate=validate.OneOf(["pause", "resume"]))
    slot = fields.String(required=True, validate=_NAME)
    treatment = fields.String(required=True, validate=_NAME)
    reason = fields.String(
        validate=validate.Length(min=1, max=300),
        metadata={"description": "Why it is paused, for those who read the list."},
    )


class PauseAnswer(Answer):
    slot = fields.String(required=True)
    treatment = fields.String(required=True)
    reason = fields.String(required=True)
    since = fields.AwareDateTime(required=True)


class PausesAnswer(Answer):
    """What is paused now, the oldest pause first."""

    pauses = fields.List(fields.Nested(PauseAnswer), required=True)
