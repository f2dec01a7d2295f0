"""StatBank BIL800: families by disposal of cars.

Traps:
- Families, not households. It settles which of the two exchanged car columns of the polling areas is which.
- Company cars count as being at disposal.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/BIL800.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/BIL800.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Families per number of cars per municipality.

    Index: 4-digit code; one column per category code. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE", "RAADMOENS")
