"""The tables, one definition for SQLite and PostgreSQL. Migrations bring a database to this state.

Times are milliseconds (see `clock`), days text, JSON bytes. Of a person there is the caller's own
`lead_id` and nothing else: no address, no name, no contact detail, in any column.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
)

metadata = MetaData()
# SQLite's row id must be called INTEGER to be the row id itself
_RowId = BigInteger().with_variant(Integer(), "sqlite")

# ---------------------------------------------------------------- decisions

decisions = Table(
    "decisions",
    metadata,
    Column("seq", _RowId, primary_key=True, autoincrement=True),
    Column("decision_id", Text, nullable=False, unique=True),
    Column("lead_id", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("folded", Boolean, nullable=False, server_default=false()),  # see `facts.fold_decisions`
    Column("body", LargeBinary, nullable=False),
)
Index("decisions_lead", decisions.c.lead_id, decisions.c.seq)
Index("decisions_made", decisions.c.made_ms)  # retention
Index(
    "decisions_unfolded",
    decisions.c.seq,
    sqlite_where=text("NOT folded"),
    postgresql_where=text("NOT folded"),
)

# One row per decision and slot, written from the log by the background loop, never by a request.
decision_facts = Table(
    "decision_facts",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("treatment", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("propensity", Double, nullable=False),
    Column("segment", Text, nullable=False),  # "" when there is none
    Column("channel", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("area_level", Text, nullable=False),  # the finest area of the place, "" when there is none
    Column("area_code", Text, nullable=False),
    sqlite_with_rowid=False,
)

# ---------------------------------------------------------------- what happened

outcomes = Table(
    "outcomes",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),  # two different outcomes under one id are refused
    Column("decision_id", Text, nullable=False),
    Column("lead_id", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("attributed", Boolean, nullable=False),  # happened within the window after the decision
    Column("folded", Boolean, nullable=False, server_default=false()),
)
Index("outcomes_decision", outcomes.c.decision_id)
Index("outcomes_lead", outcomes.c.lead_id)
Index("outcomes_at", outcomes.c.at_ms)
Index(
    "outcomes_unfolded",
    outcomes.c.received_ms,
    sqlite_where=text("NOT folded"),
    postgresql_where=text("NOT folded"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("lead_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("product", Text),
    Column("value", Double),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
)
Index("events_lead", events.c.lead_id, events.c.at_ms)
Index("events_at", events.c.at_ms)

# Sums that answer for any number of decisions. `outcome` is "" in the row that counts the decisions
# themselves (n = decisions); in the others n = decisions with at least one such outcome, and the sums
# are of the value per decision. Kept per day of the decision, and per area for covariates of areas.
lift_cells = Table(
    "lift_cells",
    metadata,
    # In the order in which lift is asked for: one outcome at a time, then what is mostly grouped by.
    Column("outcome", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("treatment", Text, primary_key=True),
    Column("arm", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("segment", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("value_squared", Double, nullable=False),
    Column("propensity", Double, nullable=False),  # the sum of the logged ones
    sqlite_with_rowid=False,
)
area_cells = Table(
    "area_cells",
    metadata,
    Column("outcome", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("treatment", Text, primary_key=True),
    Column("arm", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("area_level", Text, primary_key=True),
    Column("area_code", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("value_squared", Double, nullable=False),
    sqlite_with_rowid=False,
)
# How addresses were matched: decisions per outcome of the match. `pattern` is the shape of what was typed,
# of failures only; see `match_counts` for how many there can be.
match_cells = Table(
    "match_cells",
    metadata,
    Column("day", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("reason", Text, primary_key=True),  # "" when there is none
    Column("pattern", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# The value that one decision has brought so far per outcome: what the squares above need.
decision_values = Table(
    "decision_values",
    metadata,
    Column("decision_id", Text, primary_key=True),
    Column("slot", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("value", Double, nullable=False),
    sqlite_with_rowid=False,
)

experiments = Table(
    "experiments",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),  # a running experiment does not change
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
)
pauses = Table(
    "pauses",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("treatment", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("paused_ms", BigInteger, nullable=False),
    Column("resumed_ms", BigInteger),  # null while it is in force
)

# ---------------------------------------------------------------- what may be spent, and who may be called

spending = Table(
    "spending",
    metadata,
    Column("name", Text, primary_key=True),  # such as "budget:offer" or "cap:bike-30d"
    Column("period", Text, primary_key=True),  # a day, or "" for ever
    Column("amount", Double, nullable=False),
    Column("uses", BigInteger, nullable=False),
)
household_treatments = Table(
    "household_treatments",
    metadata,
    Column("household", LargeBinary, primary_key=True),  # salted hash, cannot be read back
    Column("treatment", Text, primary_key=True),
    Column("lead_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
Index("household_treatments_lead", household_treatments.c.lead_id)
suppression_lists = Table(
    "suppression_lists",
    metadata,
    Column("list", Text, primary_key=True),
    Column("as_of_ms", BigInteger, nullable=False),  # when the publisher's list was taken
    Column("imported_ms", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
)
suppressed = Table(
    "suppressed",
    metadata,
    Column("list", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
# Keyed by a salted hash, so that an objection outlives the erasure of everything else about the lead.
objections = Table(
    "objections",
    metadata,
    Column("lead_hash", LargeBinary, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

# ---------------------------------------------------------------- the call centre

agents = Table(
    "agents",
    metadata,
    Column("agent_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("active", Integer, nullable=False, server_default="0"),
    Column("capacity", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("since_ms", BigInteger, nullable=False),
    Column("body", LargeBinary),  # what `PUT /agents/{id}` declared; null for an agent of the policy
    CheckConstraint("state IN ('available', 'busy', 'away')", name="agents_state"),
    # the last guard against a double booking, whatever the code above it does
    CheckConstraint("active >= 0 AND active <= capacity", name="agents_not_overbooked"),
)
reservations = Table(
    "reservations",
    metadata,
    Column("reservation_id", Text, primary_key=True),
    Column("lead_id", Text, nullable=False),
    Column("agent_id", Text, nullable=False),
    Column("decision_id", Text),
    Column("country", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    CheckConstraint(
        "state IN ('reserved', 'accepted', 'completed', 'rejected', 'released', 'expired')",
        name="reservations_state",
    ),
)
_live = text("state IN ('reserved', 'accepted')")
Index(
    "reservations_one_per_lead",
    reservations.c.lead_id,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index("reservations_live", reservations.c.expires_ms, sqlite_where=_live, postgresql_where=_live)
Index("reservations_lead", reservations.c.lead_id)
Index("reservations_agent", reservations.c.agent_id, reservations.c.made_ms)
waiting = Table(
    "waiting",
    metadata,
    Column("lead_id", Text, primary_key=True),
    Column("decision_id", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
Index("waiting_since", waiting.c.since_ms)

# ---------------------------------------------------------------- callers, webhooks, housekeeping

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
