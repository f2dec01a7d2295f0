"""Danish areas of every level, with the polygons that the statistics were counted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.geometry import make_valid, project, read_features

EPSG = 25832  # ETRS89 / UTM 32N, the national projection
COUNTRY = "DK"  # the code of the country as an area of its own level
LEVELS = ("polling_area", "parish", "postcode", "municipality", "region", "country")


@dataclass(frozen=True, slots=True)
class DanishAreas:
    """`levels`: level -> DataFrame (index code; name, geometry in metres, and published columns).

    `zones`: what counts are spread from: the polling areas with polygons, and the pooled areas of a
    renumbered municipality. `pooled`: area code -> zone code, for those.
    """

    levels: dict[str, pd.DataFrame]
    zones: pd.DataFrame
    pooled: dict[str, str]


def load_areas(raw: Path, sources: Mapping[str, Source], areas: pd.DataFrame, ledger: Ledger) -> DanishAreas:
    """Polygons of all levels, corrected as the catalogue names it.

    `areas`: the `areas` margin (index polling-area code). Raises SourceError.
    """
    old, new = sources["dagi-2021"], sources["dagi-2024"]
    levels = {}
    repaired = 0
    for name in ("parish", "postcode", "municipality", "region"):
        levels[name], broken = _read_level(raw, old, name)
        repaired += broken
    drawn, broken_2024 = _read_level(raw, new, "polling_area")
    earlier, broken_2021 = _read_polling_2021(raw, old)
    ledger.note(old, "invalid_polygons", f"{repaired} repaired; {broken_2021} more of 2021 polling areas")
    ledger.note(new, "invalid_polygons", f"{broken_2024} polygons repaired")
    polling = _reuse_2021(new, drawn, earlier, ledger)
    zones, pooled = _pool_renumbered(new, polling, areas, ledger)
    known = polling[polling.index.isin(areas.index)]
    ledger.note(
        new,
        "polygons_without_statistics",
        f"{len(polling) - len(known)} polygons left out: "
        + " ".join(sorted(set(polling.index) - set(known.index))),
    )
    without = set(areas.index) - set(known.index) - set(pooled)
    if without:
        raise SourceError(
            f"{new.tables['polling_area'].file}: column {new.key!r}: rule matched-keys: {len(without)} areas "
            f"with statistics have no polygon and no correction, such as {min(without)}."
        )
    levels["polling_area"] = known
    country = pd.DataFrame(
        {"name": ["Danmark"], "geometry": [shapely.union_all(levels["region"]["geometry"].to_numpy())]},
        index=pd.Index([COUNTRY], name="code"),
    )
    levels["country"] = country
    return DanishAreas({level: levels[level] for level in LEVELS}, zones, pooled)


def find_parents(
    listed: pd.DataFrame,
    areas: DanishAreas,
    in_municipality: Mapping[str, pd.DataFrame],
    source: Source,
    ledger: Ledger,
) -> dict[str, pd.Series]:
    """`municipality` per polling area, `parish`/`postcode` -> main municipality, `region_of` municipality.

    `listed`: the `areas` margin; `in_municipality`: level -> overlaps (source, target, share). Raises
    SourceError.
    """
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


def _read_level(raw: Path, source: Source, name: str) -> tuple[pd.DataFrame, int]:
    spec = source.tables[name]
    features = read_features(raw / source.folder / spec.file, (spec.columns["code"], spec.columns["name"]))
    rows = {column: [p.get(label) for p, _ in features] for column, label in spec.columns.items()}
    codes = [_code(name, value) for value in rows.pop("code")]
    return _table(spec.file, codes, rows, [g for _, g in features])


def _read_polling_2021(raw: Path, source: Source) -> tuple[pd.DataFrame, int]:
    spec = source.tables["polling_area"]
    features = read_features(raw / source.folder / spec.file, tuple(spec.columns.values()))
    codes = [
        str(int(p[spec.columns["municipality"]]) * 1000 + int(p[spec.columns["number"]])) for p, _ in features
    ]
    names = {"name": [p[spec.columns["name"]] for p, _ in features]}
    return _table(spec.file, codes, names, [g for _, g in features])


def _code(level: str, value: object) -> str:
    return str(value) if level == "polling_area" else str(value).strip().zfill(4)


def _table(file: str, codes: list[str], columns: dict[str, list], geometry: list) -> tuple[pd.DataFrame, int]:  # type: ignore[type-arg]
    twice = pd.Index(codes).duplicated()
    if twice.any():
        raise SourceError(f"{file}: rule unique-key: {codes[int(np.argmax(twice))]} comes twice.")
    valid, broken = make_valid(np.array(geometry, dtype=object))
    table = pd.DataFrame({**columns, "geometry": project(valid, EPSG)}, index=pd.Index(codes, name="code"))
    table["geometry"], _ = make_valid(table["geometry"].to_numpy())
    return table.sort_index(), broken


def _reuse_2021(source: Source, drawn: pd.DataFrame, earlier: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    correction = source.correction("statistics_follow_2021_borders")
    municipalities = {code.lstrip("0") for code in correction.params["municipalities"]}
    old = earlier[earlier.index.str[:3].isin(municipalities)]
    ledger.note(
        source, correction.name, f"{len(old)} polygons of 2021 in {len(municipalities)} municipalities"
    )
    kept = drawn[~drawn.index.str[:3].isin(municipalities)]
    return pd.concat([kept, old]).sort_index()


def _pool_renumbered(
    source: Source, polling: pd.DataFrame, areas: pd.DataFrame, ledger: Ledger
) -> tuple[pd.DataFrame, dict[str, str]]:
    correction = source.correction("skive_renumbered")
    codes = [code for code in correction.params["codes"] if code in areas.index]
    prefix = correction.params["municipality"].lstrip("0")
    zone = f"{prefix}-pooled"
    free = polling[polling.index.str.startswith(prefix) & ~polling.index.isin(areas.index)]
    zones = polling[polling.index.isin(areas.index)]
    if codes and len(free):
        pooled = pd.DataFrame(
            {"name": [zone], "geometry": [shapely.union_all(free["geometry"].to_numpy())]},
            index=pd.Index([zone], name="code"),
        )
        zones = pd.concat([zones, pooled])
    ledger.note(source, correction.name, f"{len(codes)} areas pooled over {len(free)} polygons")
    return zones, dict.fromkeys(codes, zone)
