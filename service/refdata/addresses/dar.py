"""Danmarks Adresseregister (DAR 1.0) file downloads to the staging table: present and past.

Per house number (Husnummer) that is or was in force: the street (NavngivenVej), postcode and town
(Postnummer), place name (SupplerendeBynavn), point (Adressepunkt, EPSG:25832) and units (Adresse).
Earlier texts of the same house - an earlier street name, number or postcode - become rows of their own
with status `historic` that carry the house's id (also as `replaced_by`), its present place and units.

Status codes are the register's life cycle list: 1 internal draft, 2 preliminary, 3 current, 4 abolished,
5 shelved (was never current), 6 deleted; points: 7 not in use, 8 in use, 9 retired.

Where a reference leads nowhere (an extract, or older versions without a street id) the register's own
text (`adgangsadressebetegnelse`, `adressebetegnelse`) gives the part, and the report counts it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
from tqdm import tqdm

from service.refdata.addresses.dar_house import House, HouseVersion, Named, Names, UnitVersion
from service.refdata.addresses.dar_records import read_records
from service.refdata.addresses.dar_versions import VersionStore
from service.refdata.addresses.house_numbers import plain_number
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, CountryAreas, drop_superseded, stage_addresses
from service.refdata.addresses.units import unit_key

_PRELIMINARY, _CURRENT, _ABOLISHED = "2", "3", "4"
_STATUS = {_PRELIMINARY: "preliminary", _CURRENT: "current", _ABOLISHED: "abolished"}
_NO_NAME = "VEJNAVN MANGLER"
_TOWN = re.compile(r"(\d{4}) (.+)")
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Parts:
    """What an address text consists of, without floor and door."""

    street: str
    number: str
    postcode: str
    city: str
    street_short: str | None = None
    supplementary: str | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of an address row that the text gives."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def key(self) -> tuple[str, str, str]:
        return self.street.lower(), self.number, self.postcode


def import_dar(
    paths: Sequence[Path],
    areas: CountryAreas | None = None,
    as_of: datetime | None = None,
    progress: bool = False,
    spill: Path | None = None,
) -> tuple[pa.Table, ImportReport]:
    """The staging table of the entity files of one DAR download, and what was dropped and why.

    `as_of` (now by default) is the time whose state counts as present. Memory holds the names and the
    finished columns; everything else lies in a temporary file, beside `spill` when that is given, of about
    the size of the download's address texts. Raises SourceError naming file, line and column.
    """
    report = ImportReport("dar")
    now = (as_of or datetime.now(UTC)).timestamp()
    with (
        tempfile.TemporaryDirectory(prefix="dar-", dir=spill.parent if spill else None) as folder,
        VersionStore(Path(folder) / "versions.sqlite") as store,
    ):
        for path in paths:
            for where, entity, record in read_records(path, progress):
                store.add(where, entity, record, report)
        total = store.close_input()
        houses = tqdm(
            store.houses(), desc="house numbers", total=total, unit="", disable=None if progress else True
        )
        rows = _placed(_rows(houses, store.names, now, report))
        table = stage_addresses(rows, report, areas, spill=spill)
    return drop_superseded(table, report), report


def split_designation(text: str, number: str) -> Parts | None:
    """The parts of the register's own text, "Højemarksvej 11, 1., Bolbro, 5200 Odense V".

    `number` is the house number that the record states. None when the text has another form or names
    no street.
    """
    first, *middle, last = text.split(", ") if ", " in text else (text, "")
    town = _TOWN.fullmatch(last)
    if town is None or not first.endswith(f" {number}") or first.startswith(_NO_NAME):
        return None
    place = middle[-1] if middle and not re.match(r"(st|kl|k\d|\d{1,2})\.", middle[-1]) else None
    return Parts(first[: -len(number) - 1].strip(), number, town[1], town[2].strip(), supplementary=place)


def _rows(
    houses: Iterable[House], names: Names, now: float, report: ImportReport
) -> Iterator[tuple[AddressRow, tuple[float, float] | None]]:
    for house in houses:
        version = _present(house.versions, now)
        status = _status(house.versions, version, now)
        if status is None:
            report.drop("house numbers that were never in force (drafts, shelved, deleted)")
            continue
        parts = _parts(house, version, names, now, report)
        if parts is None:
            report.drop("house numbers without a street name, a readable number or a postcode")
            continue
        units = _units(house.units, version.span.to if status == "abolished" else now)
        row = AddressRow(
            id=house.id,
            municipality=_municipality(version, names),
            status=status,
            units=units,
            **parts.columns,
        )
        point = house.points.get(version.point or "")
        if point is None:
            report.flag("house numbers without a point")
        yield row, point
        for earlier, earlier_units in _earlier(house, parts, names, units):
            report.flag("earlier texts of a house number")
            yield (
                replace(
                    row,
                    status="historic",
                    # An earlier text of a house that is gone leads to no present address.
                    replaced_by=house.id if status in ("current", "preliminary") else None,
                    units=earlier_units,
                    **earlier.columns,
                ),
                point,
            )


def _present(versions: Sequence[HouseVersion], now: float) -> HouseVersion:
    """The version in force now; of a house without one, its last."""
    return next((version for version in reversed(versions) if version.span.holds(now)), versions[-1])


def _status(versions: Sequence[HouseVersion], present: HouseVersion, now: float) -> str | None:
    if present.span.start > now:
        return "preliminary" if present.status in (_PRELIMINARY, _CURRENT) else None
    status = _STATUS.get(present.status)
    if status in ("current", "preliminary") and not present.span.holds(now):
        return "abolished"
    if status == "abolished" and not any(v.status == _CURRENT for v in versions) and len(versions) > 1:
        return None
    return status


def _parts(
    house: House, version: HouseVersion, names: Names, now: float, report: ImportReport
) -> Parts | None:
    number = plain_number(version.number)
    if number is None:
        return None
    at = min(now, version.span.to - 1e-6) if version.span.to < now else max(now, version.span.start)
    joined = _joined(version, number, names, at)
    if joined is not None:
        return joined
    texts = [version.text, *(unit.text for unit in reversed(house.units))]
    for text in texts:
        parts = split_designation(text, version.number)
        if parts is not None:
            report.flag("street, postcode or town taken from the register's own text")
            return replace(parts, number=number)
    return None


def _joined(version: HouseVersion, number: str, names: Names, at: float) -> Parts | None:
    road = _version_at(names.roads.get(version.road or ""), at)
    town = _version_at(names.postcodes.get(version.postcode or ""), at)
    if road is None or not road.name or town is None or not town.code:
        return None
    place = _version_at(names.supplementary.get(version.supplementary or ""), at)
    short = road.code if road.code and road.code != road.name else None
    return Parts(road.name, number, town.code, town.name, short, place.name if place else None)


def _version_at(versions: Sequence[Named] | None, at: float) -> Named | None:
    if not versions:
        return None
    return next((version for version in reversed(versions) if version.span.holds(at)), versions[-1])


def _municipality(version: HouseVersion, names: Names) -> str | None:
    code = version.municipality or ""
    if re.fullmatch(r"\d{4}", code):
        return code
    found = names.municipalities.get(code)
    if found:
        return found[-1].code
    of_road = names.road_municipalities.get(version.road or "", set())
    return next(iter(of_road)) if len(of_road) == 1 else None


def _units(units: Sequence[UnitVersion], at: float) -> list[str]:
    """The units in force at a time, "floor|door"; an address without floor and door is the house itself."""
    present = (u for u in units if u.span.start <= at <= u.span.to and u.status in (_PRELIMINARY, _CURRENT))
    keys = (unit_key(unit.floor, unit.door) for unit in present)
    return sorted({key for key in keys if key})


def _earlier(
    house: House, present: Parts, names: Names, units: list[str]
) -> Iterator[tuple[Parts, list[str]]]:
    """Earlier texts of a house: from its own versions with all its units, from a unit's text with that."""
    found: dict[tuple[str, str, str], tuple[Parts, list[str]]] = {}
    for version in house.versions:
        if version.status != _CURRENT:
            continue
        for parts in (*_over_time(version, names), split_designation(version.text, version.number)):
            number = plain_number(parts.number) if parts else None
            if parts and number and parts.key != present.key:
                found.setdefault(parts.key, (replace(parts, number=number), units))
    read: dict[str, Parts | None] = {}  # units of a house mostly share their text up to the floor
    for unit in house.units:
        if unit.status != _CURRENT:
            continue
        parts = _unit_parts(unit, read)
        if parts is None or parts.key == present.key:
            continue
        _, of_text = found.setdefault(parts.key, (parts, []))
        key = unit_key(unit.floor, unit.door)
        if key and key not in of_text and of_text is not units:
            of_text.append(key)
    yield from found.values()


def _unit_parts(unit: UnitVersion, read: dict[str, Parts | None]) -> Parts | None:
    first, _, rest = unit.text.partition(", ")
    house_text = f"{first}, {rest.rpartition(', ')[2]}"
    if house_text not in read:
        typed = first.rsplit(" ", 1)[-1]
        parts, number = split_designation(unit.text, typed), plain_number(typed)
        read[house_text] = replace(parts, number=number) if parts and number else None
    return read[house_text]


def _over_time(version: HouseVersion, names: Names) -> Iterator[Parts]:
    """The texts of one version of a house under each name that its street had meanwhile."""
    number = plain_number(version.number)
    if number is None:
        return
    for road in names.roads.get(version.road or "", ()):
        if road.span.meets(version.span):
            at = max(road.span.start, version.span.start)
            parts = _joined(version, number, names, at)
            if parts is not None:
                yield parts


def _placed(
    rows: Iterator[tuple[AddressRow, tuple[float, float] | None]],
) -> Iterator[AddressRow]:
    """The rows with WGS84 degrees from their points, in batches."""
    to_degrees = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)
    while batch := list(islice(rows, _BATCH)):
        metres = np.array([point or (np.nan, np.nan) for _, point in batch])
        lons, lats = to_degrees.transform(metres[:, 0], metres[:, 1])
        for (row, point), lat, lon in zip(batch, lats.tolist(), lons.tolist(), strict=True):
            if point is not None:
                # The register states centimetres; seven decimals are one.
                row.lat, row.lon = round(lat, 7), round(lon, 7)
            yield row
