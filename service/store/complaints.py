"""Complaints per treatment, counted anew from where a person has resumed it.

The sums are kept per day. So a treatment that was resumed counts by those of the days since, and on the
day itself by its decisions one by one, from that moment on: a complaint about an older one has been heard.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, select

from service.store.clock import DAY_MS, to_day
from service.store.pauses import read_resumed
from service.store.sums import LiftCell, read_lift
from service.store.tables import decision_facts, decision_values, decisions

COMPLAINED = "complained"
_BY = ("slot", "treatment", "arm")


def read_complaints(connection: Connection, days: tuple[str, str]) -> list[LiftCell]:
    """Sums of complaints by slot, treatment and arm, over decisions made on days [first, last].

    Of a treatment that was resumed there may be two cells per arm: of the day it was, and of those since.
    """
    resumed = read_resumed(connection)
    cells = [
        cell
        for cell in read_lift(connection, _BY, COMPLAINED, days, {})
        if (cell.group["slot"], cell.group["treatment"]) not in resumed
    ]
    for (slot, treatment), resumed_ms in resumed.items():
        day, next_day = to_day(resumed_ms), to_day(resumed_ms + DAY_MS)
        if days[0] <= day <= days[1]:
            cells += _rest_of_day(connection, slot, treatment, resumed_ms)
        since = (max(days[0], next_day), days[1])
        cells += read_lift(connection, _BY, COMPLAINED, since, {"slot": slot, "treatment": treatment})
    return cells


def _rest_of_day(connection: Connection, slot: str, treatment: str, since_ms: int) -> list[LiftCell]:
    """The decisions of one treatment from a moment to the end of that day (UTC)."""
    fact, had = decision_facts.c, decision_values.c
    complaint = and_(had.decision_id == fact.decision_id, had.slot == fact.slot, had.outcome == COMPLAINED)
    query = (
        select(
            fact.arm,
            func.count().label("n"),
            func.count(had.value).label("had"),
            func.coalesce(func.sum(had.value), 0.0).label("value"),
            func.coalesce(func.sum(had.value * had.value), 0.0).label("squared"),
            func.sum(fact.propensity).label("propensity"),
        )
        .join(decisions, decisions.c.decision_id == fact.decision_id)
        .outerjoin(decision_values, complaint)
        .where(decisions.c.made_ms.between(since_ms, since_ms - since_ms % DAY_MS + DAY_MS - 1))
        .where(fact.slot == slot, fact.treatment == treatment)
        .group_by(fact.arm)
    )
    return [
        LiftCell(
            {"slot": slot, "treatment": treatment, "arm": row.arm},
            COMPLAINED,
            row.n,
            row.had,
            row.value,
            row.squared,
            row.propensity,
        )
        for row in connection.execute(query)
    ]
