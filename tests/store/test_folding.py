"""What the background derives from a decision and its outcomes, row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import select

from service.model import Decision, Segment, Treatment
from service.store import Store
from service.store.facts import LiftCell
from service.store.guards import Spend
from service.store.outcomes import Outcome
from service.store.tables import area_cells, decision_facts, decision_values

Make = Callable[..., Decision]
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
DAY = timedelta(days=1)
OFFER = {"offer": Treatment("offer", "bike-30d", "treated", 0.75, {})}


def _cell(store: Store, kind: str, **only: str) -> LiftCell:
    (cell,) = store.facts.lift(("slot", "treatment"), kind, slot="offer", **only)
    return cell


def test_a_decision_becomes_a_row_per_slot_with_all_that_lift_is_asked_by(
    store: Store, make_decision: Make
) -> None:
    made = make_decision(made_at=NOON, channel="app", country="FI")
    store.record_decision(made)
    assert store.facts.fold() == 1
    with store.database.reading() as connection:
        rows = connection.execute(select(decision_facts).order_by(decision_facts.c.slot)).mappings().all()
    shared = {
        "decision_id": made.decision_id,
        "segment": "A1",
        "channel": "app",
        "country": "FI",
        "day": NOON.date().isoformat(),
        "area_level": "polling_area",
        "area_code": "101016",
    }
    assert [dict(row) for row in rows] == [
        shared | {"slot": "agent", "treatment": "agent-17", "arm": "holdout", "propensity": 0.05},
        shared | {"slot": "greeting", "treatment": "greet-city", "arm": "treated", "propensity": 0.95},
    ]


def test_a_decision_without_segment_or_area_is_counted_without(store: Store, make_decision: Make) -> None:
    nothing = Segment(None, None, None, True, (), (), None, "nothing_recognised")
    store.record_decision(make_decision(made_at=NOON, profile=None, segment=nothing, treatments=OFFER))
    (cell,) = store.facts.lift(("segment", "day", "channel", "country", "arm"), "bought")
    assert cell.group == {
        "segment": "",
        "day": NOON.date().isoformat(),
        "channel": "web_form",
        "country": "DK",
        "arm": "treated",
    }
    assert store.facts.leads_by_area() == {}


def test_folding_stops_when_enough_is_done_and_says_how_much(store: Store, make_decision: Make) -> None:
    store.record_decisions([make_decision(f"l{n}", made_at=NOON, treatments=OFFER) for n in range(60)])
    assert store.facts.fold(at_most=1) == 25  # a batch is whole
    assert store.facts.fold(at_most=26) == 35
    assert store.facts.fold() == 0
    store.record_decisions([make_decision("x", made_at=NOON, treatments=OFFER)])
    assert store.facts.fold(at_most=0) == 0
    assert _cell(store, "bought").decisions == 61


def test_the_values_of_one_decision_are_squared_as_one(store: Store, make_decision: Make) -> None:
    made = make_decision(made_at=NOON, treatments=OFFER)
    store.record_decisions([made, make_decision("crm-2", made_at=NOON, treatments=OFFER)])
    for number, value in enumerate((3.0, 4.0)):
        report = Outcome(f"o{number}", made.decision_id, "bought", NOON + DAY, "offer", value)
        store.outcomes.record([report])
        store.facts.fold()
    store.outcomes.record([Outcome("c", made.decision_id, "clicked", NOON + DAY, "offer")])
    cell = _cell(store, "bought")
    assert (cell.outcome, cell.decisions, cell.with_outcome, cell.value, cell.value_squared) == (
        "bought",
        2,
        1,
        7.0,
        49.0,
    )
    assert cell.propensity == pytest.approx(1.5)
    clicked = _cell(store, "clicked")
    assert (clicked.decisions, clicked.with_outcome, clicked.value) == (2, 1, 0.0)
    assert store.facts.outcome_kinds() == ["bought", "clicked"]
    (area,) = store.facts.lift_by_area("bought", slot="offer")
    assert (area.decisions, area.with_outcome, area.value, area.value_squared) == (2, 1, 7.0, 49.0)
    assert store.facts.lift_by_area("bought", slot="greeting") == []
    with store.database.reading() as connection:
        kept = connection.execute(select(decision_values).where(decision_values.c.outcome == "bought")).all()
        places = connection.execute(select(area_cells.c.area_level, area_cells.c.area_code).distinct()).all()
    assert [(row.decision_id, row.slot, row.value) for row in kept] == [(made.decision_id, "offer", 7.0)]
    assert [tuple(place) for place in places] == [("polling_area", "101016")]


def test_an_outcome_of_the_whole_decision_counts_for_each_slot_and_one_of_a_slot_for_that(
    store: Store, make_decision: Make
) -> None:
    made = make_decision(made_at=NOON)
    store.record_decision(made)
    at = NOON + DAY
    store.outcomes.record(
        [
            Outcome("1", made.decision_id, "bought", at, "", 5.0),
            Outcome("2", made.decision_id, "bought", at, "agent", 1.0),
            Outcome("3", made.decision_id, "bought", NOON + 40 * DAY, "agent", 100.0),
            Outcome("4", made.decision_id, "bought", NOON - DAY, "agent", 100.0),
        ]
    )
    values = {cell.group["slot"]: cell.value for cell in store.facts.lift(("slot",), "bought")}
    assert values == {"agent": 6.0, "greeting": 5.0}


def test_what_a_decision_gave_is_summed_on_its_own_day(store: Store, make_decision: Make) -> None:
    for lead, at in (("a", NOON), ("b", NOON), ("c", NOON - DAY)):
        store.record_decision(make_decision(lead, made_at=at, treatments=OFFER), [Spend("bike-30d", 20.0)])
    store.record_decision(make_decision("d", made_at=NOON, treatments=OFFER))
    store.facts.fold()
    today = store.guards.totals(NOON.date())
    assert (today.discount, today.given) == (40.0, {"bike-30d": 2})
    yesterday = store.guards.totals((NOON - DAY).date())
    assert (yesterday.discount, yesterday.given) == (20.0, {"bike-30d": 1})


def test_a_made_decision_is_told_without_its_content(store: Store, make_decision: Make) -> None:
    hook = store.outbox.add_webhook("https://shop.example/hook", ["decision.made"])
    made = make_decision(made_at=NOON, status="degraded", reason="store_away")
    store.record_decision(made)
    store.facts.fold()
    (message,) = store.outbox.messages(hook.webhook_id)
    assert orjson.loads(message.body)["data"] == {
        "decision_id": made.decision_id,
        "lead_id": "crm-1",
        "status": "degraded",
        "reason": "store_away",
        "made_at": NOON.isoformat(),
        "segment": "A1",
        "treatments": {
            "greeting": {"id": "greet-city", "arm": "treated"},
            "agent": {"id": "agent-17", "arm": "holdout"},
        },
    }
    assert store.privacy.erase("crm-1")["messages"] == 1


def test_lift_is_limited_to_what_is_asked_for(store: Store, make_decision: Make) -> None:
    other = {"offer": Treatment("offer", "bag", "holdout", 0.25, {})}
    store.record_decisions(
        [
            make_decision("a", made_at=NOON, treatments=OFFER),
            make_decision("b", made_at=NOON - DAY, treatments=OFFER, country="SE"),
            make_decision("c", made_at=NOON, treatments=other),
        ]
    )
    today = NOON.date().isoformat()

    def groups(*by: str, **limits: str) -> dict[tuple[str, ...], int]:
        cells = store.facts.lift(by, "bought", **limits)
        return {tuple(cell.group.values()): cell.decisions for cell in cells}

    assert groups("treatment") == {("bike-30d",): 2, ("bag",): 1}
    assert groups("arm", treatment="bag") == {("holdout",): 1}
    assert groups("country", "arm") == {("DK", "treated"): 1, ("SE", "treated"): 1, ("DK", "holdout"): 1}
    assert groups("treatment", from_day=today) == {("bike-30d",): 1, ("bag",): 1}
    assert groups("treatment", to_day=(NOON - DAY).date().isoformat()) == {("bike-30d",): 1}
    assert groups("treatment", country="SE", arm="holdout") == {}
