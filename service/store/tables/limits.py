"""What may be given, to whom, and what is paused or tried."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, LargeBinary, Table, Text

from service.store.tables.base import metadata

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
