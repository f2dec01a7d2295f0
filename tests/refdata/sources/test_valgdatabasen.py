"""Valgdatabasen: tables under their own file names at a mirror."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError
from service.refdata.sources import valgdatabasen
from tests.refdata.publisher import CATALOGUE, fetcher, plain, source_at


def test_election_tables_come_by_their_own_names(publisher: Any, small_raw: Path, tmp_path: Path) -> None:
    source = source_at("dst-valgdatabase", publisher)
    spec = source.tables["cars_households"]
    one = replace(source, tables={"cars_households": spec})
    body = (small_raw / source.folder / spec.file).read_bytes()
    publisher.says(f"/{spec.file}", plain("busy", 503), plain(body))
    (got,) = valgdatabasen.fetch(fetcher(), one, tmp_path)
    assert got.file.read_bytes() == body
    publisher.says(f"/{spec.file}", plain(body.replace(b"Husstande uden bil", b"Uden")))
    with pytest.raises(SourceError, match="rule expected-columns"):
        valgdatabasen.fetch(fetcher(), one, tmp_path)
    assert got.file.read_bytes() == body


def test_without_an_address_it_says_to_save_the_files() -> None:
    with pytest.raises(SourceError, match="--offline"):
        valgdatabasen.fetch(fetcher(), CATALOGUE["dst-valgdatabase"], Path("unused"))
