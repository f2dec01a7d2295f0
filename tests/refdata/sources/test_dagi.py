"""DAGI: pages of features, joined; a server that does not page as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.sources import dagi
from tests.refdata.publisher import Answer, fetcher, plain, source_at


def features(codes: list[str]) -> list[dict[str, Any]]:
    square = {"type": "Polygon", "coordinates": [[[10, 55], [11, 55], [11, 56], [10, 55]]]}
    return [
        {"type": "Feature", "properties": {"kode": c, "navn": f"Sted {c}", "nr": c}, "geometry": square}
        for c in codes
    ]


def wfs(codes: list[str], matched: bool = True) -> Answer:
    def answer(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        query = {k: int(v[0]) for k, v in parse_qs(urlsplit(path).query).items() if v[0].isdigit()}
        some = codes[query["startIndex"] : query["startIndex"] + query["count"]]
        body: dict[str, Any] = {"type": "FeatureCollection", "features": features(some)}
        return 200, {}, json.dumps(body | ({"numberMatched": len(codes)} if matched else {})).encode()

    return answer


def regions(publisher: Any) -> Source:
    source = source_at("dagi-2021", publisher, size=2)
    return replace(source, tables={"region": source.tables["region"]})


@pytest.mark.parametrize("matched", [True, False])
def test_pages_are_joined(publisher: Any, tmp_path: Path, matched: bool) -> None:
    publisher.says("/regionsinddeling", wfs(["1081", "1082", "1083", "1084", "1085"], matched))
    (got,) = dagi.fetch(fetcher(), regions(publisher), tmp_path)
    joined = json.loads(got.file.read_text("utf-8"))["features"]
    assert [f["properties"]["kode"] for f in joined] == ["1081", "1082", "1083", "1084", "1085"]
    assert publisher.calls("/regionsinddeling") == (3 if matched else 4)


def test_a_page_that_fails_once_is_asked_again(publisher: Any, tmp_path: Path) -> None:
    pages = wfs(["1081", "1082", "1083"])
    publisher.says("/regionsinddeling", pages, plain("busy", 500), pages)
    (got,) = dagi.fetch(fetcher(), regions(publisher), tmp_path)
    assert len(json.loads(got.file.read_text("utf-8"))["features"]) == 3


def test_a_server_that_ignores_paging_is_noticed(publisher: Any, tmp_path: Path) -> None:
    body = json.dumps({"type": "FeatureCollection", "features": features(["1081", "1082"])})
    publisher.says("/regionsinddeling", plain(body))
    with pytest.raises(SourceError, match="rule paging"):
        dagi.fetch(fetcher(), regions(publisher), tmp_path)


def test_a_renamed_property_is_named(publisher: Any, tmp_path: Path) -> None:
    body = json.dumps({"features": features(["1081"])}).replace('"kode"', '"code"')
    publisher.says("/regionsinddeling", plain(body))
    with pytest.raises(
        SourceError, match=r"geo_regioner\.geojson: row 1, column 'kode': rule expected-columns"
    ):
        dagi.fetch(fetcher(), regions(publisher), tmp_path)
    assert not (tmp_path / "dk/dagi_2021/geo_regioner.geojson").exists()
