"""Sums for lift, folded from the log: checked against counting the log by hand."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from service.model import Decision, Segment, Treatment
from service.store import Store, open_store
from service.store.facts import LiftCell
from service.store.outcomes import Outcome
from service.store.tables import decision_facts, waiting

Make = Callable[..., Decision]
NOON = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)


def _log(store: Store, make: Make, rng: random.Random, size: int) -> list[Decision]:
    made = []
    for number in range(size):
        arm = rng.choice(("treated", "holdout"))
        code = rng.choice(("A1", "B2"))
        made.append(
            make(
                f"lead-{number}",
                made_at=NOON + timedelta(minutes=7 * number),
                channel=rng.choice(("web_form", "app")),
                segment=Segment(code, code, 1.0, False, (), (), "parish"),
                treatments={
                    slot: Treatment(slot, f"{slot}-{code}", arm, 0.95 if arm == "treated" else 0.05, {})
                    for slot in ("greeting", "offer")
                },
            )
        )
    store.record_decisions(made)
    return made


def test_sums_agree_with_counting_by_hand(store: Store, make_decision: Make) -> None:
    rng = random.Random(7)
    made = _log(store, make_decision, rng, 260)
    values: dict[tuple[str, str], float] = {}
    reports = []
    for number in range(300):
        decision, slot = rng.choice(made), rng.choice(("offer", "greeting", ""))
        value = rng.choice((0.0, 10.0, 25.5))
        for one in ("offer", "greeting") if not slot else (slot,):
            key = (decision.decision_id, one)
            values[key] = values.get(key, 0.0) + value
        reports.append(Outcome(f"e{number}", decision.decision_id, "bought", decision.made_at, slot, value))
    assert {receipt.fate for receipt in store.outcomes.record(reports)} == {"accepted"}

    cells = store.facts.lift(("slot", "arm", "segment"), "bought")
    assert len(cells) == 8
    for cell in cells:
        expected = [
            values.get((d.decision_id, cell.group["slot"]))
            for d in made
            if d.treatments["offer"].arm == cell.group["arm"] and d.segment.code == cell.group["segment"]
        ]
        happened = [v for v in expected if v is not None]
        assert cell.decisions == len(expected)
        assert cell.with_outcome == len(happened)
        assert cell.value == pytest.approx(sum(happened))
        assert cell.value_squared == pytest.approx(sum(v * v for v in happened))
        assert cell.propensity == pytest.approx(
            len(expected) * (0.95 if cell.group["arm"] == "treated" else 0.05)
        )
    assert store.facts.outcome_kinds() == ["bought"]


def test_the_answer_is_the_same_however_it_was_folded(store: Store, make_decision: Make) -> None:
    rng = random.Random(3)
    made = _log(store, make_decision, rng, 30)
    store.facts.fold()
    assert store.facts.fold() == 0
    before = store.facts.lift(("slot", "treatment", "arm"), "bought")
    store.outcomes.record([Outcome("late", made[0].decision_id, "bought", made[0].made_at, "offer", 5.0)])
    after = store.facts.lift(("slot", "treatment", "arm"), "bought")
    assert sum(c.decisions for c in before) == sum(c.decisions for c in after) == 60
    assert (sum(c.value for c in before), sum(c.value for c in after)) == (0.0, 5.0)


def test_an_outcome_that_is_faster_than_the_fold_of_its_decision_is_counted(
    store: Store, make_decision: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision and outcome arrive between the fold of the decisions and that of the outcomes."""
    late = make_decision("late", made_at=datetime.now(UTC))
    fold_decisions = store.facts._fold_decisions
    arrived = []

    def then_they_arrive() -> int:
        folded = fold_decisions()
        if not folded and not arrived:
            arrived.append(True)
            store.record_decision(late)
            store.outcomes.record([Outcome("o", late.decision_id, "bought", late.made_at, "agent", 5.0)])
        return folded

    monkeypatch.setattr(store.facts, "_fold_decisions", then_they_arrive)
    store.facts.fold()
    monkeypatch.undo()
    (cell,) = [c for c in store.facts.lift(("slot",), "bought") if c.group["slot"] == "agent"]
    assert (cell.decisions, cell.with_outcome, cell.value) == (1, 1, 5.0)


def test_days_and_other_limits(store: Store, make_decision: Make) -> None:
    old, new = NOON - timedelta(days=2), NOON
    store.record_decisions([make_decision("a", made_at=old), make_decision("b", made_at=new, channel="app")])

    def count(**limits: str) -> int:
        return sum(
            c.decisions for c in store.facts.lift(("slot",), "bought", **limits) if c.group["slot"] == "agent"
        )

    assert count() == 2
    assert count(from_day=new.date().isoformat()) == 1
    assert count(to_day=old.date().isoformat()) == 1
    assert count(channel="app") == 1
    assert count(channel="phone") == 0
    by_area = store.facts.lift_by_area("bought", slot="agent")
    assert [(c.group["area_level"], c.group["area_code"], c.decisions) for c in by_area] == [
        ("polling_area", "101016", 2)
    ]


def test_folders_that_meet_count_each_decision_once(database_url: str, make_decision: Make) -> None:
    stores = [open_store(database_url) for _ in range(3)]
    _log(stores[0], make_decision, random.Random(1), 500)
    faults: list[BaseException] = []

    def fold(store: Store) -> None:
        try:
            store.facts.fold()
        except BaseException as fault:
            faults.append(fault)

    folding = [threading.Thread(target=fold, args=(store,)) for store in stores]
    for thread in folding:
        thread.start()
    for thread in folding:
        thread.join()
    assert faults == []
    cells: list[LiftCell] = stores[0].facts.lift(("slot",), "bought")
    assert {c.group["slot"]: c.decisions for c in cells} == {"greeting": 500, "offer": 500}
    with stores[0].database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(decision_facts)).scalar_one() == 1000
    for store in stores:
        store.close()


def test_a_fold_that_breaks_off_leaves_the_log_to_the_next(store: Store, make_decision: Make) -> None:
    store.record_decision(make_decision())
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE lift_cells RENAME TO elsewhere"))
    with pytest.raises(Exception, match="lift_cells"):
        store.facts.fold()
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO lift_cells"))
    assert store.facts.fold() == 1
    assert sum(c.decisions for c in store.facts.lift(("slot",), "bought")) == 2


def test_only_leads_that_may_be_called_wait(store: Store, make_decision: Make) -> None:
    def agent(allowed: bool, preferred: list[str]) -> dict[str, Treatment]:
        content = {"allowed": allowed, "preferred_agents": preferred}
        return {"agent": Treatment("agent", "agent-1", "treated", 1.0, content)}

    store.record_decisions(
        [
            make_decision("yes", treatments=agent(True, ["agent-1"])),
            make_decision("forbidden", treatments=agent(False, ["agent-1"])),
            make_decision("nobody", treatments=agent(True, [])),
        ]
    )
    store.facts.fold()
    with store.database.reading() as connection:
        assert connection.execute(select(waiting.c.lead_id)).scalars().all() == ["yes"]


def test_leads_by_area_count_each_decision_once(store: Store, make_decision: Make) -> None:
    made = _log(store, make_decision, random.Random(3), 30)  # two slots each: two rows of facts
    store.facts.fold()
    found = store.facts.leads_by_area()
    assert found == {
        ("DK", "polling_area", "101016", code): sum(d.segment.code == code for d in made)
        for code in ("A1", "B2")
    }
