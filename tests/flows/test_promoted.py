"""A promoted model proposes on the request path; who follows it is drawn, logged and comparable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from service.flows.enrich import Enricher
from service.flows.policy_memory import LeadHistory
from service.learn.live.promoted import Picks
from service.learn.live.rollout import Rollout
from service.model import AddressQuery, Decision, Lead
from service.wiring import Services

PICK = "offer-standard"


class _Promoted:
    """Picks one offer for everybody; or breaks."""

    def __init__(self, share: float, broken: bool = False) -> None:
        self.rollout = Rollout("sha256:test", "offer", "percentage", share, "2026-11-21", "test")
        self.broken = broken

    def picks(self, features: Mapping[str, object]) -> Picks:
        assert features["segment"]
        if self.broken:
            raise ValueError("no such column")
        return Picks(self.rollout.model, self.rollout.share, {"offer": PICK})


def _decide(services: Services, promoted: _Promoted, number: int) -> Decision:
    treating = replace(services.assets().treating, promoted=promoted)  # type: ignore[type-var]
    assets = replace(services.assets(), treating=treating)
    enricher = Enricher(lambda: assets, services.enricher.memory, lambda what: None)
    lead = Lead(f"lead-{number}", AddressQuery("DK", text="8000 Aarhus C"), "DK", "da", "web_form")
    return enricher.decide_lead(lead, LeadHistory(), services.now())


def test_half_the_leads_follow_and_the_log_says_who(services: Services) -> None:
    made = [_decide(services, _Promoted(0.5), number) for number in range(600)]
    treated = [d for d in made if d.treatments["offer"].arm == "treated"]
    followers = [d for d in treated if d.versions.models]
    assert 0.4 < len(followers) / len(treated) < 0.6
    assert {d.versions.models["offer"] for d in followers} == {"sha256:test"}
    assert {d.treatments["offer"].id.partition(".")[0] for d in followers} == {PICK}
    rules = {d.treatments["offer"].id.partition(".")[0] for d in treated if not d.versions.models}
    assert PICK not in rules
    assert followers[0].treatments["offer"].propensity == pytest.approx(0.05 + 0.95 * 0.5, abs=0.01)


def test_in_shadow_nothing_changes(services: Services) -> None:
    made = [_decide(services, _Promoted(0.0), number) for number in range(50)]
    assert all(not d.versions.models for d in made)


def test_a_model_that_breaks_leaves_the_rules_in_charge(services: Services) -> None:
    decision = _decide(services, _Promoted(1.0, broken=True), 1)
    assert decision.status == "ok"
    assert decision.treatments["offer"].id
