"""A small Denmark in the publishers' forms: four municipalities of four areas, made by the tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

from service.refdata.catalogue import DEFAULT_SOURCES, TableSpec, load_source

MUNICIPALITIES = {"0101": ("København", "1084"), "0330": ("Slagelse", "1085"), "0400": ("Bornholm", "1084"),
                  "0779": ("Skive", "1082")}  # fmt: skip
REGIONS = {"1082": "Region Midtjylland", "1084": "Region Hovedstaden", "1085": "Region Sjælland"}
EMPTY = "330012"  # all zero in every table, as the catalogue says
WITHOUT_POLYGON = "779021"
AREAS = [101001, 101002, 101003, 101004, 330001, 330003, 330004, int(EMPTY), 400001, 400002, 400003, 400004,
         779020, int(WITHOUT_POLYGON), 779022, 779023]  # fmt: skip
WEST, SOUTH, WIDTH, HEIGHT = 10.0, 55.2, 0.1, 0.05


def cell(column: int, row: int, wide: int = 1, high: int = 1) -> dict[str, object]:
    """A rectangle of the grid as GeoJSON."""
    x0, y0 = WEST + column * WIDTH, SOUTH + row * HEIGHT
    x1, y1 = x0 + wide * WIDTH, y0 + high * HEIGHT
    return {"type": "Polygon", "coordinates": [[[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]}


def write_geojson(path: Path, features: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    body = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": body}, ensure_ascii=False), "utf-8")


def write_csv(path: Path, header: list[str], rows: list[list[object]], separator: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def _labels(spec: TableSpec) -> list[str]:
    if spec.columns:
        return [spec.prefix + label for label in spec.columns.values()]
    if spec.name == "age_sex":
        groups = [f"{sex} {age} år" for sex in spec.labels["sex"] for age in spec.labels["age"]]
        tails = [f"{group}_{n:02}. Land {n}" for group in groups for n in range(1, 13)]
    elif spec.name == "education_age":
        tails = [f"{age} år_{edu}.Skole" for age in spec.labels["age"] for edu in spec.labels["edu"]]
    else:
        employed = [(s, i) for s in range(1, 7) for i in range(1, 11)]
        numbered = [*employed, (1, 11), (2, 11), *((s, 12) for s in range(7, 13))]
        tails = [f"{s:02}. Status_{i:02}. Branche {i}" for s, i in numbered]
        tails += ["01. Status_Branche 1", "08. Status_Uoplyst"]
    return [spec.prefix + tail for tail in tails]


def _weight(label: str, random: np.random.Generator) -> int:
    if "2 eller flere biler" in label:  # exchanged, as the publisher has it
        return 60
    if "med 1 bil" in label:
        return 20
    if "Antal_personer_01. Stuehuse" in label:  # detached houses hold the most people
        return 300
    if "formuesum" in label:
        return 90_000_000
    if "indkomstbruttosum" in label:
        return 250_000_000
    if "husstande i alt" in label:
        return 500
    return int(random.integers(1, 4) if "statsborgerskab" in label else random.integers(20, 120))


def _scaled(code: int, count: int) -> int:
    """Nobody in the empty area, few where there is no polygon."""
    return 0 if str(code) == EMPTY else max(count // 16, 1) if code in (779021, 779022, 779023) else count


def _write_statistics(folder: Path) -> None:
    source = load_source(DEFAULT_SOURCES / "dst-valgdatabase.toml")
    random = np.random.default_rng(7)
    files: dict[str, list[str]] = {}
    for spec in source.tables.values():
        if spec.name != "areas":
            files.setdefault(spec.file, []).extend(_labels(spec))
    income = next(file for file in files if file.startswith("Husstandsindkomster"))
    files[income].append(
        "Husstandsindkomster fordelt på afstemningsområder_50%-percentil for husstandsindkomst"
    )
    for file, labels in files.items():
        rows = [[code, *(_scaled(code, _weight(label, random)) for label in labels)] for code in AREAS]
        write_csv(folder / file, ["ValgstedId", *labels], rows)
    places = []
    for code in AREAS:
        town = f"{code // 1000:04}"
        name, region = MUNICIPALITIES[town]
        places.append([code, code // 1000, name, region, REGIONS[region]])
    write_csv(
        folder / "valgsteds.csv",
        ["ValgstedId", "KommuneKode", "KommuneNavn", "Regionskode", "RegionNavn"],
        places,
    )


def _write_polygons(raw: Path) -> None:
    """Each municipality is a column of four cells; postcodes and parishes are its two halves."""
    columns = dict(zip(MUNICIPALITIES, range(4), strict=True))
    drawn, earlier = [], []
    for code in AREAS:
        town = f"{code // 1000:04}"
        row = [c for c in AREAS if c // 1000 == code // 1000].index(code)
        number = code if str(code) not in (WITHOUT_POLYGON, "779022", "779023") else 779000 + row
        drawn.append(({"kms_stat_id": number, "navn": f"Sted {number}"}, cell(columns[town], row)))
        # In 2021 the areas of 0101 lay in the opposite order: the statistics follow that.
        old_row = 3 - row if town == "0101" else row
        earlier.append(({"kommunekode": town, "nummer": str(number % 1000), "navn": f"Sted {number}"},
                        cell(columns[town], old_row)))  # fmt: skip
    write_geojson(raw / "dk/polling_areas/valgsteds_2024.simplified.geojson", drawn)
    dagi = raw / "dk/dagi_2021"
    write_geojson(dagi / "geo_afstemningsomraader.geojson", earlier)
    towns = [({"kode": c, "navn": MUNICIPALITIES[c][0]}, cell(x, 0, high=4)) for c, x in columns.items()]
    write_geojson(dagi / "geo_kommuner.geojson", towns)
    halves = [({"nr": f"{1000 * (x + 1) + 100 * y}", "navn": f"By {x}{y}"}, cell(x, 2 * y, high=2))
              for x in range(4) for y in range(2)]  # fmt: skip
    write_geojson(dagi / "geo_postnumre.geojson", halves)
    parishes = [({"kode": f"{7000 + 10 * x + y}", "navn": f"Sogn {x}{y}", "avg_age": 40.0 + y},
                 cell(x, y, high=2)) for x in range(4) for y in (0, 2)]  # fmt: skip
    write_geojson(dagi / "geo_sogne.geojson", parishes)
    spans = {"1084": (0, 1), "1085": (1, 1), "1082": (3, 1)}
    regions = [({"kode": c, "navn": n}, cell(spans[c][0], 0, spans[c][1], 4)) for c, n in REGIONS.items()]
    write_geojson(dagi / "geo_regioner.geojson", regions)


def _write_postcodes(raw: Path) -> None:
    folder = raw / "dk/postcodes"
    codes = [f"{1000 * (x + 1) + 100 * y}" for x in range(4) for y in range(2)]
    rows: list[list[object]] = [["800", "By 00", " true"], *([c, f"By {c[0]}", "false"] for c in codes)]
    write_csv(folder / "postnumre_2021.csv", ["postnr", "navn", "stormodtager"], rows, ";")
    lists = [[int(c), "By", [] if c[0] == "4" else [int(list(MUNICIPALITIES)[int(c[0]) - 1])]] for c in codes]
    (folder / "postcode_municipalities_2017.json").write_text(json.dumps(lists), "utf-8")
    write_csv(
        folder / "geonames_postcodes.csv", ["zipcode", "place", "province_code"], [["800", "By 00", "101"]]
    )


def _write_prices(raw: Path) -> None:
    folder = raw / "dk/housing_income"
    folder.mkdir(parents=True)
    quarters = ["2022 Q4", "2023 Q1", "2023 Q4", "2024 Q2"]
    prices = pd.DataFrame({
        "PostCode": [1000.0] * 4 + [2000.0] * 4, "YearQuarter": quarters * 2,
        "AvgPricePerSquareMeter": [10.0, 40000.0, 50000.0, 60000.0, 9.0, 20000.0, None, None],
    })  # fmt: skip
    prices.to_parquet(folder / "OwnFlatPrices.parquet")
    names = [name for name, _ in MUNICIPALITIES.values()]
    income = pd.DataFrame({
        "Gender": ["Total"] * 8, "Municipality": names * 2, "Year": [2022.0] * 4 + [2023.0] * 4,
        "AvgDisposableIncome": [1.0] * 4 + [280000.0, 250000.0, 236000.0, 240000.0],
    })  # fmt: skip
    income.to_parquet(folder / "PersonalIncomeAfterTax.parquet")


def _write_addresses(raw: Path) -> None:
    header = ["osm_id", "lat", "lon", "street", "housenumber", "postcode", "city"]
    rows: list[list[object]] = [
        [n, f"{SOUTH + 0.02 + 0.0001 * n:.6f}", f"{WEST + 2.05:.6f}"[:9], "Storegade", n, "3000", "By 3"]
        for n in range(1, 20)
    ]
    rows = [[r[0], r[1], "10.25", *r[3:]] for r in rows]
    folder = raw / "dk/addresses_osm"
    write_csv(folder / "bornholm_addresses_osm.csv", header, rows)
    again = [
        ["101", *rows[0][1:], "", "", "x.osm"],
        ["102", "55.21", "10.05", "Ågade", "7B", "", "", "", "", "x.osm"],
    ]
    write_csv(
        folder / "addresses_osm_extracts.csv", [*header, "municipality_no", "osak_id", "source_file"], again
    )


def make_raw(raw: Path) -> Path:
    """Writes the whole folder; about 1 MB."""
    _write_statistics(raw / "dk/polling_areas")
    _write_polygons(raw)
    _write_postcodes(raw)
    _write_prices(raw)
    _write_addresses(raw)
    return raw
