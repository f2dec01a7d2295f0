"""Pausing by name: what there is can be paused, and a wrong name is answered with the right ones."""

from __future__ import annotations

import pytest

from service.errors import InvalidInputError, NotFoundError
from service.flows.pauses import list_pauses, pause_treatment, resume_treatment
from service.wiring import Services


@pytest.mark.parametrize(
    ("slot", "treatment"),
    [("offer", "offer-large-box"), ("offer", "offer-week-by-week.a"), ("*", "*")],
    ids=["a treatment", "one wording of it", "everything"],
)
def test_it_is_paused_until_it_is_resumed(services: Services, slot: str, treatment: str) -> None:
    policy = services.assets().policy
    (pause,) = pause_treatment(services.store, policy, slot, treatment, "out of stock")
    assert (pause.slot, pause.treatment, pause.reason) == (slot, treatment, "out of stock")
    assert list_pauses(services.store) == [pause]
    assert pause_treatment(services.store, policy, slot, treatment, "another reason") == [pause]
    assert resume_treatment(services.store, slot, treatment) == []
    with pytest.raises(NotFoundError, match="is not paused; `enrich pauses list` shows what is"):
        resume_treatment(services.store, slot, treatment)


@pytest.mark.parametrize(
    ("slot", "treatment", "says", "field"),
    [
        ("moon", "offer-large-box", r"no slot 'moon'; there are greeting, offer", "slot"),
        ("offer", "moon", r"has no treatment 'moon'; there are offer-", "treatment"),
        ("offer", "offer-week-by-week.moon", r"has no treatment", "treatment"),
        ("greeting", "offer-large-box", r"has no treatment", "treatment"),
        ("offer", "*", r"has no treatment", "treatment"),
        ("offer", "offer-standard", r"standard flow, .* cannot be paused", "treatment"),
    ],
)
def test_a_name_that_cannot_be_paused_is_refused(
    services: Services, slot: str, treatment: str, says: str, field: str
) -> None:
    with pytest.raises(InvalidInputError, match=says) as refused:
        pause_treatment(services.store, services.assets().policy, slot, treatment, "by hand")
    assert refused.value.field == field
    assert list_pauses(services.store) == []
