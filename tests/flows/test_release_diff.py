"""What a comparison of releases touches: logged leads where there is a store, and treatments always."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import PolicyError
from service.flows.release_diff import find_touched
from service.segment.definitions import load_definitions
from service.wiring import Services
from tests.flows.test_enrich import decide, make_lead

REFERENCE = Path(__file__).parents[2] / "reference_data"
POLICY = REFERENCE / "policy"
CODES = load_definitions(POLICY / "segments").codes


def test_without_a_store_there_are_no_leads_and_no_store_is_made(tmp_path: Path) -> None:
    touched = find_touched(f"sqlite:///{tmp_path / 'none.sqlite'}", POLICY, CODES)
    assert (touched.leads, touched.warning) == ({}, "")
    assert list(tmp_path.iterdir()) == []
    assert set(touched.treatments) == set(CODES)
    assert all(":" in what for treatments in touched.treatments.values() for what in treatments)
    assert sum(len(treatments) for treatments in touched.treatments.values()) > len(CODES)


def test_logged_leads_are_counted_by_area_and_segment(services: Services) -> None:
    decision = decide(services, make_lead())
    assert decision.profile is not None
    key = ("DK", decision.profile.level, decision.profile.code, decision.segment.code or "")

    def logged() -> int:
        services.store.facts.fold()
        return find_touched(services.config.database_url, POLICY, CODES).leads.get(key, 0)

    before = logged()  # of tests that share the store
    services.store.record_decisions([decision])
    assert logged() == before + 1


def test_a_store_that_cannot_be_read_is_left_out_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"this is no database" * 100)
    touched = find_touched(f"sqlite:///{path}", POLICY, CODES)
    assert touched.leads == {}
    assert touched.warning.startswith("logged leads are left out of the comparison (")


def test_a_policy_of_other_segments_is_refused() -> None:
    with pytest.raises(PolicyError):
        find_touched("sqlite:///none.sqlite", POLICY, ("Z9",))
