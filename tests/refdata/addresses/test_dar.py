"""Danmarks Adresseregister: what is present, past, planned and never was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.refdata.addresses.dar import import_dar, split_designation
from service.refdata.addresses.record import STAGING_SCHEMA
from tests.refdata.addresses.register import NOW, Records, house, names, point, text_of, unit, write_lines


def rows_of(folder: Path, records: Records) -> list[dict[str, Any]]:
    table, _ = import_dar(write_lines(folder, names() | records), as_of=NOW)
    assert table.schema == STAGING_SCHEMA
    return table.to_pylist()


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
