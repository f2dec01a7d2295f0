"""Another release or policy becomes active under a running service."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.config import load_config
from service.flows.policy_memory import LeadHistory
from service.model import AddressQuery, Lead
from service.wiring import Services, build_services

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    copy = tmp_path / "reference_data"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("sources"))
    return copy


@pytest.fixture
def running(reference: Path, tmp_path: Path) -> Iterator[Services]:
    services = build_services(
        load_config(
            {
                "ENRICH_REFERENCE_DATA": str(reference),
                "ENRICH_DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite'}",
            }
        )
    )
    yield services
    services.store.close()


def _versions(services: Services) -> tuple[str, str]:
    lead = Lead("l", AddressQuery("DK", text="3700 Rønne"), "DK", "da", "web_form")
    versions = services.enricher.decide_lead(lead, LeadHistory(), services.now()).versions
    return versions.reference_data, versions.policy


def _add_release(reference: Path, name: str) -> None:
    releases = reference / "releases"
    active = (releases / "current").read_text(encoding="utf-8").strip()
    shutil.copytree(releases / active, releases / name)
    beside = releases / "current.tmp"
    beside.write_text(name + "\n", encoding="utf-8")
    os.replace(beside, releases / "current")


def test_another_release_is_picked_up_as_a_whole(running: Services, reference: Path) -> None:
    before = _versions(running)
    assert not running.keeper.refresh()
    _add_release(reference, "2099-01-01.1")
    assert _versions(running) == before
    assert running.keeper.refresh()
    assert _versions(running) == ("2099-01-01.1", before[1])


def test_a_release_that_is_damaged_is_refused_once_and_the_old_one_goes_on(
    running: Services, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = _versions(running)
    _add_release(reference, "2099-01-01.1")
    table = next((reference / "releases" / "2099-01-01.1" / "DK").glob("profiles_*.arrow"))
    table.write_bytes(table.read_bytes()[:-8])
    with caplog.at_level(logging.ERROR):
        assert not running.keeper.refresh()
        assert not running.keeper.refresh()
    assert len([r for r in caplog.records if "old one goes on" in r.getMessage()]) == 1
    assert _versions(running) == before


def test_a_policy_edit_is_picked_up_and_a_broken_one_is_not(running: Services, reference: Path) -> None:
    before = _versions(running)
    greetings = reference / "policy" / "greetings.toml"
    text = greetings.read_text(encoding="utf-8")
    greetings.write_text(text + "\n# an edit\n", encoding="utf-8")
    assert running.keeper.refresh()
    after = _versions(running)
    assert after != before
    greetings.write_text(text + "\n[[[broken", encoding="utf-8")
    assert not running.keeper.refresh()
    assert _versions(running) == after


def test_a_running_experiment_may_not_be_changed(
    running: Services, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = _versions(running)
    experiment = reference / "policy" / "experiment.toml"
    text = experiment.read_text(encoding="utf-8")
    changed = text.replace("share = 0.05", "share = 0.10", 1)
    assert changed != text
    experiment.write_text(changed, encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        assert not running.keeper.refresh()
    assert "is running and has been changed" in caplog.text
    assert _versions(running) == before
