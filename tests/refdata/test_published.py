"""A `[published]` variable of a StatBank table needs no code: declared, fetched, built, shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError
from service.refdata.build import build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.sources import statbank
from service.refdata.variables import load_variables
from service.tables import Release
from tests.refdata.conftest import REAL_REFERENCE
from tests.refdata.publisher import fetcher, plain, source_at
from tests.refdata.sources.test_statbank import tableinfo

ID = "2026-11-21.1"
Edit = Callable[[Path, str, str], None]
# The line that the analysts' page gives as its example.
SHARE = next(
    line
    for line in (REAL_REFERENCE / "README.md").read_text("utf-8").splitlines()
    if line.startswith("two_car_families_share = ")
)
# As the interface sends it: codes, the country and a region beside the municipalities, one confidential cell.
FAMILIES = {
    "000": (9, 9, 9, 9),
    "084": (9, 9, 9, 9),
    "101": (50, 40, 8, 2),
    "330": (20, 40, 30, 10),
    "400": (25, 50, "..", 5),
    "779": (10, 40, 40, 10),
}
ANSWER = "OMRÅDE;RAADMOENS;TID;INDHOLD\r\n" + "".join(
    f"{area};{cars};2025;{count}\r\n" for area, row in FAMILIES.items() for cars, count in enumerate(row)
)


@pytest.fixture
def declare(reference: Path, edit: Edit) -> Callable[[str], int]:
    """Writes a line below `[published]` of a copied variables file; returns its number."""

    def write(line: str) -> int:
        path = reference / "variables" / "DK.toml"
        edit(path, r"\[published\]\n", "[published]\n" + line.replace("\\", "\\\\") + "\n")
        return path.read_text("utf-8").splitlines().index(line) + 1

    return write


def fetch_answer(publisher: Any, raw: Path, answer: str = ANSWER) -> None:
    source = source_at("statbank-bil800", publisher)
    publisher.says("/v1/tableinfo/BIL800", plain(tableinfo(source)))
    publisher.says("/v1/data", plain(answer))
    statbank.fetch(fetcher(), source, raw)


def test_a_declared_variable_is_in_the_built_profile(
    publisher: Any, raw: Path, reference: Path, declare: Callable[[str], int]
) -> None:
    declare(SHARE)
    fetch_answer(publisher, raw)
    build_release(raw, reference, ID)
    release = Release.open(reference, ID)
    towns = {r["code"]: r for r in release.table("DK", "profiles_municipality").to_pylist()}
    shares = {code: row["two_car_families_share"] for code, row in towns.items()}
    assert shares["0101"] == pytest.approx(0.10)
    assert shares["0330"] == pytest.approx(0.40)
    assert shares["0779"] == pytest.approx(0.50)
    assert shares["0400"] != shares["0400"]  # a confidential cell makes it unknown
    known = {code: row["households"] for code, row in towns.items() if code != "0400"}
    mean = sum(shares[code] * households for code, households in known.items()) / sum(known.values())
    (country,) = release.table("DK", "profiles_country").to_pylist()
    assert country["two_car_families_share"] == pytest.approx(mean, rel=1e-6)
    described = {v["code"]: v for v in release.json("DK", "variables")}["two_car_families_share"]
    assert (described["vintage"], described["source"]) == ("2025-12-31", "statbank-bil800")
    assert described["levels"] == ["municipality", "country"]
    assert described["label"] == {
        "en": "Families with two cars or more",
        "da": "Familier med to eller flere biler",
    }
    tables = {t["path"]: t for t in release.manifest["countries"]["DK"]["tables"]}
    assert "statbank-bil800" in tables["DK/profiles_municipality.arrow"]["sources"]
    assert "statbank-bil800" not in tables["DK/profiles_parish.arrow"]["sources"]
    assert release.publishers("DK")["statbank-bil800"] == "Danmarks Statistik"


WRONG = {
    "a source that nothing reads": (
        SHARE.replace("statbank-bil800", "geonames"), "nothing reads published figures of source 'geonames'",
    ),
    "a source without a file": (
        SHARE.replace("statbank-bil800", "statbank-abc"), "source 'statbank-abc' is not in the catalogue",
    ),
    "a table that was not fetched": (
        SHARE.replace("bil800", "fam55n"), "enrich refdata refresh --source statbank-fam55n",
    ),
    "a misspelt key": (SHARE.replace("out_of", "outof"), "key 'outof' is not known"),
    "a missing key": (SHARE.replace('topic = "cars", ', ""), "key 'topic' is missing"),
    "a level that the country has not": (SHARE.replace('"municipality"', '"county"'), "level 'county'"),
    "a level that the table has not": (SHARE.replace('"municipality"', '"parish"'), "none of StatBank's"),
    "a code that is gone": (SHARE.replace('"3"', '"7"'), "column 'RAADMOENS' of BIL800 has no '7'"),
    "a column that is not there": (SHARE.replace("{ RAADMOENS", "{ BILER"), "BIL800 has no column 'BILER'"),
    "totals that may stand beside their parts": (
        SHARE.replace('cells = { RAADMOENS = ["2", "3"] }, ', ""), "which codes of 'RAADMOENS' count",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_declaration_is_a_sentence_with_file_and_line(
    kind: str, publisher: Any, raw: Path, reference: Path, declare: Callable[[str], int]
) -> None:
    line, says = WRONG[kind]
    number = declare(line)
    fetch_answer(publisher, raw)
    with pytest.raises(SourceError) as stop:
        build_release(raw, reference, ID)
    assert str(stop.value).startswith(f"DK.toml:{number}: variable 'two_car_families_share': ")
    assert says in str(stop.value)
    assert not (reference / "releases" / ID).exists()


def test_a_sensitive_column_of_a_table_saved_by_hand_is_refused(
    raw: Path, reference: Path, declare: Callable[[str], int]
) -> None:
    declare(SHARE)
    folder = raw / "dk" / "statbank"
    folder.mkdir()
    (folder / "BIL800.csv").write_text("OMRÅDE;HERKOMST;TID;INDHOLD\r\n101;5;2025;7\r\n", "utf-8")
    with pytest.raises(SourceError, match="column 'HERKOMST' is denied"):
        build_release(raw, reference, ID)


def test_regions_come_with_the_codes_of_the_release(raw: Path, publisher: Any) -> None:
    fetch_answer(publisher, raw)
    source = source_at("statbank-bil800", publisher)
    table = statbank.read_statbank(statbank.table_path(raw, source))
    assert statbank.by_area(table, source, {"RAADMOENS": ["1"]}, "region").to_dict() == {"1084": 9.0}


@pytest.mark.parametrize(
    ("period", "counted", "day"),
    [
        ("2025", "", "2025-12-31"),
        ("2025K1", "", "2025-03-31"),
        ("2025K4", "first day", "2025-10-01"),
        ("2024M02", "", "2024-02-29"),
    ],
)
def test_a_period_is_the_day_that_it_describes(
    period: str, counted: str, day: str, publisher: Any, tmp_path: Path
) -> None:
    source = source_at("statbank-folk1a", publisher, counted=counted)
    path = tmp_path / "t.csv"
    path.write_text(f"OMRÅDE;TID;INDHOLD\r\n101;{period};7\r\n", "utf-8")
    assert statbank.period_of(statbank.read_statbank(path), source) == day


def test_several_periods_in_one_table_are_refused(publisher: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("OMRÅDE;TID;INDHOLD\r\n101;2024;7\r\n101;2025;8\r\n", "utf-8")
    with pytest.raises(SourceError, match=r"FOLK1A\.csv: column 'TID': rule one-period"):
        statbank.period_of(statbank.read_statbank(path), source_at("statbank-folk1a", publisher))


def test_every_variable_knows_the_line_that_defines_it(reference: Path) -> None:
    vintages = {s.id: s.vintage for s in load_catalogue(reference / "sources").values()}
    for country in ("DK", "FI"):
        path = reference / "variables" / f"{country}.toml"
        lines = path.read_text("utf-8").splitlines()
        for variable in load_variables(path, vintages).variables:
            file, _, number = variable.where.partition(":")
            assert file == path.name
            assert lines[int(number) - 1].startswith(f"{variable.code} = ")
