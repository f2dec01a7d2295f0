"""Callers, their keys and calls, what is sent to them, and housekeeping."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text

from service.store.tables.base import metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("hint", Text, nullable=False),  # the first characters, to tell keys apart in a list
    Column("scopes", Text, nullable=False),
    Column("origins", Text, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Text, primary_key=True),  # the caller's key id: two callers may use one word
    Column("word", LargeBinary, primary_key=True),  # hash of the Idempotency-Key
    Column("fingerprint", LargeBinary, nullable=False),  # salted hash of method, path and body
    Column("started_ms", BigInteger, nullable=False),
    Column("status", Integer),  # null while in flight
    Column("answer", LargeBinary),
)
Index("idempotency_started", idempotency.c.started_ms)
webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # a shared signing secret: must be readable to sign
    Column("types", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("disabled_ms", BigInteger),
)
messages = Table(
    "messages",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("webhook_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("lead_id", Text),  # whom the body is about, for erasure
    Column("body", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_ms", BigInteger),  # null: delivered, or given up
    Column("delivered_ms", BigInteger),
    Column("last_answer", Text),
)
Index(
    "messages_due",
    messages.c.next_ms,
    sqlite_where=text("next_ms IS NOT NULL"),
    postgresql_where=text("next_ms IS NOT NULL"),
)
Index("messages_lead", messages.c.lead_id)
Index("messages_webhook", messages.c.webhook_id, messages.c.created_ms)
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
# Small things that must outlast a restart: the salt, the release that was announced last.
keepsakes = Table(
    "keepsakes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
