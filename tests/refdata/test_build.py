"""From raw files to a release: the same bytes twice, every figure accounted for, every fault refused."""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import SourceError
from service.refdata.build import BUILDING, build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.countries.dk.margins import load_margins
from service.tables import Release, check_files

ID = "2026-11-21.1"
Edit = Callable[[Path, str, str], None]
STATISTICS = Path("dk/polling_areas")


@pytest.fixture
def release(built: Path) -> Release:
    return Release.open(built, ID)


def test_building_twice_gives_the_same_bytes(small_raw: Path, reference: Path, tmp_path: Path) -> None:
    first = build_release(small_raw, reference, ID, tmp_path / "one").folder
    second = build_release(small_raw, reference, ID, tmp_path / "two").folder
    files = sorted(str(p.relative_to(first)) for p in first.rglob("*") if p.is_file())
    assert len(files) > 20
    same, different, missing = filecmp.cmpfiles(first, second, files, shallow=False)
    assert (different, missing) == ([], [])
    assert len(same) == len(files)


def test_the_manifest_vouches_for_every_file_and_marks_odbl(release: Release) -> None:
    entries = {t["path"]: t for c in release.manifest["countries"].values() for t in c["tables"]}
    on_disk = {str(p.relative_to(release.folder)) for p in release.folder.rglob("*") if p.is_file()}
    assert on_disk - {"manifest.json"} == set(entries)
    assert check_files(release.folder, release.manifest) == []
    for path, entry in entries.items():
        assert all(
            entry[key] for key in ("kind", "rows", "sha256", "licence", "attribution", "vintage", "sources")
        )
        assert ("ODbL" in entry["licence"]) == ("/addresses/" in path), path


def test_every_source_of_a_table_has_its_publishers_own_name(release: Release, built: Path) -> None:
    used = {s for t in release.manifest["countries"]["DK"]["tables"] for s in t["sources"]}
    catalogue = load_catalogue(built / "sources")
    assert release.publishers("DK") == {name: catalogue[name].publisher for name in used}
    assert release.publishers("DK")["dst-valgdatabase"] == "Danmarks Statistik"
    assert {v["source"] for v in release.json("DK", "variables")} <= set(release.publishers("DK"))


def test_a_release_from_before_manifests_named_publishers_names_none(built: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "copy"))
    path = folder / "releases" / ID / "manifest.json"
    body = json.loads(path.read_text("utf-8"))
    del body["countries"]["DK"]["publishers"]
    path.write_text(json.dumps(body), "utf-8")
    assert Release.open(folder, ID).publishers("DK") == {}


def test_a_changed_byte_is_noticed(built: Path, tmp_path: Path) -> None:
    release = Release.open(Path(shutil.copytree(built, tmp_path / "copy")), ID)
    path = release.path("DK", "postcodes.arrow")
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))
    faults = check_files(release.folder, release.manifest)
    assert faults == ["DK/postcodes.arrow does not have the sha256 of the manifest"]


def test_at_least_forty_variables_and_their_catalogue(release: Release) -> None:
    described = {v["code"] for v in release.json("DK", "variables")}
    columns = set(release.table("DK", "profiles_polling_area").column_names)
    assert len(described) >= 40
    assert described == columns - {"code", "name", "households", "persons", "urbanity"}


@pytest.mark.parametrize("level", ["parish", "postcode", "municipality", "country"])
def test_rolling_up_loses_nobody(release: Release, level: str) -> None:
    finest = release.table("DK", "profiles_polling_area").to_pandas()
    rolled = release.table("DK", f"profiles_{level}").to_pandas()
    for column in ("households", "persons"):
        assert rolled[column].sum() == pytest.approx(finest[column].sum(), rel=1e-5)


def test_shares_of_one_whole_sum_to_one(release: Release) -> None:
    for level in release.levels("DK"):
        table = release.table("DK", f"profiles_{level}").to_pandas()
        known = table[table["households"] > 0]
        whole = known[["no_car_share", "one_car_share", "two_plus_cars_share"]].sum(axis=1)
        assert np.allclose(whole, 1, atol=1e-5)


def test_cars_are_exchanged_back(release: Release) -> None:
    country = release.table("DK", "profiles_country").to_pylist()[0]
    assert country["one_car_share"] > country["two_plus_cars_share"]


def test_an_empty_area_is_unknown_not_zero(release: Release) -> None:
    rows = {r["code"]: r for r in release.table("DK", "profiles_polling_area").to_pylist()}
    assert np.isnan(rows["330012"]["households"])
    assert np.isnan(rows["330012"]["owner_share"])


def test_renumbered_municipality_takes_the_polygons_of_2021(release: Release) -> None:
    rows = {r["code"]: r["lat"] for r in release.table("DK", "areas_polling_area").to_pylist()}
    assert rows["101001"] > rows["101004"]  # 2024 draws them the other way round
    assert rows["400001"] < rows["400004"]


def test_areas_without_polygon_still_count_upwards(release: Release) -> None:
    assert "779021" not in release.table("DK", "areas_polling_area").column("code").to_pylist()
    finest = {r["code"]: r["households"] for r in release.table("DK", "profiles_polling_area").to_pylist()}
    towns = {r["code"]: r["households"] for r in release.table("DK", "profiles_municipality").to_pylist()}
    assert towns["0779"] == pytest.approx(sum(finest[f"7790{n}"] for n in (20, 21, 22, 23)))


def test_every_joint_row_is_a_distribution(release: Release) -> None:
    for level in ("polling_area", "postcode", "municipality", "region", "country"):
        table = release.table("DK", f"joint_{level}")
        cells = np.array(table.column("p").combine_chunks().flatten()).reshape(table.num_rows, 384)
        assert np.allclose(cells.sum(axis=1), 1, atol=1e-4)
        assert (cells >= 0).all()


def test_published_figures_land_where_they_belong(release: Release) -> None:
    prices = {r["code"]: r["flat_price_m2"] for r in release.table("DK", "profiles_postcode").to_pylist()}
    assert prices["1000"] == pytest.approx(50_000)  # mean of the quarters since 2023
    assert prices["1100"] == pytest.approx(50_000)  # the block's price holds for its street postcodes
    assert prices["2000"] == pytest.approx(20_000)
    assert np.isnan(prices["3000"])
    income = {
        r["code"]: r["disposable_income_mean"]
        for r in release.table("DK", "profiles_municipality").to_pylist()
    }
    assert income["0400"] == 236_000


def test_postcodes_keep_zeros_bulk_flags_and_municipalities(release: Release) -> None:
    rows = {r["postcode"]: r for r in release.table("DK", "postcodes").to_pylist()}
    assert rows["0800"]["bulk"]
    assert rows["0800"]["municipalities"] == ["0101"]
    assert not rows["1000"]["bulk"]
    assert rows["4000"]["municipalities"] == ["0779"]  # its list was empty: the polygons fill it


def test_every_correction_of_the_catalogue_is_in_the_manifest(release: Release, built: Path) -> None:
    built_from = {name for c in release.manifest["countries"]["DK"]["tables"] for name in c["sources"]}
    named = {
        f"{s.id}.{c.name}"
        for s in load_catalogue(built / "sources").values()
        if s.id in built_from
        for c in s.corrections
        if c.kind != "accept"
    }
    assert named
    assert named <= set(release.manifest["corrections"])


TYPES, TENURES = "BoligtypeAntalboliger.csv", "EjerforholdAntalboliger.csv"
FIRST = r"\r\n(101001),(\d+),"
DAMAGE = {
    "missing column": (TYPES, r"04\. Kollegier", "04. Andet", "rule expected-columns"),
    "decimal comma": (TENURES, FIRST, r'\r\n\1,"12,5",', "rule decimal-point"),
    "negative count": (TENURES, FIRST, r"\r\n\1,-4,", "rule not-negative"),
    "duplicate key": (TENURES, r"\r\n101002,", "\r\n101001,", "rule unique-key"),
    "no number": (TENURES, FIRST, r"\r\n\1,n/a,", "rule number"),
    "unknown area": (TENURES, r"\r\n101002,", "\r\n999999,", "rule matched-keys"),
    "short row": (TENURES, FIRST, r"\r\n\1,", "rule whole-rows"),
    "a filled empty area": (TENURES, r"\r\n330012,0,", "\r\n330012,7,", "rule empty_areas"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_source_stops_the_build(kind: str, raw: Path, reference: Path, edit: Edit) -> None:
    file, pattern, by, rule = DAMAGE[kind]
    edit(raw / STATISTICS / file, pattern, by)
    with pytest.raises(SourceError) as stop:
        build_release(raw, reference, ID)
    assert file in str(stop.value)
    assert rule in str(stop.value)
    assert not (reference / "releases" / ID).exists()
    assert not list((reference / "releases").glob(f"{BUILDING}*"))


def test_another_encoding_is_named_with_its_row(raw: Path, reference: Path) -> None:
    path = raw / STATISTICS / "BoligtypeAntalboliger.csv"
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    with pytest.raises(SourceError, match=r"BoligtypeAntalboliger\.csv: row 1: rule encoding"):
        build_release(raw, reference, ID)


def test_half_a_file_is_refused(raw: Path, reference: Path) -> None:
    path = raw / STATISTICS / "OpfrelsesrAntalboliger.csv"
    body = path.read_bytes()
    path.write_bytes(body[: len(body) // 2])
    with pytest.raises(SourceError, match=r"OpfrelsesrAntalboliger\.csv: row \d+: rule whole-"):
        build_release(raw, reference, ID)


def test_a_web_page_instead_of_a_table_is_refused(raw: Path, reference: Path) -> None:
    (raw / STATISTICS / "EjerforholdAntalboliger.csv").write_text(
        "<!DOCTYPE html><html>sorry</html>", "utf-8"
    )
    with pytest.raises(SourceError, match="rule not-a-web-page"):
        build_release(raw, reference, ID)


def test_broken_geojson_is_refused(raw: Path, reference: Path) -> None:
    path = raw / "dk/dagi_2021/geo_sogne.geojson"
    path.write_text(path.read_text("utf-8")[:500], "utf-8")
    with pytest.raises(SourceError, match=r"geo_sogne\.geojson: rule geojson"):
        build_release(raw, reference, ID)


def test_an_area_without_polygon_or_correction_is_refused(raw: Path, reference: Path) -> None:
    path = raw / "dk/polling_areas/valgsteds_2024.simplified.geojson"
    body = json.loads(path.read_text("utf-8"))
    body["features"] = [f for f in body["features"] if f["properties"]["kms_stat_id"] != 400002]
    path.write_text(json.dumps(body), "utf-8")
    with pytest.raises(SourceError, match="no polygon and no correction, such as 400002"):
        build_release(raw, reference, ID)


def test_a_release_never_changes(built: Path, small_raw: Path) -> None:
    with pytest.raises(SourceError, match="exists already"):
        build_release(small_raw, built, ID)


def test_margins_keep_the_national_total(small_raw: Path) -> None:
    margins = load_margins(small_raw)
    assert margins["age_sex"].shape == (16, 32)
    file = small_raw / STATISTICS / "Antal_personer_opgjort_efter_statsborgerskab_kn___.csv"
    written = sum(int(n) for line in file.read_text("utf-8").splitlines()[1:] for n in line.split(",")[1:])
    assert margins["age_sex"].sum().sum() == written
