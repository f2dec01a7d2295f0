"""The log names areas and release; figures are found again in the release itself."""

from __future__ import annotations

from dataclasses import replace

from service.flows.past_figures import PastDecisions
from service.model import AddressQuery, Lead
from service.wiring import Services


def test_a_logged_decision_has_the_figures_that_it_was_made_with(services: Services) -> None:
    lead = Lead(
        "archive-1", AddressQuery("DK", text="Sankt Mortens Gade 3, 3700 Rønne"), "DK", "da", "web_form"
    )
    made = services.enricher.enrich_lead(lead)
    stored = services.store.latest_decision("archive-1")
    assert stored is not None
    assert stored.profile is not None
    assert stored.profile.figures == {}
    recalled = services.past.latest("archive-1")
    assert recalled is not None
    assert recalled.profile == made.profile
    elsewhere = replace(services.assets(), release=replace(services.assets().release, id="another"))
    earlier = PastDecisions(services.store, services.config.reference_data, lambda: elsewhere)
    assert earlier.recall_figures(stored).profile == made.profile


def test_a_release_that_is_gone_leaves_the_decision_without_figures(services: Services) -> None:
    lead = Lead("archive-2", AddressQuery("DK", text="3700 Rønne"), "DK", "da", "web_form")
    services.enricher.enrich_lead(lead)
    stored = services.store.latest_decision("archive-2")
    assert stored is not None
    gone = replace(stored, versions=replace(stored.versions, reference_data="2001-01-01.1"))
    assert services.past.recall_figures(gone) == gone
