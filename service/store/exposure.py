"""What was decided and what came of it: contact frequency as a factor, and the log for a replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import case, exists, func, select

from service.model import Decision
from service.store.bodies import read_body
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
        counted.c.arm,
        times.label("times"),
        func.count().label("leads"),
        func.sum(case((had, 1), else_=0)).label("happened"),
    ).group_by(counted.c.arm, times)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(counted.c.arm, times)).all()
    return [Exposure(r.arm, int(r.times), int(r.leads), int(r.happened)) for r in rows]


def logged_decisions(
    database: Database, outcome: str, from_ms: int, to_ms: int, batch: int = 500
) -> Iterator[tuple[Decision, dict[str, float]]]:
    """Decisions made in [from, to) with, per slot, 1.0 where the outcome was put down to it; oldest first."""
    after = 0
    while True:
        query = (
            select(decisions.c.seq, decisions.c.decision_id, decisions.c.body)
            .where(decisions.c.seq > after, decisions.c.made_ms >= from_ms, decisions.c.made_ms < to_ms)
            .order_by(decisions.c.seq)
            .limit(batch)
        )
        with database.reading() as connection:
            rows = connection.execute(query).all()
            ids = [row.decision_id for row in rows]
            happened = connection.execute(
                select(outcomes.c.decision_id, outcomes.c.slot).where(
                    outcomes.c.decision_id.in_(ids), outcomes.c.kind == outcome, outcomes.c.attributed
                )
            ).all()
        if not rows:
            return
        slots: dict[str, set[str]] = {}
        for decision_id, slot in happened:
            slots.setdefault(decision_id, set()).add(slot)
        for row in rows:
            decision = read_body(bytes(row.body))
            own = slots.get(row.decision_id, set())
            yield decision, {slot: float(bool(own & {"", slot})) for slot in decision.treatments}
        after = rows[-1].seq
