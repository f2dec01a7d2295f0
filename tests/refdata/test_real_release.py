"""The committed release, and the code that builds it from the real raw files."""

from __future__ import annotations

import filecmp
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from service.refdata.build import build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.checks.faults import Report
from service.refdata.checks.tables import check_release
from service.refdata.refresh import inspect_release
from service.tables import Release, current_release_id

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"
DANISH_BYTES = 15_000_000


@pytest.fixture(scope="module")
def release() -> Release:
    return Release.open(REFERENCE)


def test_the_active_release_passes_every_check(release: Release) -> None:
    report = inspect_release(REFERENCE, release.id, None, datetime.now(UTC).date())
    assert report.errors() == []
    assert len(report.applied) >= 14


def test_denmark_is_small_enough_to_ship(release: Release) -> None:
    tables = release.manifest["countries"]["DK"]["tables"]
    assert sum(t["bytes"] for t in tables) <= DANISH_BYTES
    assert {t["kind"] for t in tables} >= {
        "profiles",
        "areas",
        "joint",
        "postcodes",
        "addresses",
        "variables",
    }


def test_national_figures_are_those_published(release: Release) -> None:
    country = release.table("DK", "profiles_country").to_pylist()[0]
    assert country["persons"] == pytest.approx(5_822_710, abs=5)
    assert country["household_income_mean"] == pytest.approx(615_174, abs=5)
    assert country["one_car_share"] == pytest.approx(1_389_871 / 2_728_113, abs=1e-4)
    towns = {r["name"]: r for r in release.table("DK", "profiles_municipality").to_pylist()}
    assert towns["Gentofte"]["household_income_mean"] == pytest.approx(1_077_575, abs=50)
    assert towns["Ærø"]["household_income_mean"] == pytest.approx(454_749, abs=50)


def test_every_correction_names_its_reason_and_was_applied(release: Release) -> None:
    used = {name for t in release.manifest["countries"]["DK"]["tables"] for name in t["sources"]}
    catalogue = load_catalogue(REFERENCE / "sources")
    named = {f"{s}.{c.name}" for s in used for c in catalogue[s].corrections if c.kind != "accept"}
    assert len(named) >= 15
    assert named <= set(release.manifest["corrections"])


def test_embedded_addresses_lie_in_areas_with_statistics(release: Release) -> None:
    drawn = release.table("DK", "areas_polling_area")
    known = {
        r["code"] for r in release.table("DK", "profiles_polling_area").to_pylist() if r["households"] > 0
    }
    assert len(set(drawn.column("code").to_pylist()) & known) > 1270


@pytest.mark.raw
def test_the_code_builds_the_committed_release(open_data: Path, release: Release, tmp_path: Path) -> None:
    built = build_release(open_data, REFERENCE, release.id, tmp_path).folder
    files = sorted(str(p.relative_to(built)) for p in built.rglob("*") if p.is_file())
    _, different, missing = filecmp.cmpfiles(built, release.folder, files, shallow=False)
    assert (different, missing) == ([], [])


@pytest.mark.raw
def test_bornholm_addresses_find_their_polling_area(open_data: Path, release: Release) -> None:
    lines = (open_data / "dk/addresses_osm/bornholm_addresses_osm.csv").read_text("utf-8").splitlines()[1:]
    points = shapely.points([[float(line.split(",")[2]), float(line.split(",")[1])] for line in lines])
    polygons = shapely.from_wkb(release.table("DK", "areas_polling_area").column("wkb").to_pylist())
    found = np.unique(shapely.STRtree(polygons).query(points, predicate="intersects")[0])
    print(f"{len(found):,} of {len(points):,} Bornholm addresses lie in a polling area with statistics")
    assert len(found) >= 29_700  # 29,726 before the polygons were simplified


@pytest.mark.raw
def test_the_publishers_car_table_is_caught_without_its_correction(open_data: Path, tmp_path: Path) -> None:
    """A rule finds the exchange in the real table, not luck."""
    folder = tmp_path / "reference_data"
    for name in ("sources", "variables"):
        shutil.copytree(REFERENCE / name, folder / name)
    source = folder / "sources" / "dst-valgdatabase.toml"
    text = source.read_text("utf-8")
    start = text.index('[[corrections]]\nname = "cars_exchanged"')
    source.write_text(text[:start] + text[text.index("[[corrections]]", start + 5) :], "utf-8")
    build_release(open_data, folder, "2026-11-21.1")
    report = Report("2026-11-21.1")
    check_release(Release.open(folder, "2026-11-21.1"), folder / "variables", report)
    assert {f.rule for f in report.errors()} == {"cars_not_exchanged"}


def test_the_pointer_and_the_manifest_agree(release: Release) -> None:
    assert current_release_id(REFERENCE) == release.manifest["release"] == release.id
