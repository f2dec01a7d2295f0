"""How often a lead was decided on, and what came of it: contact frequency as a factor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, exists, func, select

from service.store.connect import Database
from service.store.tables import decision_facts, decisions, outcomes

MOST_TIMES = 6  # so often or more


@dataclass(frozen=True, slots=True)
class Exposure:
    """Leads of one arm that got `times` decisions in a slot, and how many of them had the outcome."""

    arm: str
    times: int
    leads: int
    with_outcome: int


def exposures(database: Database, slot: str, outcome: str, from_day: str, to_day: str) -> list[Exposure]:
    """Per arm and number of decisions on days [from, to], MOST_TIMES meaning so often or more."""
    counted = (
        select(decisions.c.lead_id, decision_facts.c.arm, func.count().label("times"))
        .join(decision_facts, decision_facts.c.decision_id == decisions.c.decision_id)
        .where(decision_facts.c.slot == slot, decision_facts.c.day.between(from_day, to_day))
        .group_by(decisions.c.lead_id, decision_facts.c.arm)
        .subquery()
    )
    had = exists().where(
        outcomes.c.lead_id == counted.c.lead_id, outcomes.c.kind == outcome, outcomes.c.attributed
    )
    times = case((counted.c.times > MOST_TIMES, MOST_TIMES), else_=counted.c.times)
    query = select(
        counted.c.arm, times.label("times"), func.count().label("leads"),
        func.sum(case((had, 1), else_=0)).label("happened"),
    ).group_by(counted.c.arm, times)  # fmt: skip
    with database.reading() as connection:
        rows = connection.execute(query.order_by(counted.c.arm, times)).all()
    return [Exposure(r.arm, int(r.times), int(r.leads), int(r.happened)) for r in rows]
