"""The call centre: agents, the leads they are held for, and those who wait."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from service.store.tables.base import metadata

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
