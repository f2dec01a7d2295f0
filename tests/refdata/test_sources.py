"""The other fetchers against a local server that answers in each publisher's form."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service.errors import SourceError, UnreachableError
from service.refdata.catalogue import DEFAULT_SOURCES, Source, load_catalogue
from service.refdata.fetching import Fetcher
from service.refdata.sources import dagi, datafordeler, paavo, valgdatabasen
from service.refdata.sources.registry import FETCHERS

Answer = Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]
CATALOGUE = load_catalogue(DEFAULT_SOURCES)
STATBANK = [name for name in CATALOGUE if name.startswith("statbank-")]


def source_at(name: str, publisher: Any, **fetch: Any) -> Source:
    source = CATALOGUE[name]
    return replace(source, fetch={**source.fetch, "base": publisher.base, **fetch})


def fetcher() -> Fetcher:
    return Fetcher(attempts=3, first_wait_s=0.01, timeout_s=5)


def plain(content: bytes | str, code: int = 200) -> Answer:
    body = content.encode() if isinstance(content, str) else content
    return lambda path, asked, sent: (code, {}, body)


# ------------------------------------------------------------------ DAGI: pages of features


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


# ------------------------------------------------------------------ Datafordeler: zip files


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


# ------------------------------------------------------------------ Paavo over PxWeb

AREAS = [f"{n:05}" for n in range(100, 1300, 10)]
META = {
    "variables": [
        {"code": "Postinumeroalue", "values": AREAS},
        {
            "code": "Tiedot",
            "values": ["he_vakiy", "te_taly", "pt_tyott"],
            "valueTexts": ["Inhabitants, total (HE)", "Households, total (TE)", "Unemployed (PT)"],
        },
        {"code": "Vuosi", "values": ["2022", "2023"]},
    ]
}


def pxweb(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
    if not sent:
        return 200, {}, json.dumps(META).encode()
    chosen = {q["code"]: q["selection"]["values"] for q in json.loads(sent)["query"]}
    assert chosen["Vuosi"] == ["2023"]
    codes = chosen["Postinumeroalue"]
    if len(codes) * len(chosen["Tiedot"]) > 120:
        return 403, {}, b"too many cells"
    assert chosen["Tiedot"] == ["he_vakiy", "te_taly"]  # the unemployed are denied
    lines = ['"12f7 -- 9. All data groups, 2010-2023"', "", '"Postal code area","Information","2023"']
    for n, c in enumerate(codes):
        area = f"{c}  Etu-T\xf6\xf6l\xf6 (Helsinki)"
        lines += [f'"{area}","Inhabitants, total (HE)",{n}', f'"{area}","Households, total (TE)",".."']
    return 200, {}, ("\r\n".join(lines) + "\r\n").encode("latin-1")


def test_paavo_is_asked_in_portions_and_joined(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=50)
    url = f"/{source.fetch['table']}"
    publisher.says(url, pxweb)
    (got,) = paavo.fetch(fetcher(), source, tmp_path)
    lines = got.file.read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(AREAS)
    assert lines[0] == 'postcode,name,"Inhabitants, total (HE)","Households, total (TE)"'
    assert lines[1] == "00100,Etu-Töölö (Helsinki),0,"
    assert publisher.calls(url) == 1 + 3


def test_paavo_over_the_cell_limit_says_so(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=100)
    publisher.says(f"/{source.fetch['table']}", pxweb)
    with pytest.raises(SourceError, match="too many cells"):
        paavo.fetch(fetcher(), source, tmp_path)


def test_a_cut_off_portion_is_refused(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=50)

    def cut(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        code, headers, body = pxweb(path, asked, sent)
        return code, headers, body if not sent else body[: len(body) // 2]

    publisher.says(f"/{source.fetch['table']}", cut)
    with pytest.raises(SourceError, match="rule whole-"):
        paavo.fetch(fetcher(), source, tmp_path)


@pytest.mark.raw
def test_the_publishers_own_file_of_helsinki() -> None:
    folder = os.environ.get("ENRICH_RAW_DATA")
    if not folder:
        pytest.skip("needs the raw open-data files (ENRICH_RAW_DATA)")
    (path,) = (Path(folder) / "fi/paavo_helsinki_2023").glob("009_*.csv")
    header, rows = paavo.widen(*paavo.read_pxweb(path))
    assert len(rows) == 84
    assert "Inhabitants, total (HE)" in header
    assert rows[0][:2] == ["00100", "Helsinki keskusta - Etu-Töölö (Helsinki)"]


# ------------------------------------------------------------------ Valgdatabasen


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


# ------------------------------------------------------------------ the catalogue as a whole


def test_the_catalogue_names_the_official_publishers() -> None:
    tables = {s.fetch["table"] for n, s in CATALOGUE.items() if n.startswith("statbank-")}
    assert tables >= {"FOLK1A", "BOL101", "BOL204", "INDKF132", "INDKP101", "HFUDD11", "FAM55N"}
    assert any(t.startswith("BIL") for t in tables)
    assert {"dst-valgdatabase", "dagi-2021", "dagi-2024", "dar", "bbr", "paavo"} <= set(CATALOGUE)
    assert set(FETCHERS) <= set(CATALOGUE)
    for source in CATALOGUE.values():
        text = source.file.read_text("utf-8")
        assert "Trap" in text.split("id =")[0], source.id
        for correction in source.corrections:
            assert len(correction.reason) > 30
            assert correction.status


# ------------------------------------------------------------------ troubles on the way

TOPIC = "Husstande efter bilrådighed_"
LABELS = ("1. Husstande uden bil", "2. Husstande med 1 bil", "3. Husstande med 2 eller flere biler")
CARS = ",".join(["ValgstedId", *(TOPIC + label for label in LABELS)]) + "\r\n101001,5,1,9\r\n"
FETCHED: dict[str, Callable[[Any], tuple[Source, dict[str, Answer]]]] = {
    "DAGI": lambda p: (regions(p), {"/regionsinddeling": wfs(["1081", "1082", "1083"])}),
    "Datafordeler": lambda p: (
        source_at("dar", p, entities=["Postnummer"]),
        {"/FileDownloads/GetFile": plain(packed("a.json", b'{"postnr":"3700"}\n' * 500))},
    ),
    "Paavo": lambda p: (source_at("paavo", p, portion=50), {f"/{CATALOGUE['paavo'].fetch['table']}": pxweb}),
    "Valgdatabasen": lambda p: (
        replace(
            source_at("dst-valgdatabase", p),
            tables={"cars_households": CATALOGUE["dst-valgdatabase"].tables["cars_households"]},
        ),
        {"/Husstande_efter_bilrdighed.csv": plain(CARS)},
    ),
}


@pytest.mark.parametrize("name", FETCHED)
def test_a_trouble_that_passes_is_survived(
    name: str,
    trouble: Callable[[Answer], Answer],
    publisher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source, answers = FETCHED[name](publisher)
    for path, good in answers.items():
        publisher.says(path, good)
    calm = [f.sha256 for f in FETCHERS[source.id](fetcher(), source, tmp_path / "calm")]
    for path, good in answers.items():
        publisher.says(path, trouble(good), good)
    got = FETCHERS[source.id](fetcher(), source, tmp_path / "troubled")
    assert [f.sha256 for f in got] == calm
    assert not list((tmp_path / "troubled").rglob("*.part*"))


@pytest.mark.parametrize("name", FETCHED)
def test_a_trouble_that_stays_leaves_the_old_file(
    name: str, publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source, answers = FETCHED[name](publisher)
    for path, good in answers.items():
        publisher.says(path, good)
    old = {f.file: f.file.read_bytes() for f in FETCHERS[source.id](fetcher(), source, tmp_path)}
    for path in answers:
        publisher.says(path, plain("down", 503))
    with pytest.raises(UnreachableError, match="after 3 attempts"):
        FETCHERS[source.id](fetcher(), source, tmp_path)
    assert {file: file.read_bytes() for file in old} == old
