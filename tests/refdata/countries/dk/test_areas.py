"""How well counts reach parishes and postcodes, on addresses that the interpolation never saw."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyproj
import pytest
import shapely

from service.refdata.catalogue import load_catalogue
from service.refdata.corrections import Ledger
from service.refdata.countries.dk.areas import EPSG, load_areas
from service.refdata.countries.dk.margins import load_margins
from service.refdata.geometry import cut_by_density, overlap_weights

BORNHOLM = "400"


def lies_in(level: pd.DataFrame, points: object) -> pd.Series:
    rows, areas = shapely.STRtree(level["geometry"].to_numpy()).query(points, predicate="intersects")
    found = pd.Series(level.index.to_numpy()[areas], index=rows)
    return found[~found.index.duplicated()]


def misplaced(weights: pd.DataFrame, zones: pd.Series, targets: pd.Series) -> float:
    """Share of addresses that the weights of their polling area would put into another target."""
    real = pd.DataFrame({"source": zones, "target": targets}).dropna().groupby(["source", "target"]).size()
    total = real.groupby("source").sum()
    said = weights[weights["source"].isin(total.index)].set_index(["source", "target"])["share"]
    expected = said * total.reindex(said.index.get_level_values(0)).to_numpy()
    return float(expected.sub(real, fill_value=0).abs().sum() / 2 / real.sum())


@pytest.mark.raw
def test_addresses_of_bornholm_stay_in_their_postcode_and_parish(open_data: Path) -> None:
    margins = load_margins(open_data)
    areas = load_areas(open_data, load_catalogue(), margins["areas"], Ledger())
    zones = areas.zones[areas.zones.index.str.startswith(BORNHOLM)]
    parishes = areas.levels["parish"]
    density = parishes["population"].astype(float) / shapely.area(parishes["geometry"].to_numpy())
    pieces = cut_by_density(zones, parishes, density)
    addresses = pd.read_csv(open_data / "dk/addresses_osm/bornholm_addresses_osm.csv", usecols=["lat", "lon"])
    to_metres = pyproj.Transformer.from_crs(4326, EPSG, always_xy=True)
    points = shapely.points(*to_metres.transform(addresses["lon"].to_numpy(), addresses["lat"].to_numpy()))
    at_zone = lies_in(zones, points)
    for level, most in (("postcode", 0.04), ("parish", 0.07)):
        targets = lies_in(areas.levels[level], points)
        evenly = misplaced(overlap_weights(zones, areas.levels[level]), at_zone, targets)
        ours = misplaced(overlap_weights(pieces, areas.levels[level]), at_zone, targets)
        print(f"{level}: {ours:.1%} of addresses misplaced; spread evenly {evenly:.1%}")
        assert ours <= most
        assert ours < 0.5 * evenly
