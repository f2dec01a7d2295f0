"""Danmarks Adresseregister files that are truncated, doubled, of another form, encoding or projection."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from service.errors import SourceError
from service.refdata.addresses.dar import import_dar

TIMES = {
    "registreringfra": "2018-05-03T16:58:34Z",
    "registreringtil": None,
    "virkningfra": "2000-02-05T20:00:00Z",
    "virkningtil": None,
}
LINE = json.dumps(
    {
        "id": "h1",
        **TIMES,
        "status": "3",
        "adgangsadressebetegnelse": "",
        "adgangspunkt_id": None,
        "husnummertekst": "7",
        "navngivenvej_id": "r-1",
        "postnummer_id": "z-1",
        "supplerendebynavn_id": None,
    }
)
ROAD = {"id": "r-9", **TIMES, "status": "3", "vejnavn": "Ærøgade", "vejadresseringsnavn": "Ærøgade"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "Husnummer.ndjson",
            f"{LINE}\n{LINE[:200]}",
            r"Husnummer\.ndjson, line 2, column \d+: not one whole JSON",
        ),
        ("Husnummer.json", f"[{LINE},\n{LINE[:200]}", r"Husnummer\.json, line 2, column 201: .*truncated"),
        ("Husnummer.json", f"[{LINE},\n{{oops}}\n" + "x" * 3_000_000, r"line 2, column 2: not valid JSON"),
        ("DAR.json", '{"HusnummerList": [\n' + LINE, r"DAR\.json, line 2, column \d+: .*truncated"),
        (
            "Husnummer.ndjson",
            LINE.replace("husnummertekst", "husnr"),
            r"line 1, column husnummertekst: .*lacks",
        ),
        ("Husnummer.ndjson", LINE.replace("{", '{"shoe": 1, ', 1), r"line 1, column shoe: unknown field"),
        (
            "Husnummer.ndjson",
            f"{LINE}\n{LINE}\n",
            r"line 2, column id_lokalid: version h1 .*twice \(first in line 1\)",
        ),
        (
            "Husnummer.ndjson",
            LINE.replace("2000-02-05T20:00:00Z", "5/2-2000"),
            r"column virkningfra: .*ISO 8601",
        ),
        ("Husnummer.ndjson", "[1, 2]", r"Husnummer\.ndjson, line 1, column 1: a list member is not"),
        ("Addresses.ndjson", LINE, r"Addresses\.ndjson: the file name names no DAR entity"),
        ("Husnummer.ndjson", "", r"Husnummer\.ndjson: the file is empty"),
    ],
)
def test_a_broken_download_is_refused_naming_file_line_and_column(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        import_dar([path])


def test_latin_1_is_named_as_another_encoding(tmp_path: Path) -> None:
    first = json.dumps(ROAD | {"vejnavn": "A", "vejadresseringsnavn": "A"})
    content = first + "\n" + json.dumps(ROAD, ensure_ascii=False) + "\n"
    path = tmp_path / "NavngivenVej.ndjson"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SourceError, match=r"line 2, column \d+: byte 0xc6 is not UTF-8"):
        import_dar([path])
    path = tmp_path / "NavngivenVej.json"
    path.write_bytes(json.dumps([ROAD], ensure_ascii=False).encode("latin-1"))
    with pytest.raises(SourceError, match=r"NavngivenVej\.json, line 1, column \d+: byte 0xc6 is not UTF-8"):
        import_dar([path])


@pytest.mark.parametrize(
    "position", ["POINT (12.5 55.6)", "POINT (1388454.5 7480353.1)", "POINT (6140353.14 588454.58)"]
)
def test_another_projection_is_refused(tmp_path: Path, position: str) -> None:
    path = tmp_path / "Adressepunkt.ndjson"
    path.write_text(json.dumps({"id": "p1", **TIMES, "status": "8", "position": position}), encoding="utf-8")
    with pytest.raises(SourceError, match=r"Adressepunkt\.ndjson, line 1, column position: .*EPSG:25832"):
        import_dar([path])


def test_a_zip_that_ends_early_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "Husnummer.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("Husnummer.ndjson", LINE + "\n")
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(SourceError, match=r"Husnummer\.zip: not a whole zip file"):
        import_dar([archive])
