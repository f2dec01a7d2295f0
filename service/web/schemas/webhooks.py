"""Where messages are sent, and what became of them."""

from __future__ import annotations

from marshmallow import fields, validate

from service.store.outbox import TYPES
from service.web.schemas.answer import Answer
from service.web.schemas.enrich import Strict
from service.web.schemas.fields import Moment

_TYPE = validate.OneOf(list(TYPES))


class WebhookRequest(Strict):
    url = fields.String(
        required=True, validate=validate.Length(min=1, max=2000), metadata={"description": "https://…"}
    )
    types = fields.List(fields.String(validate=_TYPE), required=True, validate=validate.Length(1, len(TYPES)))


class ReplayRequest(Strict):
    """One message, or all since a moment; neither: all that are kept (30 days)."""

    message_id = fields.String(validate=validate.Length(min=1, max=64))
    since = Moment()


class MessagesQuery(Strict):
    limit = fields.Integer(validate=validate.Range(1, 200))
    before = fields.String(validate=validate.Length(min=1, max=64))


class WebhookAnswer(Answer):
    webhook_id = fields.String(required=True)
    url = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)


class NewWebhookAnswer(WebhookAnswer):
    """`secret` verifies the signatures; it is shown this once."""

    secret = fields.String(required=True)


class WebhooksAnswer(Answer):
    webhooks = fields.List(fields.Nested(WebhookAnswer), required=True)


class MessageAnswer(Answer):
    message_id = fields.String(required=True)
    type = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    attempts = fields.Integer(required=True)
    delivered_at = fields.AwareDateTime(required=True, allow_none=True)
    next_at = fields.AwareDateTime(required=True, allow_none=True)
    last_answer = fields.String(required=True, allow_none=True)


class MessagesAnswer(Answer):
    messages = fields.List(fields.Nested(MessageAnswer), required=True)


class ReplayAnswer(Answer):
    queued = fields.Integer(required=True)


class RemovedAnswer(Answer):
    webhook_id = fields.String(required=True)
    removed = fields.Boolean(required=True)
