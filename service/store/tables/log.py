"""The log: decisions as they were made, what was said of them since, and their facts by slot."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, LargeBinary, Table, Text, false, text

from service.store.tables.base import ROW_ID, metadata

decisions = Table(
    "decisions",
    metadata,
    Column("seq", ROW_ID, primary_key=True, autoincrement=True),
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
