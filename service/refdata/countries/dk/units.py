"""BBR extracts (the publisher's XML) -> what is known of each dwelling, by DAR address id.

Traps: ISO-8859-1; bitemporal: only a record without `registreringTil` and `virkningTil` holds now;
elements that are absent mean unknown, as do areas of 0 and years of 0 or 1000; a unit does not name
its building: they meet in the house number that both belong to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pandas as pd
import pyarrow as pa

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.countries.tables import Given
from service.refdata.denied import load_denied

UNIT, BUILDING = "CO50500t", "CO50200t"
UNIT_COLUMNS = ("id_lokalId", "status", "enh020EnhedensAnvendelse", "enh023Boligtype",
                "enh026EnhedensSamledeAreal", "enh027ArealTilBeboelse", "enh031AntalVærelser",
                "enh045Udlejningsforhold",
                "adresseIdentificerer")  # fmt: skip
BUILDING_COLUMNS = ("id_lokalId", "status", "byg021BygningensAnvendelse", "byg026Opførelsesår",
                    "byg039BygningensSamledeBoligAreal", "husnummer")  # fmt: skip
# Use codes of the register's code list (livBygAnvendelse): which are homes, and of what kind.
DWELLING_OF_USE = {
    "110": "detached", "120": "detached", "121": "row", "122": "detached", "130": "row", "131": "row",
    "132": "row",
    "140": "flat", "150": "dormitory_other", "160": "dormitory_other", "185": "dormitory_other",
    "190": "dormitory_other", "510": "dormitory_other",
}  # fmt: skip
HOME_TYPES = frozenset({"1", "2", "3", "4", "5"})  # enh023: E is anything but a home
OWNED, RENTED = "2", "1"  # enh045: used by its owner, let; 3 is not in use
STANDING = frozenset({"6", "7"})  # status: built, or put to use in part
LAST_YEAR_SLACK = 1
SCHEMA = pa.schema(
    [("hi", pa.uint64()), ("lo", pa.uint64()), ("dwelling", pa.string()), ("rented", pa.int8()),
     ("area_m2", pa.int32()), ("rooms", pa.int16()), ("year_built", pa.int16())]
)  # fmt: skip
_FOLDERS = ("dk/bbr", "dk/bbr_sample")
_ADDRESS_FOLDERS = ("dk/dar", "dk/dar10_sample")


def write_units(given: Given) -> None:
    """Writes `units.arrow` where an extract lies in the raw folder; nothing where none does."""
    raw, source = given.raw, given.sources["bbr"]
    folder = next((raw / f for f in _FOLDERS if (raw / f).is_dir()), None)
    if folder is not None:
        year = int(source.vintage[:4])
        units = read_units(folder, house_numbers(raw), year, source, given.ledger)
        given.tables.frame("units", "units", units, SCHEMA, (source.id,), source.vintage)


def read_units(
    folder: Path, house_of_address: Mapping[str, str], latest_year: int, source: Source, ledger: Ledger
) -> pd.DataFrame:
    """One row per address with one home: columns of SCHEMA, sorted by id (hi, lo: halves of the UUID).

    Unknown is null.
    Addresses with several homes are left out: which one is meant is not known. Raises SourceError.
    """
    units, records = _current(folder, UNIT, UNIT_COLUMNS)
    buildings, more = _current(folder, BUILDING, BUILDING_COLUMNS)
    ledger.note(
        source, "earlier_versions", f"{records + more:,} records, {len(units) + len(buildings):,} in force"
    )
    years, odd = _years(buildings, latest_year)
    ledger.note(source, "impossible_years", f"{odd} years of construction left empty")
    homes = [u for u in units if _is_home(u)]
    taken: dict[str, int] = {}
    for unit in homes:
        taken[unit["adresseIdentificerer"]] = taken.get(unit["adresseIdentificerer"], 0) + 1
    rows = []
    for unit in homes:
        address = unit["adresseIdentificerer"]
        if taken[address] > 1:
            continue
        number = UUID(address).int
        rows.append(
            {
                "hi": number >> 64,
                "lo": number & (2**64 - 1),
                "dwelling": DWELLING_OF_USE[unit["enh020EnhedensAnvendelse"]],
                "rented": {OWNED: 0, RENTED: 1}.get(unit.get("enh045Udlejningsforhold", "")),
                "area_m2": _positive(unit.get("enh027ArealTilBeboelse"))
                or _positive(unit.get("enh026EnhedensSamledeAreal")),
                "rooms": _positive(unit.get("enh031AntalVærelser")),
                "year_built": years.get(house_of_address.get(address, "")),
            }
        )
    table = pd.DataFrame(rows, columns=SCHEMA.names, dtype=object)
    return table.sort_values(["hi", "lo"], ignore_index=True)


def _is_home(unit: Mapping[str, str]) -> bool:
    return (
        unit.get("status") in STANDING
        and unit.get("enh023Boligtype") in HOME_TYPES
        and unit.get("enh020EnhedensAnvendelse") in DWELLING_OF_USE
        and bool(
            re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", unit.get("adresseIdentificerer", ""))
        )
    )


def _current(folder: Path, element: str, columns: tuple[str, ...]) -> tuple[list[dict[str, str]], int]:
    """Records in force, and how many there were in all."""
    found, total = [], 0
    for path in sorted(folder.glob("*.xml")):
        for record in _records(path, element):
            total += 1
            if "registreringTil" not in record and "virkningTil" not in record:
                found.append({c: record[c] for c in columns if record.get(c)})
    if not total:
        raise SourceError(f"{folder.name}: rule not-empty: no {element} record in any .xml file.")
    load_denied().refuse(element, columns)
    seen = {c for record in found for c in record}
    missing = [c for c in columns if c not in seen]
    if missing:
        raise SourceError(
            f"{folder.name}: column {missing[0]!r}: rule expected-columns: no {element} has it."
        )
    return found, total


def _records(path: Path, element: str) -> Iterator[dict[str, str]]:
    number = 0
    try:
        for _, node in ElementTree.iterparse(path):  # noqa: S314 - a file the analyst fetched; no entities
            if node.tag == element:
                number += 1
                yield {child.tag: (child.text or "").strip() for child in node}
                node.clear()
    except (ElementTree.ParseError, UnicodeDecodeError, OSError) as error:
        raise SourceError(f"{path.name}: row {number + 1}: rule whole-xml: {error}.") from error


def _years(buildings: list[dict[str, str]], latest: int) -> tuple[dict[str, int], int]:
    """House number -> year of its largest standing home building, and how many years were impossible."""
    best: dict[str, tuple[int, int]] = {}
    odd = 0
    for building in buildings:
        if (
            building.get("status") not in STANDING
            or building.get("byg021BygningensAnvendelse") not in DWELLING_OF_USE
        ):
            continue
        year = _positive(building.get("byg026Opførelsesår")) or 0
        if not 1000 < year <= latest + LAST_YEAR_SLACK:
            odd += 1
            continue
        size = _positive(building.get("byg039BygningensSamledeBoligAreal")) or 0
        house = building.get("husnummer", "")
        best[house] = max(best.get(house, (-1, 0)), (size, year))
    return {house: year for house, (_, year) in best.items()}, odd


def house_numbers(raw: Path) -> dict[str, str]:
    """DAR address id -> house-number id, where the address register lies in the raw folder.

    Raises SourceError.
    """
    folder = next((raw / f for f in _ADDRESS_FOLDERS if (raw / f / "Adresse.ndjson").is_file()), None)
    if folder is None:
        return {}
    houses = {}
    with (folder / "Adresse.ndjson").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise SourceError(f"Adresse.ndjson: row {number}: rule json: {error}.") from error
            house = record.get("husnummer_id") or record.get("husnummer")
            if house and not record.get("registreringtil") and not record.get("virkningtil"):
                houses[str(record.get("id") or record.get("id_lokalId"))] = str(house)
    return houses


def _positive(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and int(text) > 0 else None
