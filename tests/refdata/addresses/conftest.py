"""Where the raw open-data folder is, if it is anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def raw() -> Path:
    folder = os.environ.get("ENRICH_RAW_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ENRICH_RAW_DATA names no folder with the raw open data")
    return Path(folder)
