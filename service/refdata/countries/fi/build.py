"""Builds the Finnish part of a release from Paavo: postal areas, municipalities, the country."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from service.errors import SourceError
from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_pbf import import_osm_pbf
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.staging import CountryAreas
from service.refdata.addresses.writer import write_index
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.countries.fi.margins import finnish_margins
from service.refdata.countries.fi.paavo import GEOMETRY, SOURCE, load_paavo
from service.refdata.geometry import area_table, make_valid, project, read_features
from service.refdata.joint.build import build_joints, joint_arrow, whole_roll
from service.refdata.joint.seed import build_seed, load_seed_file
from service.refdata.rollup import sum_by_code
from service.refdata.variables import (
    VariableSet,
    compute_ratios,
    flatten_margins,
    load_variables,
    urbanity_of,
)
from service.refdata.writing import TableNote, write_arrow, write_frame, write_json

COUNTRY = "FI"
EPSG = 3067  # ETRS-TM35FIN
LEVELS = ("postcode", "municipality", "country")
ADDRESSES = "osm-helsinki"
# Metres. Postal areas of Finland are large and their borders run through forest and water.
TOLERANCE = {"postcode": 250.0, "municipality": 600.0, "country": 2000.0}
AREA_SCHEMA = pa.schema(
    [
        ("code", pa.string()), ("name", pa.string()), ("wkb", pa.binary()),
        ("lat", pa.float64()), ("lon", pa.float64()),
    ]
)  # fmt: skip


def build_finland(
    raw: Path, sources: Mapping[str, Source], variables_file: Path, release: Path, ledger: Ledger,
    step: Callable[[str], None],
) -> tuple[tuple[str, ...], str, list[TableNote]]:  # fmt: skip
    """Writes `release/FI/...`; returns (levels, finest, notes). Raises SourceError."""
    folder, source = release / COUNTRY, sources[SOURCE]
    step("Finland: counts per postal area")
    tables = load_paavo(raw, source, ledger)
    variables = load_variables(variables_file, {s.id: s.vintage for s in sources.values()})
    step("Finland: polygons")
    municipality = tables["areas"]["municipality"]
    levels = _polygons(raw, source, tables["areas"])
    counts = {
        "postcode": flatten_margins({name: t for name, t in tables.items() if name != "areas"}),
    }
    counts["municipality"] = sum_by_code(counts["postcode"], municipality)
    counts["country"] = sum_by_code(counts["postcode"], pd.Series(COUNTRY, index=counts["postcode"].index))
    notes = _write_profiles(variables, counts, levels, folder, source)
    for level, frame in levels.items():
        rows = write_frame(
            area_table(frame, EPSG, TOLERANCE[level]), AREA_SCHEMA, folder / f"areas_{level}.arrow"
        )
        notes.append(TableNote(f"FI/areas_{level}.arrow", "areas", rows, source.vintage, (source.id,)))
    step("Finland: joint tables")
    notes += _write_joints(tables, municipality, folder, source)
    step("Finland: postcodes and addresses")
    postcodes = pd.DataFrame(
        {
            "postcode": municipality.index.to_numpy(),
            "city": tables["areas"]["name"].to_numpy(),
            "bulk": False,
            "municipalities": [[code] for code in municipality],
        }
    )
    towns = pa.Table.from_pandas(postcodes, schema=POSTCODES_SCHEMA, preserve_index=False)
    rows = write_arrow(towns, folder / "postcodes.arrow")
    notes.append(TableNote("FI/postcodes.arrow", "postcodes", rows, source.vintage, (source.id,)))
    notes.append(_write_addresses(raw, sources[ADDRESSES], levels, towns, folder))
    return LEVELS, LEVELS[0], notes


def _polygons(raw: Path, source: Source, areas: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Index code, columns name and geometry (metres) per level; larger areas are unions of postal areas."""
    path = raw / source.folder / source.tables[GEOMETRY].file
    features = read_features(path, ("pono",))
    codes = [str(properties["pono"]) for properties, _ in features]
    if sorted(codes) != list(areas.index):
        odd = sorted(set(codes).symmetric_difference(areas.index)) or ["a code twice"]
        raise SourceError(f"{path.name}: rule matched-keys: polygons and table differ, such as {odd[0]}.")
    valid, _ = make_valid(project(np.array([geometry for _, geometry in features], dtype=object), EPSG))
    postal = pd.DataFrame({"geometry": valid}, index=codes).sort_index()
    postal.insert(0, "name", areas["name"])
    by_municipality = postal["geometry"].groupby(areas["municipality"])
    merged = {str(code): shapely.union_all(part.to_numpy()) for code, part in by_municipality}
    municipal = pd.DataFrame(
        {"name": [f"kunta {code}" for code in merged], "geometry": list(merged.values())}, index=list(merged)
    )
    whole = shapely.union_all(np.array(list(merged.values()), dtype=object))
    country = pd.DataFrame({"name": ["Suomi"], "geometry": [whole]}, index=[COUNTRY])
    return {"postcode": postal, "municipality": municipal, "country": country}


def _write_profiles(
    variables: VariableSet, counts: Mapping[str, pd.DataFrame], levels: Mapping[str, pd.DataFrame],
    folder: Path, source: Source,
) -> list[TableNote]:  # fmt: skip
    codes = [variable.code for variable in variables.variables]
    schema = pa.schema(
        [
            ("code", pa.string()), ("name", pa.string()), ("households", pa.float32()),
            ("persons", pa.float32()), ("urbanity", pa.int8()),
            *((code, pa.float32()) for code in codes),
        ]
    )  # fmt: skip
    notes = []
    for level, areas in levels.items():
        km2 = shapely.area(areas["geometry"].to_numpy()) / 1e6
        frame = counts[level].reindex(areas.index).assign(**{"land.km2": km2})
        profile = compute_ratios(variables, frame)
        profile["code"], profile["name"] = profile.index, areas["name"]
        profile["households"], profile["persons"] = frame["household.all"], frame["age.persons"]
        profile["urbanity"] = urbanity_of(variables, profile)
        rows = write_frame(profile, schema, folder / f"profiles_{level}.arrow")
        notes.append(TableNote(f"FI/profiles_{level}.arrow", "profiles", rows, source.vintage, (source.id,)))
    described = [
        {
            "code": v.code, "unit": v.unit, "topic": v.topic, "label": dict(v.label), "weight": v.weight,
            "source": v.source, "vintage": v.vintage, "levels": list(LEVELS),
        }
        for v in variables.variables
    ]  # fmt: skip
    write_json(described, folder / "variables.json")
    notes.append(TableNote("FI/variables.json", "variables", len(described), source.vintage, (source.id,)))
    return notes


def _write_joints(
    tables: Mapping[str, pd.DataFrame], municipality: pd.Series, folder: Path, source: Source
) -> list[TableNote]:
    margins = finnish_margins(tables)
    seed_file = load_seed_file(COUNTRY)
    per_area = [str(code) for code in municipality.loc[list(margins.codes)]]
    rolls = [
        whole_roll("country", [COUNTRY] * len(per_area), None, None),
        whole_roll("municipality", per_area, "country", dict.fromkeys(per_area, COUNTRY)),
    ]
    joints = build_joints(
        "postcode", margins, build_seed(seed_file, margins), rolls, ("municipality", per_area)
    )
    return [
        TableNote(
            f"FI/joint_{level}.arrow", "joint",
            write_arrow(joint_arrow(joint), folder / f"joint_{level}.arrow"), source.vintage,
            (source.id, "dst-seed"),
        )
        for level, joint in sorted(joints.items())
    ]  # fmt: skip


def _write_addresses(
    raw: Path, source: Source, levels: Mapping[str, pd.DataFrame], towns: pa.Table, folder: Path
) -> TableNote:
    areas = CountryAreas(
        postcodes=_degrees(levels["postcode"]), municipalities=_degrees(levels["municipality"]), towns={}
    )
    staging, _ = import_osm_pbf(raw / source.folder / source.tables["centre"].file, areas)
    written = write_index(
        staging, towns, folder / "addresses", country=COUNTRY, source=f"{source.id} {source.vintage}",
        licence=source.licence, attribution=source.attribution, vintage=source.vintage,
        municipalities={str(code): str(name) for code, name in levels["municipality"]["name"].items()},
    )  # fmt: skip
    path = f"FI/addresses/{written.path.name}"
    return TableNote(path, "addresses", written.houses, source.vintage, (source.id,))


def _degrees(level: pd.DataFrame) -> AreaPolygons:
    degrees = project(level["geometry"].to_numpy(), EPSG, back=True)
    names = {str(code): str(name) for code, name in level["name"].items()}
    return AreaPolygons(list(level.index), degrees, names)
