"""The shipped market, and customer files made from it with a known truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.analyst.market import Market, load_market
from service.segment.definitions import Definitions, load_definitions
from service.tables import Release

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def release() -> Release:
    return Release.open(ROOT / "reference_data")


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return load_definitions(ROOT / "reference_data" / "policy" / "segments")


@pytest.fixture(scope="session")
def market(release: Release, definitions: Definitions) -> Market:
    return load_market(release, "DK", definitions)


def write_customers(path: Path, market: Market, weight: np.ndarray, customers: int, seed: int) -> np.ndarray:
    """Writes a CSV of customers drawn from postcodes by `weight`; the row number of each one's postcode."""
    level = market.level("postcode")
    drawn = np.random.default_rng(seed).choice(len(weight), customers, p=weight / weight.sum())
    lines = ["customer;postnr"] + [f"c{n};{level.codes[row]}" for n, row in enumerate(drawn)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return drawn


@pytest.fixture(scope="session")
def customer_file() -> Callable[..., np.ndarray]:
    return write_customers


@pytest.fixture(scope="session")
def family_file(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Path:
    """Customers as if only families in an owned home bought, and nobody in Hillerød (3400)."""
    level = market.level("postcode")
    weight = level.expected[:, market.definitions.codes.index("B1")].copy()
    weight[level.row["3400"]] = 0.0
    path = tmp_path_factory.mktemp("customers") / "families.csv"
    write_customers(path, market, weight, 30_000, seed=3)
    return path
