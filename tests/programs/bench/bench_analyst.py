"""Analysts' views: potential, rebuild of all distributions, and the profile of a million customers."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from service.analyst.market import load_market
from service.analyst.potential import potential_table
from service.refdata.countries.dk.joint import SEED
from service.refdata.joint.build import fit_areas
from service.refdata.joint.margins import AreaMargins
from service.refdata.joint.seed import build_seed, load_seed_file
from service.segment.areas import load_levels
from service.segment.cells import CELL_ATTRIBUTES
from service.segment.definitions import Definitions, load_definitions
from service.tables import Release
from tests.programs.bench.measure import Row, report
from tests.refdata.joint.one_way import margin_of

REFERENCE_DATA = Path(__file__).parents[3] / "reference_data"
CUSTOMERS = 1_000_000


def write_customers(path: Path, postcodes: list[str], weights: np.ndarray) -> None:
    """A customer base as it comes out of a CRM: own columns, a postcode, no area codes."""
    rng = np.random.default_rng(1)
    chosen = rng.choice(len(postcodes), CUSTOMERS, p=weights / weights.sum())
    with path.open("w", encoding="utf-8") as out:
        out.write("customer;name;postnr;since;amount\n")
        for number, row in enumerate(chosen.tolist()):
            out.write(f"{number};Kunde {number};{postcodes[row]};2024-03-01;{number % 900}\n")


def time_rebuild(release: Release, definitions: Definitions) -> float:
    """Seconds to estimate the seed, fit every Danish area and sum it to segments, from the margins."""
    table = load_levels(release, "DK")[0]
    cells = table.p.astype(np.float64)
    shares = {name: margin_of(cells, name) for name in CELL_ATTRIBUTES}
    adults = {n: shares[n].mean(axis=0) for n in ("life_stage", "dwelling", "tenure")}
    margins = AreaMargins(tuple(table.rows), table.households, shares, adults)
    start = time.perf_counter()
    own = fit_areas(margins, build_seed(load_seed_file(SEED), margins))
    for urbanity in range(3):
        np.nan_to_num(own) @ definitions.membership(urbanity)
    return time.perf_counter() - start


def main() -> int:
    release = Release.open(REFERENCE_DATA, verify=False)
    definitions = load_definitions(REFERENCE_DATA / "policy" / "segments")
    load_market(release, "DK", definitions)  # warm: imports and maps
    start = time.perf_counter()
    market = load_market(release, "DK", definitions)
    for level in market.levels:
        potential_table(market, level.level)
    potential = time.perf_counter() - start
    rebuild = time_rebuild(release, definitions)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        postcodes = market.level("postcode")
        write_customers(path, list(postcodes.codes), postcodes.households)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "service", "segments", "profile", str(path), "--out", f"{folder}/out"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        profile = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return report(
        [
            Row("potential of the country, every level", potential, "s", 1.0),
            Row("rebuild of all distributions", rebuild, "s", 60.0),
            Row("profile of 1,000,000 customers, whole command", profile, "s", 180.0),
            Row("the same, largest memory", memory, "MB", 1500.0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
