"""A small country of real and made-up addresses: every rule of the wash has an address that shows it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from service.address.matcher import Matcher
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA
from service.refdata.addresses.writer import WrittenIndex, write_index

POSTCODES = [
    ("0800", "Høje Taastrup", True, ["0169"]),
    ("1550", "København V", False, ["0101"]),
    ("2100", "København Ø", False, ["0101"]),
    ("2200", "København N", False, ["0101"]),
    ("2400", "København NV", False, ["0101"]),
    ("2605", "Brøndby", False, ["0153"]),
    ("2630", "Taastrup", False, ["0169"]),
    ("2820", "Gentofte", False, ["0157"]),
    ("3460", "Birkerød", False, ["0230"]),
    ("3650", "Ølstykke", False, ["0240"]),
    ("3700", "Rønne", False, ["0400"]),
    ("4000", "Roskilde", False, ["0265"]),
    ("6100", "Haderslev", False, ["0510"]),
    ("7600", "Struer", False, ["0671"]),
    ("8000", "Aarhus C", False, ["0751"]),
    ("8260", "Viby J", False, ["0751"]),
    ("8270", "Højbjerg", False, ["0751"]),
    ("8520", "Lystrup", False, ["0751"]),
]
MUNICIPALITIES = {
    "0101": "København",
    "0153": "Brøndby",
    "0157": "Gentofte",
    "0169": "Høje-Taastrup",
    "0230": "Rudersdal",
    "0240": "Egedal",
    "0265": "Roskilde",
    "0400": "Bornholm",
    "0510": "Haderslev",
    "0671": "Struer",
    "0751": "Aarhus",
}
FLATS = ["st|tv", "st|th", "1|tv", "1|th", "2|tv", "2|th"]

# id, street, number, postcode, and what differs from an ordinary current address
ADDRESSES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("n52c", "Nørrebrogade", "52C", "2200", {"units": FLATS}),
    ("n52", "Nørrebrogade", "52", "2200", {"units": ["|"]}),
    ("n54", "Nørrebrogade", "54", "2200", {}),
    ("o52", "Østerbrogade", "52", "2100", {}),
    ("rm4", "Rentemestervej", "4", "2400", {}),
    ("rm110", "Rentemestervej", "110", "2400", {"units": ["2|th", "2|tv"]}),
    ("rs4", "Rådhus Allé", "9", "3650", {}),
    ("vg17", "Vestergade", "17", "4000", {}),
    ("vg17h", "Vestergade", "17", "4000", {"status": "historic", "replaced_by": "jg3", "lat": 55.9}),
    ("jg3", "Jernbanegade", "3", "4000", {}),
    ("vg17a", "Vestergade", "17", "8000", {}),
    ("ag4", "Asmusgårdsvej", "4", "8520", {}),
    ("or11", "Olaf Rudes Vej", "11", "8270", {}),
    ("or11", "Olaf Rudesvej", "11", "8270", {"status": "historic"}),
    ("rp75", "Rådhuspladsen", "75", "1550", {}),
    ("rp77", "Rådhuspladsen", "77", "1550", {"status": "historic", "replaced_by": "rb7"}),
    ("rb7", "Regnbuepladsen", "7", "1550", {"units": ["st|tv", "st|th"]}),
    ("ra36", "Ravnsnæsvej", "36", "3460", {"status": "abolished", "replaced_by": "ra36a"}),
    ("ra36", "Ravnsnæsvej", "36", "3460", {"status": "abolished", "replaced_by": "ra36b"}),
    ("ra36a", "Ravnsnæsvej", "36A", "3460", {}),
    ("ra36b", "Ravnsnæsvej", "36B", "3460", {}),
    ("en3", "Engtoften", "3", "8260", {"units": ["1|4"]}),
    ("en4a", "Engtoften", "4A", "8260", {}),
    ("bm1", "Bank-Mikkelsens Vej", "1", "2820", {}),
    ("gs1", "Girostrøget", "1", "2630", {"supplementary": "Høje Taastrup"}),
    ("re7", "Remisevej", "7", "7600", {}),
    ("sk36", "Småkærvej", "36", "6100", {"supplementary": "Hejsager", "units": ["st|", "1|"]}),
    ("sk48", "Småkærvej", "48", "6100", {"supplementary": "Hejsager"}),
    ("bn82", "Brøndby Nord Vej", "82", "2605", {}),
    ("sm3", "Sankt Mortens Gade", "3", "3700", {}),
    ("sm12", "Sankt Mortens Gade", "12", "3700", {}),
    ("sm14", "Sankt Mortens Gade", "14", "3700", {}),
    ("gk5", "Gammel Kongevej", "5", "3700", {}),
    ("hc10", "H.C. Andersens Boulevard", "10", "1550", {"street_short": "HC Andersens Blvd"}),
    ("hf3", "Haveforeningen af 10. maj 1918", "3", "2400", {}),
    ("tv8", "2. Tværvej", "8", "2400", {}),
    ("el7", "Elmevej", "7", "8000", {}),
    ("eg7", "Egevej", "7", "3700", {}),
    ("la20", "Leddeløse Alle", "20", "4000", {"units": ["|1", "|2", "|101"]}),
    ("pr9", "Preliminærvej", "9", "7600", {"status": "preliminary"}),
]


def staging_table(addresses: list[tuple[str, str, str, str, dict[str, Any]]]) -> pa.Table:
    """Staging records; places lie on a line, 20 m apart."""
    city = {row[0]: row[1] for row in POSTCODES}
    rows = []
    for at, (identity, street, number, postcode, other) in enumerate(addresses):
        row: dict[str, Any] = {
            "id": identity,
            "street": street,
            "street_short": None,
            "number": number,
            "postcode": postcode,
            "city": city[postcode],
            "supplementary": None,
            "municipality": None,
            "lat": 55.0 + at * 0.00018,
            "lon": 12.0,
            "status": "current",
            "replaced_by": None,
            "units": [],
        }
        rows.append(row | other)
    return pa.Table.from_pylist(rows, schema=STAGING_SCHEMA)


def postcode_table() -> pa.Table:
    names = POSTCODES_SCHEMA.names
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) for row in POSTCODES], schema=POSTCODES_SCHEMA
    )


def write_small(folder: Path, staging: pa.Table | None = None) -> WrittenIndex:
    """Writes the small country (or other records) as an index into a folder."""
    return write_index(
        staging_table(ADDRESSES) if staging is None else staging,
        postcode_table(),
        folder,
        country="DK",
        source="test-addresses 2026-01",
        licence="CC0 1.0",
        attribution="nobody",
        vintage="2026-01",
        municipalities=MUNICIPALITIES,
    )


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small country's index."""
    folder = tmp_path_factory.mktemp("addresses")
    write_small(folder)
    return folder


@pytest.fixture(scope="session")
def matcher(small_index: Path) -> Matcher:
    return Matcher.open(small_index)


@pytest.fixture(scope="session")
def country() -> SimpleNamespace:
    """How the small country is made, for tests that make it otherwise."""
    return SimpleNamespace(addresses=ADDRESSES, staging_table=staging_table, write=write_small)
