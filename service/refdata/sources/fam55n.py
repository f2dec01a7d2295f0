"""StatBank FAM55N: households by type, size and children.

Traps:
- A household is people at one address; it may hold several families.
- Student dormitories count each room as a household.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/FAM55N.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/FAM55N.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Households per municipality.

    Index: 4-digit code; column `total`. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE")
