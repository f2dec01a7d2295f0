"""The older Danish access-address file: 29 columns, semicolons, one row per house number, no history.

A row names its street by municipality and street code only; `streets` gives the names, as either
- Danmarks Adresseregister files NavngivenVej and NavngivenVejKommunedel, in any of their forms, or
- the street-code CSV of the same publisher (`kommunekode,kode,navn,adresseringsnavn`, comma or semicolon).

`objekttype` is 1 current, 2 abolished, 3 preliminary, 4 shelved. There are no floors and doors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from service.errors import SourceError
from service.refdata.addresses.dar_records import entity_of, read_records
from service.refdata.addresses.house_numbers import plain_number
from service.refdata.addresses.reading import Where, degrees, read_csv, read_lines
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, CountryAreas, stage_addresses

_COLUMNS = (
    "id vejkode husnummer kommunekode landsejerlav_kode landsejerlav_navn matrikelnr esrejendomsnr "
    "postnummer postdistrikt supplerendebynavn objekttype oprettet aendret ikrafttraedelsesdato "
    "adgangspunkt_id adgangspunkt_kilde adgangspunkt_noejagtighedsklasse adgangspunkt_tekniskstandard "
    "adgangspunkt_retning adgangspunkt_placering adgangspunkt_revisionsdato "
    "adgangspunkt_etrs89koordinat_oest adgangspunkt_etrs89koordinat_nord "
    "adgangspunkt_wgs84koordinat_bredde adgangspunkt_wgs84koordinat_laengde "
    "adgangspunkt_DDKN_m100 adgangspunkt_DDKN_km1 adgangspunkt_DDKN_km10"
)
_STATUS = {"1": "current", "2": "abolished", "3": "preliminary"}
_SHELVED = "4"
_LAT, _LON = "adgangspunkt_wgs84koordinat_bredde", "adgangspunkt_wgs84koordinat_laengde"
_STREETS = ("kommunekode", "kode", "navn", "adresseringsnavn")
_STREETS_MORE = ("oprettet", "aendret", "darstatus", "navngivenvej_id", "id", "historik_nedlagt")

# (municipality, street code), both four digits -> (name, shorter addressing name or None)
Streets = Mapping[tuple[str, str], tuple[str, str | None]]


def import_dk_access(
    paths: Sequence[Path],
    streets: Sequence[Path],
    areas: CountryAreas | None = None,
    progress: bool = False,
    spill: Path | None = None,
) -> tuple[pa.Table, ImportReport]:
    """The staging table of access-address files, and what was dropped and why.

    Raises SourceError naming file, line and column, and when `streets` gives no street name at all.
    """
    report = ImportReport("dk-access")
    rows = _rows(paths, read_streets(streets), report, progress)
    return stage_addresses(rows, report, areas, spill=spill), report


def read_streets(paths: Sequence[Path]) -> Streets:
    """Street names by municipality and street code, from either form that the module names.

    Raises SourceError when neither names one.
    """
    names: dict[str, tuple[str, str]] = {}
    codes: dict[tuple[str, str], str] = {}
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for path in paths:
        if entity_of(path.name) is None:
            found |= _street_csv(path)
            continue
        for _, entity, record in read_records(path):
            own_id, road = record["id_lokalid"] or "", record.get("navngivenvej")
            if record["registreringtil"] or record["virkningtil"]:
                continue
            if entity == "navngivenvej":
                names[own_id] = (record["vejnavn"] or "", record["vejadresseringsnavn"] or "")
            elif entity == "navngivenvejkommunedel" and road:
                codes[(record["kommune"] or "").zfill(4), (record.get("vejkode") or "").zfill(4)] = road
    for code, road in codes.items():
        if road in names:
            found[code] = _named(*names[road])
    if not found:
        raise SourceError(
            "No street names: the access-address file holds street codes only. Give the publisher's street "
            "files too (NavngivenVej and NavngivenVejKommunedel, or the street-code CSV) with --streets."
        )
    return found


def _street_csv(path: Path) -> dict[tuple[str, str], tuple[str, str | None]]:
    _, header = next(iter(read_lines(path)))
    rows = read_csv(path, _STREETS, _STREETS_MORE, ";" if ";" in header else ",")
    return {
        (row["kommunekode"].zfill(4), row["kode"].zfill(4)): _named(row["navn"], row["adresseringsnavn"])
        for _, row in rows
    }


def _named(name: str, short: str) -> tuple[str, str | None]:
    return name, short if short and short != name else None


def _rows(
    paths: Sequence[Path], streets: Streets, report: ImportReport, progress: bool
) -> Iterator[AddressRow]:
    seen: set[str] = set()
    for path in paths:
        for where, row in read_csv(path, _COLUMNS.split(), delimiter=";", progress=progress):
            report.read += 1
            if row["id"] in seen:
                where.fail("id", f"{row['id']!r} occurs twice.")
            seen.add(row["id"])
            address = _address(where, row, streets, report)
            if address is not None:
                yield address


def _address(where: Where, row: dict[str, str], streets: Streets, report: ImportReport) -> AddressRow | None:
    status = _STATUS.get(row["objekttype"])
    if status is None and row["objekttype"] != _SHELVED:
        where.fail("objekttype", f"{row['objekttype'][:20]!r} is not 1, 2, 3 or 4.")
    if status is None:
        report.drop("shelved: was never in force")
        return None
    code = row["kommunekode"].zfill(4), row["vejkode"].zfill(4)
    street = streets.get(code)
    if street is None:
        report.drop("street code without a name in the street files")
        return None
    number = plain_number(row["husnummer"])
    if number is None:
        report.drop("house number not digits and at most one letter")
        return None
    return AddressRow(
        id=row["id"],
        street=street[0],
        street_short=street[1],
        number=number,
        postcode=row["postnummer"].zfill(4) if row["postnummer"] else "",
        city=row["postdistrikt"],
        supplementary=row["supplerendebynavn"] or None,
        municipality=code[0],
        lat=degrees(where, _LAT, row[_LAT], 54.0, 58.5),
        lon=degrees(where, _LON, row[_LON], 7.0, 16.0),
        status=status,
    )
