"""What is not given for now: listed, paused and resumed by people, through whichever door."""

from __future__ import annotations

from collections.abc import Sequence

from service.decide.policy import Policy
from service.errors import InvalidInputError, NotFoundError
from service.store.pauses import Pause
from service.store.store import Store

EVERYTHING = "*"  # as slot and as treatment: nothing but the standard flow


def list_pauses(store: Store) -> Sequence[Pause]:
    """What is paused now, the oldest pause first. Raises StoreError."""
    return store.guards.pauses()


def pause_treatment(store: Store, policy: Policy, slot: str, treatment: str, reason: str) -> Sequence[Pause]:
    """Pauses a treatment (or everything) until somebody resumes it; what is paused then.

    One that is paused already stays so, for its first reason. Raises InvalidInputError for a treatment that
    the policy does not have, or that is the standard one of its slot; StoreError.
    """
    if (slot, treatment) != (EVERYTHING, EVERYTHING):
        _check_pausable(policy, slot, treatment)
    store.guards.pause(slot, treatment, reason)
    return store.guards.pauses()


def resume_treatment(store: Store, slot: str, treatment: str) -> Sequence[Pause]:
    """Ends a pause; what is still paused. Complaints that led to it do not count against the treatment again.

    Raises NotFoundError when the treatment is not paused; StoreError.
    """
    if not store.guards.resume(slot, treatment):
        raise NotFoundError(f"{slot}/{treatment} is not paused; `enrich pauses list` shows what is.")
    return store.guards.pauses()


def _check_pausable(policy: Policy, slot: str, treatment: str) -> None:
    if slot not in policy.slots:
        raise InvalidInputError(f"There is no slot {slot!r}; there are {', '.join(policy.slots)}.", "slot")
    rules = {rule.id: rule for rule in policy.treatments[slot] if not rule.standard}
    rule = policy.treatment(slot, treatment)
    if rule is not None and rule.standard:
        raise InvalidInputError(
            f"{slot}/{treatment} is the standard flow, given where nothing else may be: it cannot be paused.",
            "treatment",
        )
    if rule is None or treatment not in {rule.id, *(f"{rule.id}.{v.code}" for v in rule.variants)}:
        raise InvalidInputError(
            f"Slot {slot} has no treatment {treatment!r}; there are {', '.join(rules)}.", "treatment"
        )
