"""Pauses: who reads the list, who may be given again, and which complaints still count after that."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from service.model import Decision, Treatment
from service.store import Store, open_store
from service.store.facts import LiftCell
from service.store.outcomes import Outcome

Make = Callable[..., Decision]
TODAY = date(2026, 11, 21)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def _give(store: Store, make: Make, at: datetime, complaints: int, of: int, arm: str = "treated") -> None:
    """Decisions with one offer at a moment, some of which are complained about."""
    offer = {"offer": Treatment("offer", "bike-30d", arm, 0.9, {})}
    made = [make(f"crm-{number}", made_at=at, treatments=offer) for number in range(of)]
    store.record_decisions(made)
    reports = [Outcome(f"e-{d.decision_id}", d.decision_id, "complained", at, "offer", 2.0) for d in made]
    store.outcomes.record(reports[:complaints])


def _counted(cells: list[LiftCell]) -> tuple[int, int]:
    offers = [
        cell for cell in cells if cell.group == {"slot": "offer", "treatment": "bike-30d", "arm": "treated"}
    ]
    return sum(cell.decisions for cell in offers), sum(cell.with_outcome for cell in offers)


def test_a_pause_is_listed_with_its_first_reason_until_it_is_resumed(store: Store, database_url: str) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert store.guards.pauses() == []
    assert store.guards.pause("offer", "bike-30d", "complaints above 2 %")
    time.sleep(0.005)
    assert store.guards.pause("greeting", "greet-city", "wrong price")
    assert not store.guards.pause("offer", "bike-30d", "again")
    again = open_store(database_url)  # as after a restart
    found = again.guards.pauses()
    assert [(p.slot, p.treatment, p.reason) for p in found] == [
        ("offer", "bike-30d", "complaints above 2 %"),
        ("greeting", "greet-city", "wrong price"),
    ]
    assert before < found[0].since < found[1].since <= datetime.now(UTC)
    assert again.guards.totals(TODAY).paused == {"bike-30d", "greet-city"}
    assert again.guards.resume("offer", "bike-30d")
    assert not again.guards.resume("offer", "bike-30d")
    assert not again.guards.resume("offer", "greet-city")  # paused in another slot
    assert [p.treatment for p in again.guards.pauses()] == ["greet-city"]
    again.close()


def test_other_processes_follow_a_pause_and_its_end_within_a_second(store: Store, database_url: str) -> None:
    other = open_store(database_url)
    assert other.guards.totals(TODAY).paused == frozenset()
    store.guards.pause("offer", "bike-30d", "by hand")
    assert store.guards.totals(TODAY).paused == {"bike-30d"}  # at once, where it was said
    time.sleep(1.05)
    assert other.guards.totals(TODAY).paused == {"bike-30d"}
    store.guards.resume("offer", "bike-30d")
    assert store.guards.totals(TODAY).paused == frozenset()
    time.sleep(1.05)
    assert other.guards.totals(TODAY).paused == frozenset()
    other.close()


def test_what_was_resumed_can_be_paused_again_and_each_pause_is_told(store: Store) -> None:
    hook = store.outbox.add_webhook("https://shop.example/hook", ["treatment.paused"])
    for reason in ("first", "second"):
        assert store.guards.pause("offer", "bike-30d", reason)
        assert not store.guards.pause("offer", "bike-30d", "not told")
        assert [pause.reason for pause in store.guards.pauses()] == [reason]
        assert store.guards.resume("offer", "bike-30d")
    assert len(store.outbox.messages(hook.webhook_id, 10)) == 2


def test_only_complaints_about_decisions_since_it_was_resumed_count(
    store: Store, make_decision: Make
) -> None:
    now = datetime.now(UTC)
    _give(store, make_decision, now - DAY, complaints=5, of=10)
    _give(store, make_decision, now - MINUTE, complaints=3, of=6)
    store.facts.fold()
    assert _counted(store.facts.complaints()) == (16, 8)
    store.guards.pause("offer", "bike-30d", "complaints")
    assert _counted(store.facts.complaints()) == (16, 8)  # a pause alone forgets nothing
    store.guards.resume("offer", "bike-30d")
    assert _counted(store.facts.complaints()) == (0, 0)
    _give(store, make_decision, now - MINUTE, complaints=1, of=1)  # a late report about an old decision
    assert _counted(store.facts.complaints()) == (0, 0)
    _give(store, make_decision, datetime.now(UTC) + timedelta(milliseconds=50), complaints=2, of=4)
    assert _counted(store.facts.complaints()) == (4, 2)
    (cell,) = [cell for cell in store.facts.complaints() if cell.group["slot"] == "offer"]
    assert (cell.value, cell.value_squared, cell.propensity) == (4.0, 8.0, 3.6)
    _give(store, make_decision, now + 2 * DAY, complaints=0, of=7)
    assert _counted(store.facts.complaints()) == (11, 2)
    store.guards.pause("offer", "bike-30d", "again")
    assert _counted(store.facts.complaints())[0] == 28  # a new pause shows the whole of it


def test_complaints_keep_to_the_days_asked_for_and_to_their_arm(store: Store, make_decision: Make) -> None:
    store.guards.pause("offer", "bike-30d", "by hand")
    store.guards.resume("offer", "bike-30d")
    now = datetime.now(UTC) + timedelta(milliseconds=50)
    today, later = now.date().isoformat(), (now + 2 * DAY).date().isoformat()
    _give(store, make_decision, now, complaints=0, of=3)
    _give(store, make_decision, now, complaints=0, of=2, arm="holdout")
    _give(store, make_decision, now + 2 * DAY, complaints=0, of=4)
    cells = store.facts.complaints(today, today)
    assert _counted(cells) == (3, 0)
    arms = {cell.group["arm"]: (cell.decisions, cell.propensity) for cell in cells}
    assert arms["holdout"] == (2, 1.8)
    assert _counted(store.facts.complaints(later, later)) == (4, 0)
    assert _counted(store.facts.complaints("", "2000-01-01")) == (0, 0)


def test_complaints_about_other_treatments_count_as_ever(store: Store, make_decision: Make) -> None:
    store.guards.pause("greeting", "greet-city", "by hand")
    store.guards.resume("greeting", "greet-city")
    _give(store, make_decision, datetime.now(UTC) - DAY, complaints=5, of=10)
    (cell,) = [cell for cell in store.facts.complaints() if cell.group["slot"] == "offer"]
    assert (cell.decisions, cell.with_outcome, cell.value, cell.value_squared) == (10, 5, 10.0, 20.0)
