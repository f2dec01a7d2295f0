"""The 29-column access-address file, whose street names come from a second file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from service.errors import SourceError
from service.refdata.addresses.dk_access import import_dk_access, read_streets

HEADER = (
    "id;vejkode;husnummer;kommunekode;landsejerlav_kode;landsejerlav_navn;matrikelnr;esrejendomsnr;postnummer;"
    "postdistrikt;supplerendebynavn;objekttype;oprettet;aendret;ikrafttraedelsesdato;adgangspunkt_id;"
    "adgangspunkt_kilde;adgangspunkt_noejagtighedsklasse;adgangspunkt_tekniskstandard;adgangspunkt_retning;"
    "adgangspunkt_placering;adgangspunkt_revisionsdato;adgangspunkt_etrs89koordinat_oest;"
    "adgangspunkt_etrs89koordinat_nord;adgangspunkt_wgs84koordinat_bredde;adgangspunkt_wgs84koordinat_laengde;"
    "adgangspunkt_DDKN_m100;adgangspunkt_DDKN_km1;adgangspunkt_DDKN_km10"
)
STREETS = (
    "kommunekode,kode,navn,adresseringsnavn\n0155,8730,Skriverengen,\n0155,7162,Gammel Kongevej,Gl Kongevej\n"
)


def line(own_id: str, code: str = "8730", number: str = "60", kind: str = "1", lat: str = "55.59485") -> str:
    row = [
        own_id,
        code,
        number,
        "155",
        "10851",
        "ST. MAGLEBY BY, ST. MAGLEBY",
        "108",
        "023058",
        "800",
        "Høje Taastrup",
    ]
    row += [
        "Store Magleby",
        kind,
        *["2000-02-05T12:00:00"] * 3,
        "",
        "1",
        "A",
        "TN",
        "108.30",
        "",
        "2009-11-24T01:50:11",
    ]
    return ";".join([*row, "728838.86", "6166977.63", lat, "12.63216", "a", "b", "c"]) + "\n"


def write(folder: Path, *lines: str, header: str = HEADER) -> tuple[list[Path], list[Path]]:
    (folder / "Adgangsadresse.csv").write_text(header + "\n" + "".join(lines), encoding="utf-8")
    (folder / "streets.csv").write_text(STREETS, encoding="utf-8")
    return [folder / "Adgangsadresse.csv"], [folder / "streets.csv"]


def test_a_row_takes_its_street_from_the_street_codes(tmp_path: Path) -> None:
    table, report = import_dk_access(*write(tmp_path, line("a"), line("b", code="7162", number="007b")))
    first, second = table.to_pylist()
    assert (first["street"], first["number"], first["postcode"], first["municipality"]) == (
        "Skriverengen",
        "60",
        "0800",
        "0155",
    )
    assert first["supplementary"] == "Store Magleby"
    assert (second["street"], second["street_short"], second["number"]) == (
        "Gammel Kongevej",
        "Gl Kongevej",
        "7B",
    )
    assert (report.read, report.kept) == (2, 2)


def test_the_kinds_become_statuses_and_what_cannot_be_named_is_counted(tmp_path: Path) -> None:
    rows = [
        line("a", kind="2"),
        line("b", kind="3"),
        line("c", kind="4"),
        line("d", code="9999"),
        line("e", number="?"),
    ]
    table, report = import_dk_access(*write(tmp_path, *rows))
    assert table["status"].to_pylist() == ["abolished", "preliminary"]
    assert report.dropped == {
        "shelved: was never in force": 1,
        "street code without a name in the street files": 1,
        "house number not digits and at most one letter": 1,
    }


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ((line("a"), line("a")), HEADER, r"Adgangsadresse\.csv, line 3, column id: 'a' occurs twice"),
        ((line("a", kind="9"),), HEADER, r"line 2, column objekttype: '9'"),
        (
            (line("a", lat="6166977.63"),),
            HEADER,
            r"line 2, column adgangspunkt_wgs84koordinat_bredde: .*projection",
        ),
        ((line("a")[:-20],), HEADER, r"line 2, column \d+: .*truncated"),
        ((line("a").replace(";A;", ";"),), HEADER, r"line 2, column adgangspunkt_DDKN_km10: 28 fields"),
        ((line("a"),), HEADER + ";shoe", r"line 1, column shoe: unknown column"),
        ((line("a"),), HEADER.replace(";", ","), r"line 1, column id: the header has no such column"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, rows: tuple[str, ...], header: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        import_dk_access(*write(tmp_path, *rows, header=header))


def test_without_street_files_the_error_says_what_to_give(tmp_path: Path) -> None:
    paths, _ = write(tmp_path, line("a"))
    with pytest.raises(SourceError, match="--streets"):
        import_dk_access(paths, [])


@pytest.mark.raw
def test_the_real_file_is_placed_and_named_by_the_registers_street_files(open_data: Path) -> None:
    folder = open_data / "dk/dar10_sample"
    paths = sorted(folder.glob("NavngivenVej*.ndjson"))
    table, report = import_dk_access([folder / "Adgangsadresse.csv"], paths)
    assert report.read == 1_320
    assert report.kept + report.dropped["street code without a name in the street files"] == 1_320
    assert report.kept > 1_100
    names = read_streets(paths)
    with (folder / "Adgangsadresse.csv").open(encoding="utf-8") as source:
        rows = {row["id"]: row for row in csv.DictReader(source, delimiter=";")}
    for address in table.to_pylist():
        row = rows[address["id"]]
        assert address["street"] == names[row["kommunekode"].zfill(4), row["vejkode"].zfill(4)][0]
        assert address["lat"] == float(row["adgangspunkt_wgs84koordinat_bredde"])
