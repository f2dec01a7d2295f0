"""Answers of the routes for operations."""

from __future__ import annotations

from marshmallow import fields, validate

from service.web.schemas.answer import Answer


class LiveAnswer(Answer):
    status = fields.String(required=True, validate=validate.Equal("alive"))


class ReadyAnswer(Answer):
    status = fields.String(required=True, validate=validate.Equal("ready"))
    reference_data = fields.String(required=True)
    policy = fields.String(required=True)
    countries = fields.List(fields.String(), required=True)
