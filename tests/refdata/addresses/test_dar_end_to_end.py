"""Register to match: the real DAR sample imported, indexed and asked for by the register's own texts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from service.address.matcher import Matcher
from service.model import AddressMatch, AddressQuery, MatchCategory
from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.importing import Surroundings, import_addresses, origin_of
from service.refdata.addresses.staging import CountryAreas

pytestmark = pytest.mark.raw


@pytest.fixture(scope="module")
def matcher(open_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    postcodes = AreaPolygons.from_geojson(open_data / "dk/dagi_2021/geo_postnumre.geojson")
    folder = tmp_path_factory.mktemp("index")
    import_addresses(
        "dar",
        sorted((open_data / "dk/dar10_sample").glob("*.ndjson")),
        folder,
        "DK",
        origin_of("dar", "2019-02"),
        Surroundings(CountryAreas(postcodes, towns=postcodes.names)),
    )
    return Matcher.open(folder)


def versions(open_data: Path, name: str) -> list[dict[str, str | None]]:
    lines = (open_data / "dk/dar10_sample" / name).read_text(encoding="utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["registreringtil"] is None]


def ask(matcher: Matcher, text: str | None) -> AddressMatch:
    return matcher.match_address(AddressQuery("DK", text or ""))


def test_the_registers_present_texts_are_category_a_at_their_own_house(
    open_data: Path, matcher: Matcher
) -> None:
    houses = {record["id"] for record in versions(open_data, "Husnummer_c0fc8df4.ndjson")}
    present = [
        record
        for record in versions(open_data, "Adresse.ndjson")
        if record["status"] == "3" and record["virkningtil"] is None and record["husnummer_id"] in houses
    ]
    assert len(present) > 2_700
    matches = [(record, ask(matcher, record["adressebetegnelse"])) for record in present]
    right = [match for record, match in matches if match.address_id == record["husnummer_id"]]
    # Of the rest, the register names another house for three of the sample's unit addresses than their text.
    assert len(right) / len(matches) > 0.998
    with_floor = [
        match for record, match in matches if record["etagebetegnelse"] or not record["dørbetegnelse"]
    ]
    category_a = sum(match.category is MatchCategory.A for match in with_floor)
    assert category_a / len(with_floor) > 0.99
    assert not [
        match
        for record, match in matches
        if match.category is MatchCategory.B and match.address_id != record["husnummer_id"]
    ]


def test_an_earlier_text_leads_to_its_house_and_says_so(matcher: Matcher) -> None:
    seen: Counter[str] = Counter()
    for text, house, number in (
        ("Mosede Strandvej 73, 2670 Greve", "Skovvej", "6"),
        ("Rantzausvej 1, 5200 Odense V", "Cirkuspladsen", "1"),
        ("Ridehusgade 48, 5000 Odense C", "Rytterkasernen", "19"),
        ("Middelfartvej 304, 5491 Blommenslyst", "Middelfartvej", "302"),
    ):
        match = ask(matcher, text)
        assert (match.status, match.street, match.house_number) == ("historic", house, number), text
        assert match.changes, text
        seen[match.reason or ""] += 1
    assert seen == {"renamed": 4}
    gone = ask(matcher, "Rugårdsvej 2, 5210 Odense NV")
    assert (gone.status, gone.category) == ("abolished", MatchCategory.C)
