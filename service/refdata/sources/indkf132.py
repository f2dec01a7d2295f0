"""StatBank INDKF132: families by income bracket.

Traps:
- Families, not households: an adult child at home is a family of its own, so levels differ from the
  household brackets.
- Brackets are moved with the years; compare ranks, not edges.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/INDKF132.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/INDKF132.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Families per income bracket per municipality.

    Index: 4-digit code; one column per category code. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE", "INDKINTB")
