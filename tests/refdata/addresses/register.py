"""Records of Danmarks Adresseregister as a download holds them, written by the tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def text_of(row: dict[str, Any]) -> str:
    return f"{row['street']} {row['number']}, {row['postcode']} {row['city']}"
