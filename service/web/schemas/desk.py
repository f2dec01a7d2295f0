"""Agents, reservations and the queue: what the call centre sends and gets."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate, validates_schema

from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import Whole

AGENT_ID = r"^[A-Za-z0-9._:~-]{1,64}$"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_STATES = ("available", "busy", "away")
_WORD = validate.Length(min=1, max=64)
_RESERVATION_STATES = ("reserved", "accepted", "completed", "rejected", "released", "expired")


def _words(required: bool) -> Any:
    return fields.List(
        fields.String(validate=_WORD), required=required, validate=validate.Length(int(required), 32)
    )


class HoursRequest(Strict):
    """Local hours per weekday, as `08:00-16:30`; a day that is left out is a day off."""

    monday = fields.String(validate=Whole(_HOURS))
    tuesday = fields.String(validate=Whole(_HOURS))
    wednesday = fields.String(validate=Whole(_HOURS))
    thursday = fields.String(validate=Whole(_HOURS))
    friday = fields.String(validate=Whole(_HOURS))
    saturday = fields.String(validate=Whole(_HOURS))
    sunday = fields.String(validate=Whole(_HOURS))

    @validates_schema
    def check_order(self, sent: dict[str, str], **_: object) -> None:
        wrong = {day: ["Must end after it begins."] for day, text in sent.items() if text[:5] >= text[6:]}
        if wrong:
            raise ValidationError(wrong)


class AgentRequest(Strict):
    """What an agent can. `name` is the one that leads are told."""

    name = fields.String(required=True, validate=_WORD)
    languages = _words(required=True)
    countries = fields.List(
        fields.String(validate=Whole(r"^[A-Z]{2}$")), required=True, validate=validate.Length(1, 32)
    )
    skills = _words(required=False)
    certificates = _words(required=False)
    timezone = fields.String(required=True, metadata={"description": "Such as Europe/Copenhagen."})
    hours = fields.Nested(HoursRequest, required=True)
    capacity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 50))

    @validates_schema
    def check_zone(self, sent: dict[str, object], **_: object) -> None:
        if sent.get("timezone") not in available_timezones():
            raise ValidationError("Must be a time zone such as Europe/Copenhagen.", "timezone")


class StateRequest(Strict):
    state = fields.String(required=True, validate=validate.OneOf(_STATES))


class ReserveRequest(Strict):
    """`agent_id`: this agent and no other, as when an agent takes a lead from the queue."""

    agent_id = fields.String(validate=Whole(AGENT_ID))
    hold_seconds = fields.Integer(strict=True, validate=validate.Range(5, 3600))


class ReservationRequest(Strict):
    """`reservation_id`: only if the reservation in force is still this one."""

    reservation_id = fields.String(validate=validate.Length(min=1, max=64))


class QueueQuery(Strict):
    limit = fields.Integer(validate=validate.Range(1, 200))
    after = fields.Integer(validate=validate.Range(0, 1_000_000), metadata={"description": "Leads to skip."})


class LoadQuery(Strict):
    days = fields.Integer(validate=validate.Range(1, 90))


class MatchRequest(Strict):
    """`reserve`: also reserves what was matched."""

    limit = fields.Integer(strict=True, validate=validate.Range(1, 500))
    reserve = fields.Boolean(truthy={True}, falsy={False})


class AgentAnswer(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    countries = fields.List(fields.String(), required=True)
    skills = fields.List(fields.String(), required=True)
    certificates = fields.List(fields.String(), required=True)
    timezone = fields.String(required=True)
    on_shift = fields.Boolean(required=True)
    capacity = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(_STATES))
    active = fields.Integer(required=True)
    version = fields.Integer(required=True)
    since = fields.AwareDateTime(required=True, allow_none=True)


class AgentsAnswer(Answer):
    agents = fields.List(fields.Nested(AgentAnswer), required=True)


class ReservationAnswer(Answer):
    reservation_id = fields.String(required=True)
    lead_id = fields.String(required=True)
    agent_id = fields.String(required=True)
    decision_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(_RESERVATION_STATES))
    made_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class WaitingAnswer(Answer):
    lead_id = fields.String(required=True)
    decision_id = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    refused_by = fields.List(fields.String(), required=True)
    position = fields.Integer(required=True)


class ReserveAnswer(Answer):
    """`reserved` with the reservation, or `waiting` with the lead's place in the queue."""

    state = fields.String(required=True, validate=validate.OneOf(("reserved", "waiting")))
    reservation = fields.Nested(ReservationAnswer, required=True, allow_none=True)
    waiting = fields.Nested(WaitingAnswer, required=True, allow_none=True)
    call_from = fields.DateTime(
        required=True,
        metadata={"description": "Not to be dialled before: call hours and holidays of the country."},
    )


class QueueAnswer(Answer):
    waiting = fields.List(fields.Nested(WaitingAnswer), required=True)


class AssignmentAnswer(Answer):
    lead_id = fields.String(required=True)
    agent_id = fields.String(required=True)
    reasons = fields.List(fields.String(), required=True)
    reservation_id = fields.String(required=True, allow_none=True)


class LeftAnswer(Answer):
    lead_id = fields.String(required=True)
    reason = fields.String(required=True)


class MatchedAnswer(Answer):
    assigned = fields.List(fields.Nested(AssignmentAnswer), required=True)
    left = fields.List(fields.Nested(LeftAnswer), required=True)
    idle = fields.List(fields.String(), required=True)


class AgentLoadAnswer(Answer):
    agent_id = fields.String(required=True)
    taken = fields.Integer(required=True)
    expected = fields.Float(required=True)
    index = fields.Integer(required=True, allow_none=True)
    uneven = fields.Boolean(required=True)


class LoadGroupAnswer(Answer):
    country = fields.String(required=True)
    language = fields.String(required=True)
    taken = fields.Integer(required=True)
    rows = fields.List(fields.Nested(AgentLoadAnswer), required=True)


class LoadAnswer(Answer):
    since = fields.AwareDateTime(required=True)
    groups = fields.List(fields.Nested(LoadGroupAnswer), required=True)
