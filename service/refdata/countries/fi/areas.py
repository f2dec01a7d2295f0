"""Finnish areas of every level: postal areas as drawn, larger ones as their unions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.geometry import make_valid, project, read_features

EPSG = 3067  # ETRS-TM35FIN
COUNTRY = "FI"  # the code of the country as an area of its own level
LEVELS = ("postcode", "municipality", "country")
POLYGONS = "polygons"  # the table of the source that is drawn, not counted


def load_areas(raw: Path, source: Source, areas: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Index code, columns name and geometry (metres) per level; larger areas are unions of postal areas.

    `areas`: the `areas` margin. Raises SourceError where polygons and margin differ.
    """
    path = raw / source.folder / source.tables[POLYGONS].file
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
