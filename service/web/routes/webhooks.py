"""Where messages are sent (Standard Webhooks), what became of them, and sending them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.store.outbox import Message, Webhook
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer, next_page
from service.web.schemas.webhooks import (
    MessagesAnswer,
    MessagesQuery,
    NewWebhookAnswer,
    RemovedAnswer,
    ReplayAnswer,
    ReplayRequest,
    WebhookRequest,
    WebhooksAnswer,
)
from service.web.webhooks import Sender

blueprint = Blueprint("webhooks", __name__, description="Messages to your own systems")

_PAGE = 50


@blueprint.route("/webhooks")
@endpoint(scope="webhooks", answers=WebhooksAnswer, also=(503,))
def webhooks() -> Response:
    """The receivers in use."""
    found = current_services().store.outbox.webhooks()
    return json_answer({"webhooks": [_webhook_block(webhook) for webhook in found]})


@blueprint.route("/webhooks", methods=["POST"])
@endpoint(
    scope="webhooks",
    takes=WebhookRequest,
    answers=NewWebhookAnswer,
    status=201,
    also=(503,),
    keeps="answer",
    example={"url": "https://shop.example/doorstep", "types": ["agent.reserved"]},
)
def new_webhook(payload: Mapping[str, Any]) -> Response:
    """Registers a receiver. Its URL must be https and lead out of private networks.

    Messages are signed and retried as Standard Webhooks says, for about three days; the receiver tells
    repeated ones by `webhook-id`. The secret is shown this once.
    """
    services = current_services()
    Sender(services.config.webhook_networks).check_url(payload["url"])
    made = services.store.outbox.add_webhook(payload["url"], payload["types"])
    return json_answer({**_webhook_block(made), "secret": made.secret}, status=201)


@blueprint.route("/webhooks/<webhook_id>", methods=["DELETE"])
@endpoint(scope="webhooks", answers=RemovedAnswer, also=(404, 503))
def removed_webhook(webhook_id: str) -> Response:
    """Ends a receiver; what was on its way is not sent any more."""
    current_services().store.outbox.remove_webhook(webhook_id)
    return json_answer({"webhook_id": webhook_id, "removed": True})


@blueprint.route("/webhooks/<webhook_id>/messages")
@endpoint(scope="webhooks", query=MessagesQuery, answers=MessagesAnswer, also=(404, 503))
def messages(webhook_id: str, query: Mapping[str, Any]) -> Response:
    """What was sent to a receiver in the last 30 days, newest first. `Link` leads on."""
    outbox, limit = current_services().store.outbox, query.get("limit", _PAGE)
    outbox.webhook(webhook_id)
    found = outbox.messages(webhook_id, limit + 1, query.get("before"))
    shown = found[:limit]
    headers = next_page({"limit": limit, "before": shown[-1].message_id}) if len(found) > limit else {}
    return json_answer({"messages": [_message_block(message) for message in shown]}, headers=headers)


@blueprint.route("/webhooks/<webhook_id>/replay", methods=["POST"])
@endpoint(
    scope="webhooks",
    takes=ReplayRequest,
    takes_optional=True,
    answers=ReplayAnswer,
    also=(404, 503),
    keeps="answer",
)
def replay(webhook_id: str, payload: Mapping[str, Any]) -> Response:
    """Sends messages again, under their old ids, after a receiver has lost them."""
    outbox = current_services().store.outbox
    outbox.webhook(webhook_id)
    queued = outbox.replay(webhook_id, payload.get("since"), payload.get("message_id"))
    return json_answer({"queued": queued})


def _webhook_block(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook_id": webhook.webhook_id,
        "url": webhook.url,
        "types": webhook.types,
        "created_at": webhook.created_at,
    }


def _message_block(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "type": message.type,
        "created_at": message.created_at,
        "attempts": message.attempts,
        "delivered_at": message.delivered_at,
        "next_at": message.next_at,
        "last_answer": message.last_answer,
    }
