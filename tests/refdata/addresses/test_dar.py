"""Danmarks Adresseregister: what is present, past, planned and never was; the three download forms."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.dar import import_dar, split_designation
from service.refdata.addresses.dk_access import import_dk_access
from service.refdata.addresses.record import STAGING_SCHEMA
from service.refdata.addresses.staging import CountryAreas

NOW = datetime(2020, 1, 1, tzinfo=UTC)

Records = dict[str, list[dict[str, str | None]]]
DATES = {"registreringfra": "2018-05-03T16:58:34Z", "registreringtil": None}


def version(
    own_id: str, status: str, start: str, to: str | None, **parts: str | None
) -> dict[str, str | None]:
    return {"id": own_id, **DATES, "virkningfra": start, "virkningtil": to, "status": status, **parts}


def house(
    own_id: str, number: str, start: str = "2000-02-05T20:00:00Z", to: str | None = None, **parts: str | None
) -> dict[str, str | None]:
    shape: dict[str, str | None] = {
        "adgangsadressebetegnelse": "",
        "adgangspunkt_id": f"p-{own_id}",
        "darkommune_id": "m-0461",
        "navngivenvej_id": "r-1",
        "postnummer_id": "z-5000",
        "supplerendebynavn_id": None,
        "status": "3",
    }
    shape |= parts
    return version(own_id, str(shape.pop("status")), start, to, husnummertekst=number, **shape)


def unit(
    own_id: str,
    of: str,
    floor: str,
    door: str,
    text: str = "",
    status: str = "3",
    start: str = "2000-02-05T20:00:00Z",
    to: str | None = None,
) -> dict[str, str | None]:
    return version(
        own_id,
        status,
        start,
        to,
        husnummer_id=of,
        etagebetegnelse=floor,
        dørbetegnelse=door,
        adressebetegnelse=text,
    )


def point(own_id: str, east: float = 588454.58, north: float = 6140353.14) -> dict[str, str | None]:
    return version(own_id, "8", "2009-11-24T00:50:11Z", None, position=f"POINT ({east} {north})")


def road(
    own_id: str,
    name: str,
    short: str | None = None,
    start: str = "1900-01-01T12:00:00Z",
    to: str | None = None,
) -> dict[str, str | None]:
    return version(own_id, "3", start, to, vejnavn=name, vejadresseringsnavn=short or name)


def names() -> Records:
    """Two streets (one renamed in 2015), two postcodes, one place name, one municipality."""
    since = "1753-01-01T00:00:00Z"
    return {
        "NavngivenVej": [
            road("r-1", "Rantzausvej", to="2015-06-01T00:00:00Z"),
            road("r-1", "Cirkuspladsen", start="2015-06-01T00:00:00Z"),
            road("r-2", "Borgmester Christiansens Gade", "Borgm Christiansensg"),
        ],
        "Postnummer": [
            version("z-5000", "3", since, None, navn="Odense C", postnr="5000"),
            version("z-5200", "3", since, None, navn="Odense V", postnr="5200"),
        ],
        "SupplerendeBynavn": [version("s-1", "3", since, None, navn="Bolbro")],
        "DARKommuneinddeling": [version("m-0461", "3", since, None, kommunekode="0461", navn="Odense")],
    }


def write_lines(folder: Path, records: Records) -> list[Path]:
    """One NDJSON file per entity."""
    paths = []
    for entity, rows in records.items():
        path = folder / f"{entity}.ndjson"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        paths.append(path)
    return paths


def rows_of(folder: Path, records: Records) -> list[dict[str, Any]]:
    table, _ = import_dar(write_lines(folder, names() | records), as_of=NOW)
    assert table.schema == STAGING_SCHEMA
    return table.to_pylist()


def text_of(row: dict[str, Any]) -> str:
    return f"{row['street']} {row['number']}, {row['postcode']} {row['city']}"


def test_a_current_house_is_joined_from_its_parts(tmp_path: Path) -> None:
    records = {
        "Husnummer": [house("h1", "45A", navngivenvej_id="r-2", supplerendebynavn_id="s-1")],
        "Adressepunkt": [point("p-h1", 728838.86, 6166977.63)],
        "Adresse": [
            unit("a1", "h1", "st", "th"),
            unit("a2", "h1", "1", ""),
            unit("a3", "h1", "", ""),
            unit("a4", "h1", "2", "tv", status="4", start="2012-01-01T00:00:00Z"),
        ],
    }
    (row,) = rows_of(tmp_path, records)
    assert text_of(row) == "Borgmester Christiansens Gade 45A, 5000 Odense C"
    assert (row["street_short"], row["supplementary"], row["municipality"]) == (
        "Borgm Christiansensg",
        "Bolbro",
        "0461",
    )
    assert row["units"] == ["1|", "st|th"]
    assert (row["status"], row["id"]) == ("current", "h1")
    # The same point as the publisher gives it in degrees.
    assert (row["lat"], row["lon"]) == pytest.approx((55.5948574162612, 12.6321654583299), abs=2e-7)


def test_earlier_street_number_and_postcode_become_historic_texts_of_the_same_house(tmp_path: Path) -> None:
    moved, renumbered = "2010-01-01T00:00:00Z", "2012-01-01T00:00:00Z"
    records = {
        "Husnummer": [
            house("h1", "7", to=moved, postnummer_id="z-5200"),
            house("h1", "7", start=moved, to=renumbered),
            house("h1", "9", start=renumbered),
        ],
        "Adressepunkt": [point("p-h1")],
        "Adresse": [unit("a1", "h1", "1", "tv")],
    }
    rows = rows_of(tmp_path, records)
    assert [text_of(row) for row in rows if row["status"] == "current"] == ["Cirkuspladsen 9, 5000 Odense C"]
    historic = [row for row in rows if row["status"] == "historic"]
    assert {text_of(row) for row in historic} == {
        "Rantzausvej 7, 5200 Odense V",
        "Rantzausvej 7, 5000 Odense C",
        "Rantzausvej 9, 5000 Odense C",
    }
    assert {row["id"] for row in rows} == {"h1"}
    assert {(row["lat"], tuple(row["units"])) for row in rows} == {(rows[0]["lat"], ("1|tv",))}


def test_a_unit_that_was_renumbered_gives_a_historic_text_with_that_unit_alone(tmp_path: Path) -> None:
    records = {
        "Husnummer": [house("h1", "41N")],
        "Adresse": [
            unit("a1", "h1", "3", "2", "Cirkuspladsen 41L, 3. 2, 5000 Odense C", to="2012-02-28T00:00:00Z"),
            unit(
                "a1", "h1", "3", "2", "Cirkuspladsen 41N, 3. 2, 5000 Odense C", start="2012-02-28T00:00:00Z"
            ),
            unit("a2", "h1", "4", "1", "Cirkuspladsen 41N, 4. 1, 5000 Odense C"),
        ],
    }
    rows = rows_of(tmp_path, records)
    by_status = {(row["status"], row["number"]): row["units"] for row in rows}
    assert by_status[("current", "41N")] == ["3|2", "4|1"]
    assert by_status[("historic", "41L")] == ["3|2"]


def test_statuses_are_told_apart(tmp_path: Path) -> None:
    ended = "2019-01-01T00:00:00Z"
    records = {
        "Husnummer": [
            house("planned", "1", status="2"),
            house("coming", "2", start="2021-01-01T00:00:00Z"),
            house("gone", "3", to=ended),
            house("gone", "3", start=ended, status="4"),
            house("lapsed", "4", to=ended),
            house("shelved", "5", status="5"),
            house("draft", "6", status="1"),
            house("never", "8", status="2", to=ended),
            house("never", "8", status="4", start=ended),
        ],
    }
    table, report = import_dar(write_lines(tmp_path, names() | records), as_of=NOW)
    found = {row["id"]: row["status"] for row in table.to_pylist() if row["status"] != "historic"}
    assert found == {
        "planned": "preliminary",
        "coming": "preliminary",
        "gone": "abolished",
        "lapsed": "abolished",
    }
    assert report.dropped["house numbers that were never in force (drafts, shelved, deleted)"] == 3


def test_a_corrected_registration_is_not_history(tmp_path: Path) -> None:
    wrong = house("h1", "99") | {"registreringtil": "2019-05-05T00:00:00Z"}
    table, report = import_dar(
        write_lines(tmp_path, names() | {"Husnummer": [wrong, house("h1", "7")]}), as_of=NOW
    )
    assert "99" not in table["number"].to_pylist()
    assert report.dropped["versions that the register has corrected since"] == 1


def test_an_earlier_text_that_is_now_another_address_is_left_out(tmp_path: Path) -> None:
    switched = "2016-01-01T00:00:00Z"
    records = {
        "Husnummer": [
            house("h1", "7", start="2015-07-01T00:00:00Z", to=switched),
            house("h1", "9", start=switched),
            house("h2", "7", start=switched),
        ]
    }
    rows = rows_of(tmp_path, records)
    assert {
        (row["id"], row["number"], row["status"]) for row in rows if row["street"] == "Cirkuspladsen"
    } == {
        ("h1", "9", "current"),
        ("h2", "7", "current"),
    }


def test_without_references_the_registers_own_text_speaks_and_is_counted(tmp_path: Path) -> None:
    blank: dict[str, str | None] = {"navngivenvej_id": None, "postnummer_id": "gone"}
    records = {
        "Husnummer": [
            house("h1", "11", adgangsadressebetegnelse="VEJNAVN MANGLER 11, 5200 Odense V", **blank),
            house("h2", "2", adgangsadressebetegnelse="Holmens Kanal 2, 1060 København K", **blank),
            house("h3", "3", adgangsadressebetegnelse="VEJNAVN MANGLER 3, 5200 Odense V", **blank),
        ],
        "Adresse": [unit("a1", "h1", "1", "", "Højemarksvej 11, 1., Bolbro, 5200 Odense V")],
    }
    table, report = import_dar(write_lines(tmp_path, names() | records), as_of=NOW)
    rows = {row["id"]: row for row in table.to_pylist()}
    assert text_of(rows["h1"]) == "Højemarksvej 11, 5200 Odense V"
    assert rows["h1"]["supplementary"] == "Bolbro"
    assert text_of(rows["h2"]) == "Holmens Kanal 2, 1060 København K"
    assert "h3" not in rows
    assert report.flagged["street, postcode or town taken from the register's own text"] == 2


@pytest.mark.parametrize(
    ("text", "number", "street", "place"),
    [
        ("Ridehusgade 49, 2. th, 5000 Odense C", "49", "Ridehusgade", None),
        ("Skeevej 39B, st., Skee, 4370 Store Merløse", "39B", "Skeevej", "Skee"),
        ("Hundslevgyden 23, Hundslev, 5300 Kerteminde", "23", "Hundslevgyden", "Hundslev"),
        ("10. Februar Vej 4, 6100 Haderslev", "4", "10. Februar Vej", None),
    ],
)
def test_the_registers_text_is_split(text: str, number: str, street: str, place: str | None) -> None:
    parts = split_designation(text, number)
    assert parts is not None
    assert (parts.street, parts.number, parts.supplementary) == (street, number, place)


@pytest.mark.parametrize(
    "text", ["", "VEJNAVN MANGLER 3, 5000 Odense C", "Algade, 5000 Odense C", "Algade 3"]
)
def test_a_text_of_another_form_gives_nothing(text: str) -> None:
    assert split_designation(text, "3") is None


def test_all_download_forms_give_the_same_table(tmp_path: Path) -> None:
    records = names() | {
        "Husnummer": [house("h1", "7"), house("h2", "9")],
        "Adressepunkt": [point("p-h1"), point("p-h2")],
        "Adresse": [unit("a1", "h1", "1", "tv")],
    }
    (tmp_path / "lines").mkdir()
    expected, _ = import_dar(write_lines(tmp_path / "lines", records), as_of=NOW)

    arrays = []
    for entity, rows in records.items():
        path = tmp_path / f"DAR_V1_{entity}_TotalDownload_json_Bitemporal_169.json"
        path.write_text(
            json.dumps([later_names(row) for row in rows], ensure_ascii=False, indent=2), encoding="utf-8"
        )
        arrays.append(path)
    assert import_dar(arrays, as_of=NOW)[0] == expected

    archive = tmp_path / "DAR_totaludtraek.zip"
    lists = {f"{entity}List": [later_names(row) for row in rows] for entity, rows in records.items()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("DAR.json", json.dumps(lists | {"NavngivenVejPostnummerList": [{"a": "b"}]}))
        packed.writestr("DAR_Metadata.json", "{}")
    assert import_dar([archive], as_of=NOW)[0] == expected


def later_names(row: dict[str, str | None]) -> dict[str, str | None]:
    """The field names of the later download: `id_lokalId`, `navngivenVej`, `doerbetegnelse`."""
    later = {
        "id": "id_lokalId",
        "registreringfra": "registreringFra",
        "registreringtil": "registreringTil",
        "virkningfra": "virkningFra",
        "virkningtil": "virkningTil",
        "navngivenvej_id": "navngivenVej",
        "postnummer_id": "postnummer",
        "supplerendebynavn_id": "supplerendeBynavn",
        "adgangspunkt_id": "adgangspunkt",
        "husnummer_id": "husnummer",
        "dørbetegnelse": "doerbetegnelse",
    }
    return {later.get(name, name): value for name, value in row.items()} | {"datafordelerRowVersion": "1"}


def test_an_empty_list_is_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "DAR.json"
    path.write_text('{\n"HusnummerList": [], "AdresseList": []}', encoding="utf-8")
    table, report = import_dar([path], as_of=NOW)
    assert (table.num_rows, report.read) == (0, 0)


@pytest.mark.raw
def test_the_real_sample_gives_every_house_number_and_its_place(open_data: Path) -> None:
    folder = open_data / "dk/dar10_sample"
    postcodes = AreaPolygons.from_geojson(open_data / "dk/dagi_2021/geo_postnumre.geojson")
    table, report = import_dar(sorted(folder.glob("*.ndjson")), CountryAreas(postcodes), as_of=NOW)
    rows = table.to_pylist()
    last = {}
    for line in (folder / "Husnummer_c0fc8df4.ndjson").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["registreringtil"] is None and record["virkningtil"] is None:
            last[record["id"]] = record
    current = {row["id"]: row for row in rows if row["status"] == "current"}
    assert set(current) == {own_id for own_id, record in last.items() if record["status"] == "3"}
    assert all(current[own_id]["number"] == last[own_id]["husnummertekst"] for own_id in current)
    assert sum(row["status"] == "historic" for row in rows) == 10
    historic = {text_of(row) for row in rows if row["status"] == "historic"}
    assert "Mosede Strandvej 73, 2670 Greve" in historic
    assert "Rantzausvej 1, 5200 Odense V" in historic
    assert sum(len(row["units"]) for row in current.values()) > 1_500

    # The older access-address file states the same points on its own: in both ids and degrees.
    access, _ = import_dk_access(
        [folder / "Adgangsadresse.csv"], sorted(folder.glob("NavngivenVej*.ndjson")), CountryAreas(postcodes)
    )
    both = [(current[row["id"]], row) for row in access.to_pylist() if row["id"] in current]
    assert len(both) > 1_000
    near = [
        abs(new["lat"] - old["lat"]) < 2e-4 and abs(new["lon"] - old["lon"]) < 4e-4
        for new, old in both
        if new["lat"] and old["lat"]
    ]
    assert sum(near) / len(near) > 0.97
    assert report.read == 12_007
