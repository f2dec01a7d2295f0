"""Raw open data, where the machine has it."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def raw() -> Path:
    """The raw-data folder named by ENRICH_RAW_DATA; the test skips without it."""
    folder = os.environ.get("ENRICH_RAW_DATA", "")
    if not folder or not Path(folder, "dk", "polling_areas").is_dir():
        pytest.skip("needs the raw open-data files (ENRICH_RAW_DATA)")
    return Path(folder)
