"""Messages to webhooks: written with the change that they tell of, sent later until they arrive."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select, update

from service.errors import InvalidInputError, NotFoundError
from service.store.clock import from_ms, now_ms
from service.store.connect import Database
from service.store.ids import new_id
from service.store.statements import insert_into
from service.store.tables import keepsakes, messages, webhooks

TYPES: Mapping[str, str] = {
    "decision.made": "a lead was decided",
    "agent.reserved": "an agent was reserved for a lead",
    "release.activated": "another release of reference tables became active",
    "treatment.paused": "a treatment was paused",
}
# Seconds until the next attempt, by the number of failed ones: the schedule that the Standard Webhooks
# specification recommends, about 75 hours in all.
RETRY_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
_CLAIM_MS = 60_000  # a sender that dies gives its messages back after this


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages of some types go. `secret` is shared with the receiver and signs each message."""

    webhook_id: str
    url: str
    types: tuple[str, ...]
    secret: str
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one webhook. `body` is what is signed and sent, byte for byte, at every attempt."""

    message_id: str
    webhook_id: str
    type: str
    body: bytes
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    next_at: datetime | None
    last_answer: str | None


def queue_messages(connection: Connection, type_: str, contents: Sequence[Mapping[str, Any]]) -> None:
    """Writes a message per content and webhook that wants the type, in the caller's transaction."""
    if not contents:
        return
    wanting = [
        row.webhook_id
        for row in connection.execute(select(webhooks).where(webhooks.c.disabled_ms.is_(None)))
        if type_ in orjson.loads(row.types)
    ]
    now = now_ms()
    rows = [
        {
            "message_id": new_id("msg"),
            "webhook_id": webhook_id,
            "type": type_,
            "lead_id": content.get("lead_id"),
            "body": orjson.dumps({"type": type_, "timestamp": from_ms(now), "data": content}),
            "created_ms": now,
            "next_ms": now,
        }
        for content in contents
        for webhook_id in wanting
    ]
    if rows:
        connection.execute(insert(messages), rows)


class Outbox:
    """The webhooks and what is on its way to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_webhook(self, url: str, types: Sequence[str]) -> Webhook:
        """Registers a receiver. Raises InvalidInputError for an unknown type."""
        unknown = sorted(set(types) - set(TYPES))
        if unknown or not types:
            raise InvalidInputError(f"A webhook takes one or more of {', '.join(TYPES)}.", "types")
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        now = now_ms()
        webhook = Webhook(new_id("wh"), url, tuple(dict.fromkeys(types)), secret, from_ms(now))
        with self._database.writing() as connection:
            connection.execute(
                insert(webhooks).values(
                    webhook_id=webhook.webhook_id,
                    url=url,
                    secret=secret,
                    types=orjson.dumps(webhook.types).decode(),
                    created_ms=now,
                )
            )
        return webhook

    def webhooks(self) -> list[Webhook]:
        """All receivers in use, oldest first."""
        query = select(webhooks).where(webhooks.c.disabled_ms.is_(None)).order_by(webhooks.c.webhook_id)
        with self._database.reading() as connection:
            return [_webhook(row) for row in connection.execute(query)]

    def webhook(self, webhook_id: str) -> Webhook:
        """One receiver in use. Raises NotFoundError."""
        query = select(webhooks).where(webhooks.c.webhook_id == webhook_id, webhooks.c.disabled_ms.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError("There is no webhook with this id.")
        return _webhook(row)

    def remove_webhook(self, webhook_id: str) -> None:
        """Stops sending to a receiver, what is on its way included. Raises NotFoundError."""
        with self._database.writing() as connection:
            ended = connection.execute(
                update(webhooks)
                .where(webhooks.c.webhook_id == webhook_id, webhooks.c.disabled_ms.is_(None))
                .values(disabled_ms=now_ms())
            )
            connection.execute(
                update(messages)
                .where(messages.c.webhook_id == webhook_id, messages.c.next_ms.is_not(None))
                .values(next_ms=None, last_answer="the webhook was removed")
            )
        if not ended.rowcount:
            raise NotFoundError("There is no webhook with this id.")

    def announce(self, type_: str, content: Mapping[str, Any]) -> None:
        """Queues one message of `type_` for every webhook that wants it."""
        with self._database.writing() as connection:
            queue_messages(connection, type_, [content])

    def announce_once(self, type_: str, state: str, content: Mapping[str, Any]) -> bool:
        """The same, when `state` is another than at the last call; the very first state is only noted."""
        name = f"announced:{type_}"
        query = select(keepsakes.c.value).where(keepsakes.c.name == name)
        with self._database.reading() as connection:
            if _text(connection.execute(query).scalar()) == state:
                return False
        with self._database.writing() as connection:
            before = _text(connection.execute(query).scalar())
            row = insert_into(connection, keepsakes).values(name=name, value=state.encode())
            connection.execute(
                row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value})
            )
            if before in (None, state):
                return False
            queue_messages(connection, type_, [content])
            return True

    def claim_due(self, limit: int = 20) -> list[tuple[Message, Webhook]]:
        """Messages to be sent now. They are ours for a minute; settle each one."""
        now = now_ms()
        # What was never tried is due whatever the clock says: it may have been set back since.
        due_now = (messages.c.next_ms <= now) | (messages.c.next_ms.is_not(None) & (messages.c.attempts == 0))
        query = select(messages).where(due_now).order_by(messages.c.next_ms).limit(limit)
        with self._database.reading() as connection:  # mostly there is nothing, and nothing to write
            if connection.execute(query.limit(1)).first() is None:
                return []
        with self._database.writing() as connection:
            locking = query if self._database.is_sqlite else query.with_for_update(skip_locked=True)
            due = [_message(row) for row in connection.execute(locking)]
            ids = [message.message_id for message in due]
            connection.execute(
                update(messages)
                .where(messages.c.message_id.in_(ids))
                .values(next_ms=now + _CLAIM_MS, attempts=messages.c.attempts + 1)
            )
            wanted = {message.webhook_id for message in due}
            known = {
                row.webhook_id: _webhook(row)
                for row in connection.execute(select(webhooks).where(webhooks.c.webhook_id.in_(wanted)))
            }
        return [(message, known[message.webhook_id]) for message in due]

    def settle(self, message: Message, delivered: bool, answer: str) -> None:
        """What became of a claimed message: delivered, tried again later, or given up at last."""
        now = now_ms()
        failed = message.attempts  # before this attempt
        again = now + 1000 * RETRY_S[failed] if failed < len(RETRY_S) else None
        with self._database.writing() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.message_id == message.message_id, messages.c.next_ms.is_not(None))
                .values(
                    next_ms=None if delivered else again,
                    delivered_ms=now if delivered else None,
                    last_answer=answer[:200],
                )
            )

    def messages(self, webhook_id: str, limit: int = 100, before: str | None = None) -> list[Message]:
        """A receiver's messages, newest first; `before` is the last id of the page before."""
        query = select(messages).where(messages.c.webhook_id == webhook_id)
        if before is not None:
            query = query.where(messages.c.message_id < before)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(messages.c.message_id.desc()).limit(limit))
            return [_message(row) for row in rows]

    def replay(self, webhook_id: str, since: datetime | None = None, message_id: str | None = None) -> int:
        """Sends messages again: one, or all since a moment. The number of them."""
        chosen = [messages.c.webhook_id == webhook_id]
        if message_id is not None:
            chosen.append(messages.c.message_id == message_id)
        if since is not None:
            chosen.append(messages.c.created_ms >= round(since.timestamp() * 1000))
        with self._database.writing() as connection:
            again = connection.execute(
                update(messages).where(*chosen).values(next_ms=now_ms(), attempts=0, delivered_ms=None)
            )
        return again.rowcount

    def backlog(self) -> int:
        """How many messages are waiting to be sent."""
        query = select(func.count()).select_from(messages).where(messages.c.next_ms.is_not(None))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _text(value: bytes | None) -> str | None:
    return None if value is None else bytes(value).decode()


def _webhook(row: Any) -> Webhook:
    ended = None if row.disabled_ms is None else from_ms(row.disabled_ms)
    types = tuple(orjson.loads(row.types))
    return Webhook(row.webhook_id, row.url, types, row.secret, from_ms(row.created_ms), ended)


def _message(row: Any) -> Message:
    return Message(
        row.message_id,
        row.webhook_id,
        row.type,
        bytes(row.body),
        from_ms(row.created_ms),
        row.attempts,
        None if row.delivered_ms is None else from_ms(row.delivered_ms),
        None if row.next_ms is None else from_ms(row.next_ms),
        row.last_answer,
    )
