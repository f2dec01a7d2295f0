"""The tables, one definition for SQLite and PostgreSQL. Migrations bring a database to this state.

Times are milliseconds (see `clock`), days text, JSON bytes. Of a person there is the caller's own
`lead_id` and nothing else: no address, no name, no contact detail, in any column.
"""

from __future__ import annotations

from service.store.tables.base import metadata
from service.store.tables.callers import api_keys, idempotency, keepsakes, leases, messages, webhooks
from service.store.tables.desk import agents, reservations, waiting
from service.store.tables.limits import (
    experiments,
    household_treatments,
    objections,
    pauses,
    spending,
    suppressed,
    suppression_lists,
)
from service.store.tables.log import decision_facts, decisions, events, outcomes
from service.store.tables.sums import area_cells, decision_values, lift_cells, match_cells

__all__ = [
    "agents",
    "api_keys",
    "area_cells",
    "decision_facts",
    "decision_values",
    "decisions",
    "events",
    "experiments",
    "household_treatments",
    "idempotency",
    "keepsakes",
    "leases",
    "lift_cells",
    "match_cells",
    "messages",
    "metadata",
    "objections",
    "outcomes",
    "pauses",
    "reservations",
    "spending",
    "suppressed",
    "suppression_lists",
    "waiting",
    "webhooks",
]
