"""Builds the Danish part of a release: raw files in, tables and the manifest's notes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.countries.dk.addresses import write_addresses
from service.refdata.countries.dk.areas import EPSG, LEVELS, DanishAreas, load_areas
from service.refdata.countries.dk.bbr import write_units
from service.refdata.countries.dk.joints import write_joints
from service.refdata.countries.dk.margins import SOURCE, load_margins
from service.refdata.countries.dk.postcodes import load_postcodes
from service.refdata.countries.dk.published import read_disposable_income, read_flat_prices
from service.refdata.geometry import area_table, cut_by_density, overlap_weights
from service.refdata.rollup import sum_by_code, sum_by_overlap, zone_counts
from service.refdata.sources.bol204 import FILE as BOL204
from service.refdata.variables import (
    VariableSet,
    compute_ratios,
    denominators,
    flatten_margins,
    load_variables,
    urbanity_of,
)
from service.refdata.writing import TableNote, write_frame, write_json

COUNTRY = "DK"
# Metres. Of 45,007 known addresses 23 change polling area and 38 fall off a simplified shore (serving gives
# these the nearest area); 2 change parish, 10 postcode, none municipality.
TOLERANCE = {"polling_area": 100.0, "parish": 100.0, "postcode": 20.0, "municipality": 100.0, "region": 400.0,
             "country": 400.0}  # fmt: skip
AREA_SCHEMA = pa.schema(
    [
        ("code", pa.string()),
        ("name", pa.string()),
        ("wkb", pa.binary()),
        ("lat", pa.float64()),
        ("lon", pa.float64()),
    ]
)
WITHIN_SCHEMA = pa.schema(
    [("code", pa.string()), ("level", pa.string()), ("within", pa.string()), ("share", pa.float32())]
)
POSTCODE_SCHEMA = pa.schema(
    [
        ("postcode", pa.string()),
        ("city", pa.string()),
        ("bulk", pa.bool_()),
        ("municipalities", pa.list_(pa.string())),
    ]
)
DAGI = ("dagi-2021", "dagi-2024")
Step = Callable[[str], None]


def build_denmark(
    raw: Path, sources: Mapping[str, Source], variables_file: Path, release: Path, ledger: Ledger, step: Step
) -> tuple[tuple[str, ...], str, list[TableNote]]:
    """Writes `release/DK/...`; returns (levels, finest, notes).

    `step` is told what begins. Raises SourceError.
    """
    folder, catalogue = release / COUNTRY, dict(sources)
    step("counts per polling area")
    margins = load_margins(raw, sources[SOURCE].file.parent, ledger)
    step("polygons")
    areas = load_areas(raw, catalogue, margins["areas"], ledger)
    step("overlaps")
    levels = areas.levels
    # Counts are spread by the population of parishes. Measured on Bornholm's 29,811 addresses this misplaces
    # 3 % of them between postcodes (spread evenly: 10 %) and 5 % between parishes (37 %).
    people = levels["parish"]["population"].astype(float) / shapely.area(
        levels["parish"]["geometry"].to_numpy()
    )
    pieces = cut_by_density(areas.zones, levels["parish"], people)
    weights = {level: overlap_weights(pieces, levels[level]) for level in ("parish", "postcode")}
    in_municipality = {level: overlap_weights(levels[level], levels["municipality"]) for level in weights}
    postcodes = load_postcodes(raw, catalogue, in_municipality["postcode"], ledger)
    step("variables")
    variables = load_variables(variables_file, {s.id: s.vintage for s in sources.values()})
    hierarchy = _hierarchy(margins["areas"], areas, in_municipality, sources[SOURCE], ledger)
    counts = _level_counts(margins, areas, weights, hierarchy)
    published, vintages = _published(raw, catalogue, levels, ledger)
    variables = variables.with_vintages(vintages)
    notes = _write_profiles(variables, counts, published, areas, folder, sources[SOURCE])
    step("geometry")
    notes += _write_areas(levels, folder, sources)
    notes += _write_within(counts, areas, weights, hierarchy, folder, sources[SOURCE])
    rows = write_frame(postcodes, POSTCODE_SCHEMA, folder / "postcodes.arrow")
    postcode_sources = ("dagi-2021", "geonames", "postcode-municipalities", "postnumre")
    notes.append(
        TableNote("DK/postcodes.arrow", "postcodes", rows, sources["postnumre"].vintage, postcode_sources)
    )
    step("joint tables")
    vintage = sources[SOURCE].vintage
    notes += write_joints(margins, areas, weights, hierarchy, folder, vintage, raw / BOL204)
    step("units")
    notes += write_units(raw, sources["bbr"], release, ledger)
    step("addresses")
    notes += write_addresses(raw, sources, levels, postcodes, folder, ledger)
    return LEVELS, LEVELS[0], notes


def _hierarchy(
    listed: pd.DataFrame,
    areas: DanishAreas,
    in_municipality: Mapping[str, pd.DataFrame],
    source: Source,
    ledger: Ledger,
) -> dict[str, pd.Series]:
    """`municipality` per polling area, `parish`/`postcode` -> main municipality, `region_of` municipality."""
    names = areas.levels["region"]
    region_of = listed.drop_duplicates("municipality").set_index("municipality")["region"]
    alone = source.correction("christianso_without_region")
    region_of.loc[alone.params["municipality"]] = alone.params["region"]
    ledger.note(source, alone.name, "one municipality")
    if not region_of.isin(names.index).all():
        raise SourceError(
            f"{source.tables['areas'].file}: rule matched-keys: a municipality has no known region."
        )
    nearest = areas.levels["municipality"].index.difference(region_of.index)
    assert nearest.empty, f"municipalities without polling areas: {list(nearest)}"
    main = {level: _main_municipality(areas, level, table) for level, table in in_municipality.items()}
    return {"municipality": listed["municipality"], "region_of": region_of.sort_index(), **main}


def _main_municipality(areas: DanishAreas, level: str, overlaps: pd.DataFrame) -> pd.Series:
    """The municipality that holds most of each area; the nearest one for an area drawn in the sea."""
    largest = overlaps.sort_values(["source", "share"], ascending=[True, False]).drop_duplicates("source")
    main = largest.set_index("source")["target"].reindex(areas.levels[level].index)
    municipalities = areas.levels["municipality"]
    lost = main.index[main.isna()]
    if len(lost):
        tree = shapely.STRtree(municipalities["geometry"].to_numpy())
        nearest = tree.nearest(areas.levels[level].loc[lost, "geometry"].to_numpy())
        main.loc[lost] = municipalities.index.to_numpy()[nearest]
    return main


def _level_counts(
    margins: Mapping[str, pd.DataFrame],
    areas: DanishAreas,
    weights: Mapping[str, pd.DataFrame],
    hierarchy: Mapping[str, pd.Series],
) -> dict[str, pd.DataFrame]:
    """Counts of every level (index all its codes), with `land.km2` from the polygons."""
    counts = flatten_margins(margins)
    zones = zone_counts(counts, areas.pooled)
    municipal = sum_by_code(counts, hierarchy["municipality"])
    own_region = margins["areas"]["region"].where(margins["areas"]["region"] != "")
    table = {
        "polling_area": counts,
        **{level: sum_by_overlap(zones, weights[level]) for level in weights},
        "municipality": municipal,
        "region": sum_by_code(counts, own_region),
        "country": sum_by_code(counts, pd.Series(COUNTRY, index=counts.index)),
    }
    for level, frame in table.items():
        known = areas.levels[level]
        index = known.index.union(frame.index) if level == "polling_area" else known.index
        km2 = pd.Series(shapely.area(known["geometry"].to_numpy()) / 1e6, index=known.index)
        table[level] = frame.reindex(index).assign(**{"land.km2": km2.reindex(index)})
    return table


def _published(
    raw: Path, sources: dict[str, Source], levels: Mapping[str, pd.DataFrame], ledger: Ledger
) -> tuple[dict[str, pd.Series], dict[str, str]]:
    """Figures per variable, and the vintages that came with them."""
    names = levels["municipality"]["name"]
    income, vintage = read_disposable_income(raw, sources["dst-indkp"], names, ledger)
    figures = {
        "flat_price_m2": read_flat_prices(
            raw, sources["finans-danmark-flats"], levels["postcode"].index, ledger
        ),
        "disposable_income_mean": income,
        "age_mean": levels["parish"]["age_mean"].astype(float),
    }
    return figures, {"disposable_income_mean": vintage}


def _write_profiles(
    variables: VariableSet,
    counts: Mapping[str, pd.DataFrame],
    published: Mapping[str, pd.Series],
    areas: DanishAreas,
    folder: Path,
    source: Source,
) -> list[TableNote]:
    codes = [v.code for v in variables.variables]
    fields = [("code", pa.string()), ("name", pa.string()), ("households", pa.float32()),
              ("persons", pa.float32()), ("urbanity", pa.int8())]  # fmt: skip
    schema = pa.schema([*fields, *((code, pa.float32()) for code in codes)])
    notes = []
    for level, frame in counts.items():
        profile = compute_ratios(variables, frame)
        for variable in variables.published():
            values = published[variable.code]
            if level == variable.level:
                profile[variable.code] = values.reindex(frame.index)
            elif level == "country":
                weight = denominators(variable, counts[variable.level]).reindex(values.index).fillna(0)
                weight = weight.where(values.notna(), 0)
                profile[variable.code] = float(np.average(values.fillna(0), weights=weight))
            else:
                profile[variable.code] = np.nan
        profile["code"] = profile.index
        profile["name"] = areas.levels[level]["name"].reindex(profile.index)
        profile["households"] = frame.filter(like="dwelling_households.").sum(axis=1, min_count=1)
        profile["persons"] = frame.filter(like="age_sex.").sum(axis=1, min_count=1)
        profile["urbanity"] = urbanity_of(variables, profile)
        rows = write_frame(profile, schema, folder / f"profiles_{level}.arrow")
        used = tuple(
            sorted({source.id, *DAGI, *(v.source for v in variables.published() if v.level == level)})
        )
        notes.append(TableNote(f"DK/profiles_{level}.arrow", "profiles", rows, source.vintage, used))
    described = [
        {
            "code": v.code, "unit": v.unit, "topic": v.topic, "label": dict(v.label), "weight": v.weight,
            "source": v.source, "vintage": v.vintage,
            "levels": [v.level, "country"] if v.level else list(LEVELS),
        }
        for v in variables.variables
    ]  # fmt: skip
    write_json(described, folder / "variables.json")
    all_sources = tuple(sorted({v.source for v in variables.variables}))
    notes.append(TableNote("DK/variables.json", "variables", len(described), source.vintage, all_sources))
    return notes


def _write_areas(
    levels: Mapping[str, pd.DataFrame], folder: Path, sources: Mapping[str, Source]
) -> list[TableNote]:
    notes = []
    for level, frame in levels.items():
        rows = write_frame(
            area_table(frame, EPSG, TOLERANCE[level]), AREA_SCHEMA, folder / f"areas_{level}.arrow"
        )
        used = DAGI if level == "polling_area" else DAGI[:1]
        vintage = max(sources[name].vintage for name in used)
        notes.append(TableNote(f"DK/areas_{level}.arrow", "areas", rows, vintage, used))
    return notes


def _write_within(
    counts: Mapping[str, pd.DataFrame],
    areas: DanishAreas,
    weights: Mapping[str, pd.DataFrame],
    hierarchy: Mapping[str, pd.Series],
    folder: Path,
    source: Source,
) -> list[TableNote]:
    """`postcode_within.arrow`: which share of a postcode's households lies in which coarser area."""
    dwellings = counts["polling_area"].filter(like="dwelling_households.").sum(axis=1)
    zone_of = pd.Series({code: areas.pooled.get(code, code) for code in dwellings.index})
    zone_households = dwellings.groupby(zone_of).sum()
    parts = weights["postcode"].copy()
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
    within = within.sort_values(["code", "level", "within"], ignore_index=True)
    rows = write_frame(within, WITHIN_SCHEMA, folder / "postcode_within.arrow")
    return [TableNote("DK/postcode_within.arrow", "within", rows, source.vintage, (source.id, *DAGI))]
