"""Golden rows with every part of the answer: coordinates apart, nothing of it may change unnoticed."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from service.address.matcher import Matcher
from service.model import AddressMatch, AddressQuery

GOLDEN = Path(__file__).parent.parent / "golden" / "addresses_whole.csv"
# Records that are hard to tell apart, for the rows of the country "twins".
TWINS = [
    ("a1", "Skovvej", "1", "3700", {"supplementary": "Nylars", "lat": 55.10, "lon": 14.8}),
    ("b1", "Skovvej", "1", "3700", {"supplementary": "Klemensker", "lat": 55.20, "lon": 14.8}),
    ("b2", "Skovvej", "2", "3700", {"supplementary": "Klemensker", "lat": 55.20, "lon": 14.8}),
    # two records of one place: 0.0029 of a degree apart, a degree of longitude counting half; and 0.0031
    ("n1", "Nærvej", "1", "3700", {"lat": 55.3000, "lon": 14.8000}),
    ("n1x", "Nær Vej", "1", "3700", {"lat": 55.3019, "lon": 14.8020}),
    ("f1", "Fjernvej", "1", "3700", {"lat": 55.3000, "lon": 14.8000}),
    ("f1x", "Fjern Vej", "1", "3700", {"lat": 55.3021, "lon": 14.8020}),
    ("g1", "Gentvej", "1", "3700", {"lat": 55.1}),  # one id, whatever the place
    ("g1", "Gent Vej", "1", "3700", {"lat": 55.9}),
    ("p1", "Pladsvej", "1", "3700", {"lat": None, "lon": None}),
    ("p1x", "Plads Vej", "1", "3700", {"lat": None, "lon": None}),
    ("bi5", "Birkegade", "5", "3700", {}),  # a letter from a street elsewhere
    ("bi9", "Birkagade", "9", "8000", {}),
    ("u1", "Ulvevej", "5", "3700", {}),
    ("o1", "Olvevej", "5", "3700", {}),
    ("i1", "Ilvevej", "6", "3700", {}),
    ("s1", "Skolevej", "2", "8260", {}),
    ("s2", "Skolevej", "2", "8270", {}),
    ("s3", "Skolevej", "2", "4000", {}),
    ("m1", "Møllevej", "2", "8260", {}),
    ("m2", "Møllevej", "2", "8270", {}),
    ("k1", "Kirkegade", "1", "2100", {}),
    ("k2", "Kirkegade", "1", "2200", {}),
    ("k3", "Kirkegade", "3", "2400", {}),
    ("h7", "Havnegade", "7", "7600", {"status": "preliminary", "lat": 55.1}),
    ("h7b", "Havnegade", "7", "7600", {"lat": 55.9}),
    ("h9", "Havnegade", "9", "7600", {"status": "abolished"}),
    ("h9a", "Havnegade", "9A", "7600", {}),
    ("h9b", "Havnegade", "9B", "7600", {"status": "abolished"}),
    ("h9d", "Havnegade", "9D", "7600", {"status": "preliminary"}),
    ("h11", "Havnegade", "11", "7600", {"status": "abolished"}),
    *((f"e{n}", "Engvej", str(n), post, {}) for n, post in enumerate(["2100", "2200", "2400", "2630"], 1)),
    *((f"q{n}", "Bakkevej", "1", post, {}) for n, post in enumerate(["2100", "2200", "2400", "2605"], 1)),
    *((f"l{n}", "Langgade", f"1{'ABCDEFG'[n]}", "4000", {}) for n in range(7)),
]


def golden_rows() -> list[dict[str, str]]:
    lines = [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


def told(match: AddressMatch, column: str) -> str:
    value = getattr(match, column)
    if column == "points":
        return str(len(value) or "")
    if isinstance(value, tuple):
        return " | ".join(value)
    return "" if value is None else str(value)


@pytest.fixture(scope="module")
def countries(
    matcher: Matcher, country: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Matcher]:
    folder = tmp_path_factory.mktemp("twins")
    country.write(folder, country.staging_table(TWINS))
    return {"small": matcher, "twins": Matcher.open(folder)}


@pytest.mark.parametrize("row", golden_rows(), ids=lambda row: row["query"])
def test_golden_row(countries: dict[str, Matcher], row: dict[str, str]) -> None:
    query = AddressQuery("DK", text=row["query"].replace("\\n", "\n"))
    match = countries[row["country"]].match_address(query)
    wanted = {column: value for column, value in row.items() if column not in ("country", "query")}
    assert {column: told(match, column) for column in wanted} == wanted
    assert (match.country, match.source, match.pattern) == ("DK", "test-addresses 2026-01", None)
    single = [(match.lat, match.lon)] if match.lat is not None else []
    assert list(match.points) == single or match.house_number is None
