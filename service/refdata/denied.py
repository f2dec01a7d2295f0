"""The deny-list of the shipped sources, read when a table is loaded and again when one is written."""

from __future__ import annotations

from pathlib import Path

from service.files.denied import DenyList, read_deny_list
from service.refdata.catalogue import DEFAULT_SOURCES


def load_denied(folder: Path = DEFAULT_SOURCES) -> DenyList:
    """Reads `denied.toml`. Raises SourceError when it is missing or empty: no list, no load."""
    return read_deny_list(folder)
