"""StatBank BOL101: dwellings by use, tenure and year of construction.

Traps:
- BEBO 1000 is lived-in dwellings; without it empty ones are counted too.
- UDLFORH has its own word for lived-in dwellings of unknown tenure.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/BOL101.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/BOL101.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Lived-in dwellings per municipality.

    Index: 4-digit code; column `total`. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE")
