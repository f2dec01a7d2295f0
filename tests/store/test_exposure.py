"""How often leads were decided on and what came of it; and the log as training reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from service.model import Decision, Treatment
from service.store import Store
from service.store.clock import to_ms
from service.store.exposure import Exposure, exposures, logged_decisions
from service.store.outcomes import Outcome

Make = Callable[..., Decision]
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=20)
DAY = timedelta(days=1)


def _make(make: Make, lead: str, at: datetime, arm: str = "treated", slot: str = "offer") -> Decision:
    return make(lead, made_at=at, treatments={slot: Treatment(slot, f"{slot}-1", arm, 0.5, {})})


def test_leads_are_counted_by_arm_and_by_how_often(store: Store, make_decision: Make) -> None:
    made = []
    for lead, times in (("once", 1), ("twice", 2), ("also-twice", 2), ("six", 6), ("nine", 9)):
        made += [_make(make_decision, lead, NOON + n * timedelta(minutes=1)) for n in range(times)]
    made.append(_make(make_decision, "held", NOON, "holdout"))
    made.append(_make(make_decision, "other-slot", NOON, slot="greeting"))
    made.append(_make(make_decision, "early", NOON - DAY))
    made.append(_make(make_decision, "late", NOON + DAY))
    store.record_decisions(made)
    by_lead = {d.lead_id: d for d in made}
    store.outcomes.record(
        [
            Outcome("1", by_lead["twice"].decision_id, "bought", NOON + DAY, "offer"),
            Outcome("2", by_lead["twice"].decision_id, "bought", NOON + 2 * DAY, "offer"),
            Outcome("3", by_lead["nine"].decision_id, "bought", NOON + DAY, "offer"),
            Outcome("4", by_lead["six"].decision_id, "clicked", NOON + DAY, "offer"),
            # before it, so not its doing
            Outcome("5", by_lead["once"].decision_id, "bought", NOON - DAY, "offer"),
        ]
    )
    store.facts.fold()
    day = NOON.date().isoformat()
    assert exposures(store.database, "offer", "bought", day, day) == [
        Exposure("holdout", 1, 1, 0),
        Exposure("treated", 1, 1, 0),
        Exposure("treated", 2, 2, 1),
        Exposure("treated", 6, 2, 1),  # six and nine: so often or more
    ]
    every = exposures(store.database, "offer", "bought", "", "9999")
    assert Exposure("treated", 1, 3, 0) in every  # with those of the day before and the day after
    assert exposures(store.database, "greeting", "bought", day, day) == [Exposure("treated", 1, 1, 0)]


def test_the_log_is_read_in_order_from_a_moment_to_before_another(store: Store, make_decision: Make) -> None:
    made = [_make(make_decision, f"l{n}", NOON + n * timedelta(hours=1)) for n in range(7)]
    store.record_decisions(made)
    start, end = to_ms(made[1].made_at), to_ms(made[6].made_at)
    found = [d.lead_id for d, _ in logged_decisions(store.database, "bought", start, end, batch=2)]
    assert found == ["l1", "l2", "l3", "l4", "l5"]
    assert list(logged_decisions(store.database, "bought", end + 1, end + 2)) == []


def test_an_outcome_counts_for_its_slot_and_one_of_the_whole_for_each(
    store: Store, make_decision: Make
) -> None:
    slots = {slot: Treatment(slot, f"{slot}-1", "treated", 0.5, {}) for slot in ("offer", "greeting")}
    made = [make_decision(f"l{n}", made_at=NOON, treatments=slots) for n in range(4)]
    store.record_decisions(made)
    at = NOON + DAY
    store.outcomes.record(
        [
            Outcome("1", made[0].decision_id, "bought", at, "offer"),
            Outcome("2", made[1].decision_id, "bought", at),
            Outcome("3", made[2].decision_id, "clicked", at),
            Outcome("4", made[3].decision_id, "bought", NOON + 40 * DAY, "offer"),
            Outcome("5", made[3].decision_id, "bought", NOON - DAY, "offer"),
        ]
    )
    read = logged_decisions(store.database, "bought", to_ms(NOON), to_ms(NOON) + 1)
    assert [happened for _, happened in read] == [
        {"offer": 1.0, "greeting": 0.0},
        {"offer": 1.0, "greeting": 1.0},
        {"offer": 0.0, "greeting": 0.0},
        {"offer": 0.0, "greeting": 0.0},
    ]
