"""OpenStreetMap extracts (.osm.pbf): `addr:*` on nodes and building outlines (ways).

A street with two official names (Finnish and Swedish) keeps the name that the map shows as `street` and
the other as `street_short`, taken from the street itself (`highway` with `name`, `name:fi`, `name:sv`).
Node places lie in a temporary file while reading, so a country needs little memory.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import osmium
import pyarrow as pa
from osmium.filter import KeyFilter
from tqdm import tqdm

from service.errors import SourceError
from service.refdata.addresses.house_numbers import HouseNumber, split_house_numbers
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, CountryAreas, stage_addresses
from service.refdata.addresses.units import unit_key

_LANGUAGES = ("name:fi", "name:sv")
_DOOR = re.compile(r"[A-Za-z]{0,2} ?\d{0,4}[A-Za-z]?")
_FLAT_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})")
_MOST_FLATS = 400  # a longer range is a slip


@dataclass(slots=True)
class _Known:
    """What the whole file says of streets and post towns."""

    other_name: dict[str, str] = field(default_factory=dict)
    shown_name: dict[str, str] = field(default_factory=dict)
    towns: dict[str, str] = field(default_factory=dict)


def import_osm_pbf(
    path: Path, areas: CountryAreas | None = None, progress: bool = False, spill: Path | None = None
) -> tuple[pa.Table, ImportReport]:
    """The staging table of one extract, and what was dropped and why.

    An address mapped several times (door, shop, outline) is kept once with the units of all. A post town
    that is missing or misspelt becomes the one most often written with its postcode. Raises SourceError
    when the file is missing, truncated or not an OSM file.
    """
    if not path.is_file():
        raise SourceError(f"{path}: cannot be read (no such file).")
    report = ImportReport("osm-pbf")
    areas = areas or CountryAreas()
    try:
        known = _survey(path)
        areas = replace(areas, towns={**known.towns, **areas.towns})
        rows = _rows(path, known, report, progress, spill.parent if spill else None)
        return stage_addresses(rows, report, areas, unique=True, spill=spill), report
    except RuntimeError as error:
        raise SourceError(
            f"{path.name}: not a whole OpenStreetMap file ({error}); truncated, download it again."
        ) from error


def _survey(path: Path) -> _Known:
    pairs: Counter[tuple[str, str, str]] = Counter()
    towns: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for thing in osmium.FileProcessor(path).with_filter(KeyFilter("highway", "addr:housenumber")):
        tags = thing.tags
        if "highway" in tags and "name" in tags:
            first, second = (tags.get(language) for language in _LANGUAGES)
            if first and second and first != second:
                pairs[tags["name"], first, second] += 1
        postcode, city = tags.get("addr:postcode"), tags.get("addr:city")
        if postcode and city and "addr:housenumber" in tags:
            towns[postcode.strip()][" ".join(city.split())] += 1
    known = _Known()
    for (shown, first, second), _ in pairs.most_common():
        other = second if shown == first else first
        if shown in (first, second) and shown not in known.other_name:
            known.other_name[shown] = other
            known.shown_name.setdefault(other, shown)
    known.towns = {code: min(c.items(), key=lambda pair: (-pair[1], pair[0]))[0] for code, c in towns.items()}
    return known


def _rows(
    path: Path, known: _Known, report: ImportReport, progress: bool, scratch: Path | None
) -> Iterator[AddressRow]:
    with tempfile.TemporaryDirectory(prefix="osm-", dir=scratch) as folder:
        reader = osmium.FileProcessor(path)
        reader.with_locations(f"sparse_file_array,{Path(folder) / 'nodes'}")
        reader.with_filter(KeyFilter("addr:housenumber"))
        for thing in tqdm(reader, desc=path.name, unit=" addresses", disable=None if progress else True):
            report.read += 1
            if not isinstance(thing, osmium.osm.Node | osmium.osm.Way):
                report.drop("mapped as a relation, which has no single place")
                continue
            place = _place(thing)
            if place is None:
                report.drop("outline with points outside the extract")
                continue
            tags = {tag.k: tag.v for tag in thing.tags}
            yield from _addresses(f"osm-{thing.type_str()}{thing.id}", tags, place, known, report)


def _place(thing: osmium.osm.Node | osmium.osm.Way) -> tuple[float, float] | None:
    """(lat, lon) of a node, or of the middle of a way's corners."""
    if isinstance(thing, osmium.osm.Node):
        return thing.lat, thing.lon
    corners = [(node.lat, node.lon) for node in thing.nodes if node.location.valid()]
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if not corners:
        return None
    lats, lons = zip(*corners, strict=True)
    return round(sum(lats) / len(lats), 7), round(sum(lons) / len(lons), 7)


def _addresses(
    own_id: str, tags: Mapping[str, str], place: tuple[float, float], known: _Known, report: ImportReport
) -> Iterator[AddressRow]:
    numbers = split_house_numbers(tags["addr:housenumber"])
    if not numbers:
        report.drop("house number not readable without guessing")
        return
    if len(numbers) > 1:
        report.flag("several house numbers on one object: one address each")
    street = " ".join((tags.get("addr:street") or tags.get("addr:place") or "").split())
    street = known.shown_name.get(street, street)
    other = tags.get("addr:street:sv") or tags.get("addr:street:fi") or known.other_name.get(street)
    for at, number in enumerate(numbers):
        yield AddressRow(
            id=own_id + (f"-{at}" if at else ""),
            street=street,
            street_short=other if other and other != street else None,
            number=number.number,
            postcode=tags.get("addr:postcode", "").strip(),
            city=" ".join(tags.get("addr:city", "").split()),
            supplementary=tags.get("addr:suburb") or None,
            lat=place[0],
            lon=place[1],
            units=_units(tags, number) if len(numbers) == 1 else [],
        )


def _units(tags: Mapping[str, str], number: HouseNumber) -> list[str]:
    floor = tags.get("addr:floor", "").strip()
    doors = [
        door for name in ("addr:unit", "addr:door") if _DOOR.fullmatch(door := tags.get(name, "").strip())
    ]
    for part in tags.get("addr:flats", "").replace(",", ";").split(";"):
        span = _FLAT_RANGE.fullmatch(part.strip())
        if span and int(span[1]) <= int(span[2]) < int(span[1]) + _MOST_FLATS:
            doors += [str(flat) for flat in range(int(span[1]), int(span[2]) + 1)]
        elif _DOOR.fullmatch(part.strip()):
            doors.append(part.strip())
    keys = [unit_key(floor if floor.isdigit() else "", door) for door in doors or [""]]
    return [key for key in dict.fromkeys([number.unit, *keys]) if key]
