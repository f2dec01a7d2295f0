"""The gate before publishing: each kind of wrong table is caught by a rule, named with its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from service.errors import CheckError
from service.refdata.build import build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.checks.against import check_against, check_totals
from service.refdata.checks.faults import Report
from service.refdata.checks.tables import check_release
from service.tables import Release, read_arrow

TODAY = date(2026, 11, 21)
ID = "2026-11-21.1"
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "reference_data"))


def alter(folder: Path, table: str, change: Change) -> None:
    """Rewrites one table of the release, whatever the manifest says of it."""
    path = folder / "releases" / ID / "DK" / f"{table}.arrow"
    schema = read_arrow(path).schema
    frame = change(read_arrow(path).to_pandas().copy())
    fields = [f for f in schema if f.name in frame.columns]
    fields += [pa.field(c, pa.float32()) for c in frame.columns if c not in schema.names]
    written = pa.Table.from_pandas(frame, schema=pa.schema(fields), preserve_index=False)
    path.unlink()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, written.schema) as writer:
        writer.write_table(written)


def report_of(folder: Path, old: Path | None = None) -> Report:
    report = Report(ID)
    release = Release.open(folder, ID, verify=False)
    check_release(release, folder / "variables", report)
    check_against(release, Release.open(old, ID) if old else None, TODAY, report)
    return report


def set_row(row: int, column: str, value: object) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
        return frame

    return change


def test_a_sound_release_passes(folder: Path, built: Path) -> None:
    report = report_of(folder, built)
    assert report.errors() == []
    assert len(report.applied) >= 15
    report.raise_errors()


def test_exchanged_car_columns_are_caught_by_a_rule(small_raw: Path, reference: Path) -> None:
    """The publisher's own fault, with its correction taken away."""
    source = reference / "sources" / "dst-valgdatabase.toml"
    text = source.read_text("utf-8")
    start = text.index('[[corrections]]\nname = "cars_exchanged"')
    source.write_text(text[:start] + text[text.index("[[corrections]]", start + 5) :], "utf-8")
    build_release(small_raw, reference, ID)
    errors = [f for f in report_of(reference).errors() if f.rule == "cars_not_exchanged"]
    assert len(errors) == 2  # in the areas, and in the country
    assert "exchanged columns?" in errors[1].message
    assert errors[0].column == "two_plus_cars_share"


def test_a_correction_that_the_publisher_made_unnecessary_is_caught(raw: Path, reference: Path) -> None:
    """Once they are exchanged back at the source, our own exchange would be the fault."""
    path = raw / "dk/polling_areas/Husstande_efter_bilrdighed.csv"
    lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(f"{a},{b},{d},{c}\r\n" if n else f"{a},{b},{c},{d}\r\n" for n, (a, b, c, d) in enumerate(lines)), "utf-8", newline="")  # fmt: skip  # noqa: E501
    build_release(raw, reference, ID)
    assert {f.rule for f in report_of(reference).errors()} == {"cars_not_exchanged"}


TABLES = {
    "a share over one": ("profiles_parish", set_row(2, "owner_share", 1.4), "form-and-range", "owner_share"),
    "a negative count": ("profiles_parish", set_row(2, "households", -5.0), "form-and-range", "households"),
    "a code twice": ("profiles_parish", set_row(2, "code", "7000"), "form-and-range", "code"),
    "an unknown urbanity": ("profiles_parish", set_row(2, "urbanity", 7), "form-and-range", "urbanity"),
    "people lost": (
        "profiles_municipality", set_row(1, "persons", 5.0), "totals-against-country", "persons",
    ),
    "a denied column": (
        "profiles_parish", lambda f: f.assign(church_share=0.5), "denied-columns", "church_share",
    ),
    "a polygon without figures": (
        "profiles_parish", lambda f: f.drop(index=1).reset_index(drop=True), "matched-keys", "code",
    ),
    "a postcode in no municipality": (
        "postcodes", lambda f: f.assign(municipalities=[["0999"]] * len(f)), "matched-keys", "municipalities",
    ),
    "an area without joint": (
        "joint_postcode", lambda f: f.drop(index=0).reset_index(drop=True), "joint-sums", "code",
    ),
    "a joint that is no distribution": (
        "joint_postcode", lambda f: f.assign(p=[p * (2 if n == 1 else 1) for n, p in enumerate(f["p"])]),
        "joint-sums", "p",
    ),
    "an income out of reason": (
        "profiles_polling_area", set_row(0, "household_income_mean", 90.0), "income_within_reason",
        "household_income_mean",
    ),
    "tenures that are not everyone": (
        "profiles_polling_area", set_row(0, "owner_share", 0.99), "tenures_are_all_dwellings", "owner_share",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_a_wrong_table_is_caught_with_table_column_and_rule(kind: str, folder: Path) -> None:
    table, change, rule, column = TABLES[kind]
    alter(folder, table, change)
    errors = [f for f in report_of(folder).errors() if f.rule == rule]
    assert errors, kind
    assert any(column in f.column for f in errors)
    assert "DK/" in errors[0].table


def test_small_cells_are_shown_but_do_not_stop(folder: Path) -> None:
    alter(folder, "profiles_polling_area", set_row(0, "households", 7.0))
    found = [f for f in report_of(folder).faults if f.rule == "small-cells"]
    assert [f.severity for f in found] == ["warning"]
    assert "101001" in found[0].row


MOVES = {
    "areas gone": ("profiles_parish", lambda f: f.iloc[2:].reset_index(drop=True), "lost-areas"),
    "a variable gone": ("profiles_parish", lambda f: f.drop(columns=["owner_share"]), "lost-areas"),
    "a national figure jumped": ("profiles_country", set_row(0, "owner_share", 0.9), "national-move"),
    "one area far from the rest": ("profiles_polling_area", set_row(0, "flat_share", 0.99), "outliers"),
}


@pytest.mark.parametrize("kind", MOVES)
def test_what_moved_against_the_last_release(kind: str, folder: Path, built: Path) -> None:
    table, change, rule = MOVES[kind]
    alter(folder, table, change)
    assert rule in {f.rule for f in report_of(folder, built).errors()}


def test_a_vintage_older_than_the_active_one_is_stale(folder: Path, built: Path) -> None:
    path = folder / "releases" / ID / "manifest.json"
    body = json.loads(path.read_text("utf-8"))
    for entry in body["countries"]["DK"]["tables"]:
        if entry["path"] == "DK/profiles_parish.arrow":
            entry["vintage"] = "2016-01-01"
    path.write_text(json.dumps(body), "utf-8")
    report = report_of(folder, built)
    assert [f.table for f in report.errors() if f.rule == "stale-vintage"] == ["DK/profiles_parish.arrow"]
    assert any(f.rule == "vintage-age" and f.severity == "warning" for f in report.faults)


def test_totals_against_another_table_of_the_publisher(folder: Path, built: Path, tmp_path: Path) -> None:
    release = Release.open(built, ID)
    towns = release.table("DK", "profiles_municipality").to_pylist()
    path = tmp_path / "raw" / "dk" / "statbank" / "FOLK1A.csv"
    path.parent.mkdir(parents=True)

    def write(factor: float) -> None:
        rows = [f"{t['code'][1:]};TOT;IALT;2025K4;{t['persons'] * factor:.0f}" for t in towns]
        path.write_text("\r\n".join(["OMRÅDE;KØN;ALDER;TID;INDHOLD", *rows]) + "\r\n", "utf-8")

    for factor, rules in ((1.03, set()), (1.3, {"totals-against-parent"})):
        write(factor)
        report = Report(ID)
        check_totals(release, load_catalogue(folder / "sources"), tmp_path / "raw", report)
        assert {f.rule for f in report.errors()} == rules


def test_the_report_reads_and_a_real_change_is_accepted_by_name(folder: Path, built: Path) -> None:
    alter(folder, "profiles_country", set_row(0, "owner_share", 0.9))
    report = report_of(folder, built)
    text = report.text()
    assert "ERROR national-move" in text
    assert "DK/profiles_country, column owner_share: rule national-move: from" in text
    assert json.loads(report.json())["faults"]
    with pytest.raises(CheckError) as stop:
        report.raise_errors()
    assert stop.value.faults
    report.raise_errors(frozenset({"national-move"}))


def test_a_small_move_of_a_rare_thing_is_no_outlier(folder: Path, built: Path) -> None:
    """Dormitories doubling from 0.1 % to 0.2 % in a few areas is a new house, not a broken file."""

    def rare(value: float) -> Change:
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            moved = frame["code"].isin(["101001", "101002", "400001"])
            spread = pd.Series([0.4 * (n % 2) for n in range(len(frame))])
            return frame.assign(dormitory_share=spread.where(~moved, value))

        return change

    old = Path(shutil.copytree(built, folder.parent / "old"))
    alter(old, "profiles_polling_area", rare(0.001))
    alter(folder, "profiles_polling_area", rare(0.002))
    report = Report(ID)
    pair = [Release.open(f, ID, verify=False) for f in (folder, old)]
    check_against(pair[0], pair[1], TODAY, report)
    assert not [f for f in report.faults if f.column == "dormitory_share"]
