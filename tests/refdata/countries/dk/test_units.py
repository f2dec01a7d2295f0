"""Building register: bitemporal XML in, one row per home out, found again by address id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.area.units import UnitTable, unit_figures
from service.errors import SourceError
from service.refdata.build import build_release
from service.refdata.catalogue import DEFAULT_SOURCES, load_source
from service.refdata.corrections import Ledger
from service.refdata.countries.dk.units import house_numbers, read_units
from service.tables import Release

HOME, OTHER, TWIN, HOUSE = (f"0a3f50ae-f56{n}-32b8-e044-0003ba298018" for n in range(4))
UNIT = {"id_lokalId": "u1", "status": "6", "enh020EnhedensAnvendelse": "120", "enh023Boligtype": "1",
        "enh026EnhedensSamledeAreal": "140", "enh027ArealTilBeboelse": "131", "enh031AntalVærelser": "5",
        "enh045Udlejningsforhold": "2", "adresseIdentificerer": HOME}  # fmt: skip
BUILDING = {"id_lokalId": "b1", "status": "6", "byg021BygningensAnvendelse": "120",
            "byg026Opførelsesår": "1965",
            "byg039BygningensSamledeBoligAreal": "131", "husnummer": HOUSE}  # fmt: skip


def write_extract(
    folder: Path, element: str, records: list[dict[str, str]], encoding: str = "iso-8859-1"
) -> Path:
    body = "".join(
        f"<{element}>" + "".join(f"<{k}>{v}</{k}>" for k, v in record.items()) + f"</{element}>"
        for record in records
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{element}.xml"
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    path.write_bytes(f"{head}<OIS_UDTRAEK>{body}</OIS_UDTRAEK>".encode(encoding))
    return path


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    folder = tmp_path / "bbr"
    units = [
        UNIT,
        UNIT | {"virkningTil": "2015-01-01T00:00:00Z", "enh027ArealTilBeboelse": "99"},  # an earlier version
        UNIT | {"registreringTil": "2016-01-01T00:00:00Z", "enh045Udlejningsforhold": "1"},
        UNIT | {"id_lokalId": "u2", "adresseIdentificerer": OTHER, "enh045Udlejningsforhold": "1",
                "enh020EnhedensAnvendelse": "140", "enh031AntalVærelser": "0"},
        UNIT | {"id_lokalId": "u3", "adresseIdentificerer": TWIN},
        UNIT | {"id_lokalId": "u4", "adresseIdentificerer": TWIN},
        UNIT | {"id_lokalId": "u5", "adresseIdentificerer": HOUSE, "enh023Boligtype": "E"},
    ]  # fmt: skip
    write_extract(folder, "CO50500t", units)
    write_extract(
        folder, "CO50200t", [BUILDING, BUILDING | {"id_lokalId": "b2", "byg026Opførelsesår": "1000"}]
    )
    return folder


def read(folder: Path) -> tuple[list[dict[str, object]], Ledger]:
    source, ledger = load_source(DEFAULT_SOURCES / "bbr.toml"), Ledger()
    table = read_units(folder, {HOME: HOUSE}, 2020, source, ledger)
    return table.to_dict("records"), ledger


def test_only_what_is_in_force_and_one_home_per_address(extract: Path) -> None:
    rows, ledger = read(extract)
    assert len(rows) == 2  # the twin address holds two homes, the last is a shop
    owned, let = rows
    assert (owned["dwelling"], owned["rented"], owned["area_m2"], owned["rooms"]) == ("detached", 0, 131, 5)
    assert owned["year_built"] == 1965
    assert (let["dwelling"], let["rented"], let["rooms"], let["year_built"]) == ("flat", 1, None, None)
    assert "9 records" in ledger.entries["bbr.earlier_versions"]
    assert "1 years" in ledger.entries["bbr.impossible_years"]


def test_a_cut_off_extract_names_the_record(extract: Path) -> None:
    path = extract / "CO50500t.xml"
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(SourceError, match=r"CO50500t\.xml: row \d+: rule whole-xml"):
        read(extract)


def test_a_renamed_element_is_named(extract: Path) -> None:
    path = extract / "CO50500t.xml"
    path.write_bytes(path.read_bytes().replace(b"enh045Udlejningsforhold", b"enh145Udlejning"))
    with pytest.raises(SourceError, match="column 'enh045Udlejningsforhold': rule expected-columns"):
        read(extract)


def test_another_encoding_is_refused(extract: Path) -> None:
    write_extract(extract, "CO50500t", [UNIT], encoding="utf-8")
    with pytest.raises(SourceError, match="rule whole-xml"):
        read(extract)


def test_from_extract_to_the_figures_of_one_address(raw: Path, extract: Path, reference: Path) -> None:
    (raw / "dk" / "bbr").parent.mkdir(exist_ok=True)
    extract.rename(raw / "dk" / "bbr")
    (raw / "dk" / "dar").mkdir()
    line = json.dumps({"id": HOME, "husnummer_id": HOUSE, "registreringtil": None, "virkningtil": None})
    (raw / "dk" / "dar" / "Adresse.ndjson").write_text(line + "\n", "utf-8")
    build_release(raw, reference, "2026-11-21.1")
    units = UnitTable.load(Release.open(reference, "2026-11-21.1"), "DK")
    assert units is not None
    facts = units.unit_facts(HOME)
    assert facts is not None
    assert (facts.dwelling, facts.tenure, facts.rented, facts.year_built) == (
        "detached",
        "owner",
        False,
        1965,
    )
    figures = unit_figures(facts)
    assert {c: f.value for c, f in figures.items()} == {
        "unit_area_m2": 131.0, "unit_rooms": 5.0, "unit_year_built": 1965.0,
    }  # fmt: skip
    assert all(f.level == "unit" and f.source == "bbr" and f.index is None for f in figures.values())
    let = units.unit_facts(OTHER)
    assert let is not None
    assert (let.tenure, let.rented) == (None, True)  # let, but by whom is not in the register
    assert units.unit_facts(TWIN) is None
    assert units.unit_facts("osm-123") is None
    assert units.unit_facts(None) is None


def test_a_release_without_register_has_no_units(built: Path) -> None:
    assert UnitTable.load(Release.open(built, "2026-11-21.1"), "DK") is None


@pytest.mark.raw
def test_the_real_sample(open_data: Path) -> None:
    source, ledger = load_source(DEFAULT_SOURCES / "bbr.toml"), Ledger()
    table = read_units(open_data / "dk/bbr_sample", house_numbers(open_data), 2020, source, ledger)
    assert len(table) > 90
    assert (table["rented"] == 0).sum() > 50
    assert table["year_built"].notna().sum() > 90
