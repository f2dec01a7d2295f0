"""Sums that answer for any number of decisions, kept by the background loop."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Table, Text

from service.store.tables.base import metadata

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
