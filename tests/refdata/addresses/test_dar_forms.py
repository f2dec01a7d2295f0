"""The download forms of Danmarks Adresseregister: three that say the same, and the real sample."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.dar import import_dar
from service.refdata.addresses.dk_access import import_dk_access
from service.refdata.addresses.staging import CountryAreas
from tests.refdata.addresses.register import NOW, house, names, point, text_of, unit, write_lines


def test_all_download_forms_give_the_same_table(tmp_path: Path) -> None:
    records = names() | {
        "Husnummer": [house("h1", "7"), house("h2", "9")],
        "Adressepunkt": [point("p-h1"), point("p-h2")],
        "Adresse": [unit("a1", "h1", "1", "tv")],
    }
    (tmp_path / "lines").mkdir()
    expected, _ = import_dar(write_lines(tmp_path / "lines", records), as_of=NOW)

    arrays = []
    for entity, rows in records.items():
        path = tmp_path / f"DAR_V1_{entity}_TotalDownload_json_Bitemporal_169.json"
        path.write_text(
            json.dumps([later_names(row) for row in rows], ensure_ascii=False, indent=2), encoding="utf-8"
        )
        arrays.append(path)
    assert import_dar(arrays, as_of=NOW)[0] == expected

    archive = tmp_path / "DAR_totaludtraek.zip"
    lists = {f"{entity}List": [later_names(row) for row in rows] for entity, rows in records.items()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("DAR.json", json.dumps(lists | {"NavngivenVejPostnummerList": [{"a": "b"}]}))
        packed.writestr("DAR_Metadata.json", "{}")
    assert import_dar([archive], as_of=NOW)[0] == expected


def later_names(row: dict[str, str | None]) -> dict[str, str | None]:
    """The field names of the later download: `id_lokalId`, `navngivenVej`, `doerbetegnelse`."""
    later = {
        "id": "id_lokalId",
        "registreringfra": "registreringFra",
        "registreringtil": "registreringTil",
        "virkningfra": "virkningFra",
        "virkningtil": "virkningTil",
        "navngivenvej_id": "navngivenVej",
        "postnummer_id": "postnummer",
        "supplerendebynavn_id": "supplerendeBynavn",
        "adgangspunkt_id": "adgangspunkt",
        "husnummer_id": "husnummer",
        "dørbetegnelse": "doerbetegnelse",
    }
    return {later.get(name, name): value for name, value in row.items()} | {"datafordelerRowVersion": "1"}


def test_an_empty_list_is_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "DAR.json"
    path.write_text('{\n"HusnummerList": [], "AdresseList": []}', encoding="utf-8")
    table, report = import_dar([path], as_of=NOW)
    assert (table.num_rows, report.read) == (0, 0)


@pytest.mark.raw
def test_the_real_sample_gives_every_house_number_and_its_place(open_data: Path) -> None:
    folder = open_data / "dk/dar10_sample"
    postcodes = AreaPolygons.from_geojson(open_data / "dk/dagi_2021/geo_postnumre.geojson")
    table, report = import_dar(sorted(folder.glob("*.ndjson")), CountryAreas(postcodes), as_of=NOW)
    rows = table.to_pylist()
    last = {}
    for line in (folder / "Husnummer_c0fc8df4.ndjson").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["registreringtil"] is None and record["virkningtil"] is None:
            last[record["id"]] = record
    current = {row["id"]: row for row in rows if row["status"] == "current"}
    assert set(current) == {own_id for own_id, record in last.items() if record["status"] == "3"}
    assert all(current[own_id]["number"] == last[own_id]["husnummertekst"] for own_id in current)
    assert sum(row["status"] == "historic" for row in rows) == 10
    historic = {text_of(row) for row in rows if row["status"] == "historic"}
    assert "Mosede Strandvej 73, 2670 Greve" in historic
    assert "Rantzausvej 1, 5200 Odense V" in historic
    assert sum(len(row["units"]) for row in current.values()) > 1_500

    # The older access-address file states the same points on its own: in both ids and degrees.
    access, _ = import_dk_access(
        [folder / "Adgangsadresse.csv"], sorted(folder.glob("NavngivenVej*.ndjson")), CountryAreas(postcodes)
    )
    both = [(current[row["id"]], row) for row in access.to_pylist() if row["id"] in current]
    assert len(both) > 1_000
    near = [
        abs(new["lat"] - old["lat"]) < 2e-4 and abs(new["lon"] - old["lon"]) < 4e-4
        for new, old in both
        if new["lat"] and old["lat"]
    ]
    assert sum(near) / len(near) > 0.97
    assert report.read == 12_007
