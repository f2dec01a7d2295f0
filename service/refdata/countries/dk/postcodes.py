"""Danish postcodes: the official list with bulk receivers, and the municipalities each lies in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from service.errors import SourceError
from service.files.strict import read_rows, read_text
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.countries.dk.areas import DanishAreas
from service.refdata.reading import places_of

SOURCES = ("dagi-2021", "geonames", "postcode-municipalities", "postnumre")
WITHIN_SCHEMA = pa.schema(
    [("code", pa.string()), ("level", pa.string()), ("within", pa.string()), ("share", pa.float32())]
)
LEAST_SHARE = 0.01  # of a postcode's area: less is two drawings of one border disagreeing


def load_postcodes(
    raw: Path, sources: Mapping[str, Source], overlaps: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    """postcode, city, bulk (bool), municipalities (sorted codes), sorted by postcode.

    `overlaps`: source (postcode), target (municipality), share of the postcode's polygon. Raises SourceError
    for a postcode that lies in no municipality.
    """
    official = sources["postnumre"]
    table = _read_official(raw, official, ledger)
    listed = _read_lists(raw, sources["postcode-municipalities"])
    drawn = overlaps[overlaps["share"] >= LEAST_SHARE].groupby("source")["target"].agg(sorted).to_dict()
    named = _read_geonames(raw, sources["geonames"])
    lists: dict[str, list[str]] = {}
    from_polygons = 0
    for code in table["postcode"]:
        lists[code] = listed.get(code) or drawn.get(code) or named.get(code) or []
        from_polygons += not listed.get(code) and code in drawn
    by_city = _by_city(table, lists)
    table["municipalities"] = [
        lists[code] or by_city.get(city, [])
        for code, city in zip(table["postcode"], table["city"], strict=True)
    ]
    ledger.note(
        sources["postcode-municipalities"], "empty_lists", f"{from_polygons} postcodes filled from polygons"
    )
    empty = table[[not m for m in table["municipalities"]]]
    if len(empty):
        raise SourceError(
            f"{official.tables['postcodes'].file}: rule matched-keys: postcode "
            f"{empty['postcode'].iloc[0]} lies in no municipality."
        )
    return table


def share_out(
    dwellings: pd.Series, areas: DanishAreas, overlaps: pd.DataFrame, hierarchy: Mapping[str, pd.Series]
) -> pd.DataFrame:
    """Which share of a postcode's households lies in which other area: rows of WITHIN_SCHEMA.

    `dwellings`: households per polling area; `overlaps`: source (zone), target (postcode), share.
    """
    zone_of = pd.Series({code: areas.pooled.get(code, code) for code in dwellings.index})
    zone_households = dwellings.groupby(zone_of).sum()
    parts = overlaps.copy()
    parts["households"] = parts["share"] * parts["source"].map(zone_households)
    municipality = hierarchy["municipality"].groupby(zone_of).first()
    parts["municipality"] = parts["source"].map(municipality)
    parts["region"] = parts["municipality"].map(hierarchy["region_of"])
    parts["polling_area"] = parts["source"].where(~parts["source"].isin(set(areas.pooled.values())))
    tables = []
    for level in ("polling_area", "municipality", "region"):
        sums = parts.dropna(subset=[level]).groupby(["target", level])["households"].sum().reset_index()
        total = sums["target"].map(parts.groupby("target")["households"].sum())
        sums = sums.assign(level_name=level, share=np.where(total > 0, sums["households"] / total, 0))
        tables.append(sums.rename(columns={"target": "code", level: "within", "level_name": "level"}))
    within = pd.concat(tables).query("share >= 0.005")[["code", "level", "within", "share"]]
    return within.sort_values(["code", "level", "within"], ignore_index=True)


def _read_official(raw: Path, source: Source, ledger: Ledger) -> pd.DataFrame:
    spec = source.tables["postcodes"]
    path = raw / source.folder / spec.file
    header, rows = read_rows(path, separator=";", whole_lines=False)  # published without a last line end
    where = places_of(spec.file, header, spec.columns)
    table = pd.DataFrame({code: [row[i] for row in rows] for code, i in where.items()})
    short = table["postcode"].str.len() < 4
    table["postcode"] = table["postcode"].str.zfill(4)
    spaced = table["bulk"] != table["bulk"].str.strip()
    flags = table["bulk"].str.strip()
    odd = ~flags.isin(["true", "false"]) | ~table["postcode"].str.fullmatch(r"\d{4}")
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise SourceError(f"{spec.file}: row {row + 2}: rule postcode-form: {rows[row]}.")
    if table["postcode"].duplicated().any():
        again = table["postcode"][table["postcode"].duplicated()].iloc[0]
        raise SourceError(f"{spec.file}: column {spec.columns['postcode']!r}: rule unique-key: {again}.")
    ledger.note(source, "postcode_text", f"{int(short.sum())} postcodes below 1000 filled to four digits")
    ledger.note(source, "bulk_flag_spaces", f"{int(spaced.sum())} flags read without spaces")
    table["bulk"] = flags == "true"
    return table.sort_values("postcode", ignore_index=True)


def _read_lists(raw: Path, source: Source) -> dict[str, list[str]]:
    path = raw / source.folder / source.tables["municipalities"].file
    try:
        return {
            str(postcode).zfill(4): sorted(str(code).zfill(4) for code in codes)
            for postcode, _, codes in json.loads(read_text(path))
        }
    except (ValueError, TypeError) as error:
        raise SourceError(
            f"{path.name}: rule json: not a list of [postcode, city, codes] ({error})."
        ) from error


def _read_geonames(raw: Path, source: Source) -> dict[str, list[str]]:
    spec = source.tables["postcodes"]
    header, rows = read_rows(raw / source.folder / spec.file)
    where = places_of(spec.file, header, spec.columns)
    code, municipality = where["postcode"], where["municipality"]
    named: dict[str, set[str]] = {}
    for row in rows:
        if row[municipality].isdigit():
            named.setdefault(row[code].zfill(4), set()).add(row[municipality].zfill(4))
    return {postcode: sorted(codes) for postcode, codes in named.items()}


def _by_city(table: pd.DataFrame, lists: dict[str, list[str]]) -> dict[str, list[str]]:
    """The municipality of a city name, where all its postcodes agree: for bulk receivers no list knows."""
    cities: dict[str, set[str]] = {}
    for postcode, city in zip(table["postcode"], table["city"], strict=True):
        cities.setdefault(city, set()).update(lists[postcode])
    return {city: sorted(codes) for city, codes in cities.items() if len(codes) == 1}
