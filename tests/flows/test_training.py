"""What a model learns from is what it is asked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from service.flows.enrich import Enricher
from service.flows.outcomes import record_outcomes
from service.flows.past_figures import PastDecisions
from service.flows.training import TrainingRows, read_training_rows
from service.learn.live.promoted import Picks
from service.learn.live.rollout import Rollout
from service.model import AddressQuery, Decision, Lead
from service.wiring import Services

ADDRESSES = ("Sankt Mortens Gade 3, 3700 Rønne", "3770 Allinge", "Ukendt Gade 7, 5000 Odense C")


class _Listening:
    """A promoted model that picks nothing and remembers what it was asked with."""

    rollout = Rollout("sha256:test", "offer", "percentage", 0.5, "2026-11-21", "test")

    def __init__(self) -> None:
        self.asked: list[Mapping[str, object]] = []

    def picks(self, features: Mapping[str, object]) -> Picks:
        self.asked.append(features)
        return Picks(self.rollout.model, 0.5, {})


def _decide(services: Services, model: _Listening, prefix: str) -> list[Decision]:
    treating = replace(services.assets().treating, promoted=model)  # type: ignore[type-var]
    assets = replace(services.assets(), treating=treating)
    enricher = Enricher(lambda: assets, services.enricher.memory, lambda what: None)
    return [
        enricher.enrich_lead(Lead(f"{prefix}-{n}", AddressQuery("DK", text=text), "DK", "da", "web_form"))
        for n, text in enumerate(ADDRESSES)
    ]


def _read(services: Services, past: PastDecisions, made: list[Decision]) -> TrainingRows:
    start, end = made[0].made_at, made[-1].made_at + timedelta(milliseconds=1)
    return read_training_rows(services.store, past, "offer", "bought", start, end)


@pytest.mark.parametrize("active_elsewhere", [False, True])
def test_the_log_says_of_a_lead_what_the_model_was_asked_with(
    services: Services, active_elsewhere: bool
) -> None:
    """Also once another release has become active: the figures are those of the decision's own."""
    model = _Listening()
    made = _decide(services, model, f"training-{active_elsewhere}")
    past = services.past
    if active_elsewhere:
        other = replace(services.assets(), countries={}, release=replace(services.assets().release, id="x"))
        past = PastDecisions(services.store, services.config.reference_data, lambda: other)
    found = _read(services, past, made)
    assert found.without_figures == 0
    named = {"area", "treatment", "bought", "made_at"}
    assert [{k: v for k, v in row.items() if k not in named} for row in found.rows] == model.asked
    assert len(model.asked) == len(ADDRESSES)
    levels = {figure.level for figure in made[0].profile.figures.values()}  # type: ignore[union-attr]
    assert len(levels) > 1  # some figures are filled in from coarser areas


def test_a_row_says_what_was_given_and_what_came_of_it_and_not_to_whom(services: Services) -> None:
    made = _decide(services, _Listening(), "outcome")
    bought = {"decision_id": made[1].decision_id, "kind": "bought", "at": made[1].made_at}
    record_outcomes(services.store, [bought])
    rows = _read(services, services.past, made).rows
    assert [row["bought"] for row in rows] == [0, 1, 0]
    for row, decision in zip(rows, made, strict=True):
        offer, profile = decision.treatments["offer"], decision.profile
        assert profile is not None
        held = offer.arm == "holdout"
        assert row["treatment"] == ("holdout" if held else offer.id.partition(".")[0])
        assert row["area"] == f"{profile.level}/{profile.code}"
        assert row["made_at"] == decision.made_at.isoformat()
        assert not {decision.lead_id, decision.decision_id} & {str(value) for value in row.values()}


def test_a_decision_whose_release_is_gone_is_left_out_and_counted(services: Services) -> None:
    made = _decide(services, _Listening(), "gone")
    with_others = PastDecisions(services.store, services.config.reference_data / "nowhere")
    found = _read(services, with_others, made)
    assert (list(found.rows), found.without_figures) == ([], len(ADDRESSES))
