"""What is in the database before, and what must be in it afterwards."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import requests
from sqlalchemy import func, select, text

from service.model import (
    AddressMatch,
    Decision,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    Treatment,
    Versions,
    Weights,
)
from service.store import open_store
from service.store.ids import new_id
from service.store.tables import agents, decision_facts, decisions, lift_cells, outcomes, reservations
from tests.programs.stress.callers import KEY, Ledger

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def add_agents(url: str, count: int) -> None:
    """`count` agents who take one lead at a time, day and night; those of the policy go home."""
    for agent in requests.get(f"{url}/agents", headers=KEY, timeout=30).json()["agents"]:
        state = {"state": "away"}
        requests.patch(
            f"{url}/agents/{agent['id']}/state", json=state, headers=KEY, timeout=30
        ).raise_for_status()
    for number in range(count):
        body = {
            "name": f"Agent {number}",
            "languages": ["da"],
            "countries": ["DK"],
            "timezone": "Europe/Copenhagen",
            "hours": dict.fromkeys(_DAYS, "00:00-24:00"),
            "capacity": 1,
        }
        requests.put(f"{url}/agents/s{number}", json=body, headers=KEY, timeout=30).raise_for_status()


def add_leads(database_url: str, count: int, agents_there: int) -> list[str]:
    """Leads who may be called at any hour: call hours are the policy's, and this runs at night too."""
    rng, made = random.Random(3), []
    for number in range(count):
        preferred = rng.sample([f"s{agent}" for agent in range(agents_there)], 5)
        content = {"preferred_agents": preferred, "allowed": True, "call_from": None}
        made.append(
            Decision(
                decision_id=new_id("dec"),
                lead_id=f"desk-{number}",
                status="ok",
                reason=None,
                made_at=datetime.now(UTC),
                country="DK",
                language="da",
                channel="web_form",
                address=AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT),
                place=Place("DK", {}),
                profile=None,
                segment=Segment("A1", "A1", 1.0, False, (), (), None),
                sub_segment=None,
                weights=Weights(),
                treatments={"agent": Treatment("agent", preferred[0], "treated", 1.0, content)},
                versions=Versions("r", "p"),
            )
        )
    store = open_store(database_url)
    store.record_decisions(made)
    store.close()
    return [decision.lead_id for decision in made]


def find_faults(database_url: str, ledger: Ledger, agents_there: int) -> list[str]:
    """Every acknowledged thing that is not there, and every sum that does not add up."""
    store = open_store(database_url)
    faults = []
    while store.facts.fold():
        pass
    with store.database.reading() as connection:
        kept = set(connection.execute(select(decisions.c.decision_id)).scalars())
        told = set(connection.execute(select(outcomes.c.event_id)).scalars())
        booked = {row.reservation_id: row for row in connection.execute(select(reservations))}
        seats = connection.execute(select(agents)).all()
        slots = connection.execute(select(func.count()).select_from(decision_facts)).scalar_one()
        counted = connection.execute(
            select(func.sum(lift_cells.c.n)).where(lift_cells.c.outcome == "")
        ).scalar_one()
        bought = connection.execute(
            select(func.sum(lift_cells.c.value)).where(
                lift_cells.c.outcome == "bought", lift_cells.c.slot == "greeting"
            )
        ).scalar_one()
        reported = connection.execute(select(func.sum(outcomes.c.value))).scalar_one()
        if store.database.is_sqlite:
            verdict = connection.execute(text("PRAGMA integrity_check")).scalar_one()
            faults += [] if verdict == "ok" else [f"integrity_check: {verdict}"]
    faults += [f"lost decision {i}" for i in ledger.decisions if i not in kept]
    faults += [f"lost outcome {i}" for i in ledger.outcomes if i not in told]
    for reservation_id, state in ledger.reservations.items():
        row = booked.get(reservation_id)
        if row is None:
            faults.append(f"lost reservation {reservation_id}")
        elif not _may_follow(state, row.state):
            faults.append(f"{reservation_id} was acknowledged as {state} and is {row.state}")
    for seat in seats:
        live = sum(
            r.agent_id == seat.agent_id and r.state in ("reserved", "accepted") for r in booked.values()
        )
        if live != seat.active or seat.active > seat.capacity:
            faults.append(f"{seat.agent_id} has {live} live reservations, counts {seat.active}")
    if counted != slots:
        faults.append(f"the sums count {counted} decided slots, the log has {slots}")
    if abs((bought or 0.0) - (reported or 0.0)) > 1e-6:
        faults.append(f"the sums hold a value of {bought}, the reports of {reported}")
    if len(seats) < agents_there:
        faults.append("agents are missing")
    store.close()
    return faults


def _may_follow(acknowledged: str, found: str) -> bool:
    """What was acknowledged stands, or a later step did whose answer the kill cut off."""
    later = {
        "reserved": {"accepted", "completed", "rejected", "released"},
        "accepted": {"completed", "released"},
    }
    return found == acknowledged or found in later.get(acknowledged, set())
