"""The neighbours' ways of writing an address: other words and orders, the same matcher."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from service.address.matcher import Matcher
from service.address.rules import known_countries
from service.model import AddressQuery
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA
from service.refdata.addresses.writer import write_index

GOLDEN = Path(__file__).parent.parent / "golden" / "addresses_nordic.csv"
POSTCODES = {
    "NO": [("7321", "Trondheim"), ("0562", "Oslo")],
    "SE": [("11247", "Stockholm"), ("11201", "Stockholm"), ("16264", "Vällingby")],
    # the statistical postal area has a name of its own that nobody writes on a letter
    "FI": [("60100", "Seinäjoki"), ("00180", "Kamppi - Ruoholahti")],
}
ADDRESSES = {
    "NO": [
        ("Storgata", "6", "7321", "Trondheim"),
        ("Sars gate", "2A", "0562", "Oslo"),
        ("Øvste Skogen", "121", "0562", "Oslo"),
        ("Grense Jakobselv veien", "311", "0562", "Oslo"),
    ],
    "SE": [
        ("Alströmergatan", "32", "11247", "Stockholm"),
        ("Storgatan", "1", "11201", "Stockholm"),
        ("Ångermannagatan", "80", "16264", "Vällingby"),
    ],
    "FI": [
        ("Kalevankatu", "12", "60100", "Seinäjoki"),
        ("Albertinkatu", "36B", "00180", "Helsinki"),
        ("Albertinkatu", "38", "00180", "Helsinki"),
        ("Albertinkatu", "40", "00180", "Helsinki"),
    ],
}


def golden_rows() -> list[dict[str, str]]:
    lines = [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


@pytest.fixture(scope="module")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Matcher]:
    opened = {}
    for code, addresses in ADDRESSES.items():
        folder = tmp_path_factory.mktemp(code)
        staging = [
            dict.fromkeys(STAGING_SCHEMA.names)
            | {"id": f"{code}{at}", "street": street, "number": number, "postcode": postcode, "city": city}
            | {"lat": 60.0 + at / 1000, "lon": 15.0, "status": "current", "units": []}
            for at, (street, number, postcode, city) in enumerate(addresses)
        ]
        towns = [
            {"postcode": postcode, "city": city, "bulk": False, "municipalities": []}
            for postcode, city in POSTCODES[code]
        ]
        write_index(
            pa.Table.from_pylist(staging, schema=STAGING_SCHEMA),
            pa.Table.from_pylist(towns, schema=POSTCODES_SCHEMA),
            folder,
            country=code,
            source="test-addresses 2026-01",
            licence="CC0 1.0",
            attribution="nobody",
            vintage="2026-01",
        )
        opened[code] = Matcher.open(folder)
    return opened


def test_every_country_has_conventions() -> None:
    assert known_countries() == ("DK", "FI", "NO", "SE")


@pytest.mark.parametrize("row", golden_rows(), ids=lambda row: f"{row['country']} {row['query']}")
def test_golden_row(matchers: dict[str, Matcher], row: dict[str, str]) -> None:
    match = matchers[row["country"]].match_address(AddressQuery(row["country"], text=row["query"]))
    wanted = {column: value for column, value in row.items() if column not in ("country", "query")}
    assert {column: str(getattr(match, column) or "") for column in wanted} == wanted
