"""Datafordeler: whole entities as zip files, with a key."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError
from service.refdata.sources import datafordeler
from tests.refdata.publisher import fetcher, plain, source_at


def packed(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def test_a_register_is_downloaded_and_unpacked(
    publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source = source_at("dar", publisher, entities=["Postnummer"])
    publisher.says(
        "/FileDownloads/GetFile", plain(packed("Postnummer_20261120.json", b'{"postnr":"3700"}\n'))
    )
    (got,) = datafordeler.fetch(fetcher(), source, tmp_path)
    assert got.file.name == "Postnummer.ndjson"
    assert got.file.read_bytes() == b'{"postnr":"3700"}\n'
    assert "LatestTotalForEntity=Postnummer" in publisher.seen[0][1]


def test_a_cut_off_zip_is_refused(publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source = source_at("dar", publisher, entities=["Postnummer"])
    publisher.says("/FileDownloads/GetFile", plain(packed("a.json", b"x" * 5000)[:-30]))
    with pytest.raises(SourceError, match=r"Postnummer\.zip: rule whole-file"):
        datafordeler.fetch(fetcher(), source, tmp_path)


def test_without_a_key_it_says_how_to_get_one(
    publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAFORDELER_API_KEY", raising=False)
    with pytest.raises(SourceError, match="set DATAFORDELER_API_KEY"):
        datafordeler.fetch(fetcher(), source_at("dar", publisher), tmp_path)
