"""The chain over real HTTP: slow, broken, trickling and lying services, and what the caller still gets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.address.index import AddressIndex
from service.address.matcher import Matcher
from service.address.online.chain import OnlineGeocoders, well_known_postcodes
from service.address.online.settings import load_settings
from service.model import AddressQuery, MatchCategory, MatchLevel
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, stage_addresses
from service.refdata.addresses.writer import write_index

TYPED = "Skriverengen 60, 2791 Dragør"
QUERY = AddressQuery("DK", TYPED)
HOUSE = {"street": "Skriverengen", "housenumber": "60", "postcode": "2791", "city": "Dragør"}
POINT = (55.59486, 12.63217)


def feature(point: tuple[float, float] = POINT, **parts: str) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [point[1], point[0]]}
    return {"features": [{"type": "Feature", "geometry": geometry, "properties": {**HOUSE, **parts}}]}


def in_dragoer(country: str, postcode: str, lat: float, lon: float) -> bool | None:
    if postcode != "2791":
        return None
    return 55.55 < lat < 55.65 and 12.55 < lon < 12.75


_MADE: list[OnlineGeocoders] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def chain(tmp_path: Path, *domains: str, head: str = "") -> OnlineGeocoders:
    blocks = [
        '[[geocoder]]\nname = "photon"\ncountries = ["DK"]\n'
        f'[geocoder.settings]\ndomain = "{domain}"\nscheme = "http"\n'
        for domain in domains
    ]
    path = tmp_path / "online.toml"
    path.write_text(head + "\n" + "\n".join(blocks), encoding="utf-8")
    _MADE.append(OnlineGeocoders.load(path, in_dragoer))
    return _MADE[-1]


def test_an_honest_service_gives_the_house_with_our_categories(tmp_path: Path, server: Any) -> None:
    server.always(feature())
    match = chain(tmp_path, server.domain).match_address(QUERY, 2_000)
    assert match is not None
    assert (match.category, match.level) == (MatchCategory.A, MatchLevel.HOUSE)
    assert (match.street, match.house_number, match.postcode, match.lat) == (
        "Skriverengen",
        "60",
        "2791",
        55.59486,
    )
    assert match.source == "online: photon"
    assert server.requests[0][1]["q"] == TYPED


def test_parts_of_a_form_are_asked_as_text_and_judged_alike(tmp_path: Path, server: Any) -> None:
    server.always(feature())
    form = AddressQuery("DK", street="Skriverengen", house_number="60", postcode="2791", city="Dragør")
    match = chain(tmp_path, server.domain).match_address(form, 2_000)
    assert match is not None
    assert match.category is MatchCategory.A
    assert server.requests[0][1]["q"] == "Skriverengen 60, 2791 Dragør"


def test_a_corrected_street_is_never_better_than_c(tmp_path: Path, server: Any) -> None:
    server.always(feature())
    match = chain(tmp_path, server.domain).match_address(
        AddressQuery("DK", "Skriverngen 60, 2791 Dragør"), 2_000
    )
    assert match is not None
    assert match.category is MatchCategory.C
    assert match.changes == ("street: 'Skriverngen' -> 'Skriverengen'",)


@pytest.mark.parametrize(
    "lie",
    [
        feature(housenumber="62"),
        feature(street="Kirkevej"),
        feature(postcode="2770"),
        feature(postcode="2770", city="Kastrup"),
        feature(point=(56.15, 10.20)),  # the right text, a place in Aarhus
        feature(point=(0.0, 0.0)),
        feature(postcode="8000", point=(48.85, 2.35)),  # a postcode we have no polygon of, in Paris
        feature(housenumber=""),
        feature(housenumber="sixty"),
    ],
)
def test_a_lying_service_has_answered_nothing(tmp_path: Path, server: Any, lie: Any) -> None:
    server.always(lie)
    online = chain(tmp_path, server.domain)
    assert online.match_address(QUERY, 2_000) is None
    assert online.outcomes["photon", "contradicts"] == 1


def test_an_echo_is_not_believed_where_our_own_index_knows_the_houses(tmp_path: Path, server: Any) -> None:
    server.always(feature(street="Opdigtetvej"))
    query = AddressQuery("DK", "Opdigtetvej 60, 2791 Dragør")
    believing = chain(tmp_path, server.domain).match_address(query, 2_000)
    assert believing is not None
    assert believing.category is MatchCategory.A
    settings = load_settings(tmp_path / "online.toml")
    knowing = OnlineGeocoders(
        settings, in_dragoer, knows_postcode=lambda country, postcode: postcode == "2791"
    )
    _MADE.append(knowing)
    doubting = knowing.match_address(query, 2_000)
    assert doubting is not None
    assert (doubting.category, doubting.reason) == (MatchCategory.C, "own_index_disagrees")


def test_a_postcode_is_known_by_its_houses(tmp_path: Path) -> None:
    rows = [AddressRow(f"a{at}", "Torvet", str(at + 1), "3700", "Rønne") for at in range(25)]
    rows += [AddressRow("b", "Gaden", "1", "2200", "København N")]
    written = write_index(
        stage_addresses(rows, ImportReport("test")),
        POSTCODES_SCHEMA.empty_table(),
        tmp_path,
        country="DK",
        source="-",
        licence="-",
        attribution="-",
        vintage="-",
    )
    assert well_known_postcodes(AddressIndex.open(written.path)) == {"3700"}


def test_the_next_service_is_asked_when_one_lies_or_breaks(tmp_path: Path, server: Any) -> None:
    answers = iter([server.say(feature(street="Kirkevej")), server.say(status=500), server.say(feature())])
    server.answer = lambda path, query: next(answers)
    match = chain(tmp_path, *[server.domain] * 3).match_address(QUERY, 2_000)
    assert match is not None
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "how",
    [
        {"wait_s": 5.0},
        {"trickle_s": 0.2},
        {"status": 500},
        {"status": 429},
        {"body": b"<html>"},
        {"body": [1]},
        {"body": {"features": [{}]}},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    ],
)
def test_a_slow_or_broken_service_costs_the_deadline_at_most(
    tmp_path: Path, server: Any, how: dict[str, Any]
) -> None:
    server.always(how.pop("body", feature()), **how)
    online = chain(tmp_path, server.domain)
    begun = time.monotonic()
    assert online.match_address(QUERY, 300) is None
    assert time.monotonic() - begun < 1.5
    assert online.outcomes["photon", "failed"] == 1


def test_the_configured_deadline_covers_all_services_together(tmp_path: Path, server: Any) -> None:
    server.always(feature(), wait_s=0.3)
    online = chain(tmp_path, *[server.domain] * 6, head="deadline_ms = 400")
    begun = time.monotonic()
    assert online.match_address(replace(QUERY, text="Kirkevej 1, 2791 Dragør"), 10_000) is None
    assert time.monotonic() - begun < 1.4
    assert 1 <= len(server.requests) <= 2


def test_a_failing_service_rests_and_is_tried_again(tmp_path: Path, server: Any) -> None:
    server.always(status=503)
    online = chain(tmp_path, server.domain, head="failures = 3\npause_seconds = 1")
    for number in range(10):
        online.match_address(AddressQuery("DK", f"Skriverengen {number}, 2791 Dragør"), 2_000)
    assert len(server.requests) == 3
    assert online.is_resting("photon")
    assert online.outcomes["photon", "resting"] == 7
    server.always(feature())
    time.sleep(1.05)
    assert online.match_address(QUERY, 2_000) is not None
    assert not online.is_resting("photon")


def test_an_answer_is_remembered_and_a_failure_is_not(tmp_path: Path, server: Any) -> None:
    online = chain(tmp_path, server.domain)
    server.always(status=500)
    assert online.match_address(QUERY, 2_000) is None
    server.always(feature())
    first = online.match_address(QUERY, 2_000)
    assert first is not None
    assert online.match_address(QUERY, 2_000) is first
    assert len(server.requests) == 2
    server.always({"features": []})
    other = AddressQuery("DK", "Findesikke 1, 2791 Dragør")
    assert online.match_address(other, 2_000) is None
    assert online.match_address(other, 2_000) is None
    assert len(server.requests) == 3


def test_a_country_without_a_service_asks_nobody(tmp_path: Path, server: Any) -> None:
    online = chain(tmp_path, server.domain)
    assert online.match_address(AddressQuery("NO", "Myrvollveien 5C, 1415 Oppegård"), 2_000) is None
    assert server.requests == []


def test_more_calls_than_places_go_without_instead_of_queueing(tmp_path: Path, server: Any) -> None:
    server.always({"features": []}, wait_s=0.6)
    online = chain(tmp_path, server.domain, head="failures = 100")
    queries = [AddressQuery("DK", f"Vej {number}, 2791 Dragør") for number in range(20)]
    begun = time.monotonic()
    threads = [threading.Thread(target=online.match_address, args=(query, 900)) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun < 2.5
    assert online.outcomes["photon", "nothing"] == 8
    assert online.outcomes["photon", "failed"] == 12


def test_no_address_reaches_a_log(tmp_path: Path, server: Any, caplog: pytest.LogCaptureFixture) -> None:
    online = chain(tmp_path, server.domain)
    with caplog.at_level(logging.DEBUG):
        for answer in (
            {"status": 500, "body": {"error": TYPED}},
            {"body": b"Skriverengen"},
            {"body": feature()},
        ):
            server.always(**answer)
            online.match_address(AddressQuery("DK", TYPED + " "), 2_000)
            online.match_address(QUERY, 2_000)
    assert "failed" in caplog.text
    assert "kriverengen" not in caplog.text


def test_only_a_coarse_answer_of_our_own_asks_anybody(matcher: Matcher) -> None:
    ask = matcher.match_address
    assert ask(AddressQuery("DK", "Opdigtetvej 5, 3700 Rønne")).is_coarse
    assert ask(AddressQuery("DK", "???")).is_coarse
    assert not ask(AddressQuery("DK", "Store Torv 3, 3700 Rønne")).is_coarse
    assert not ask(AddressQuery("DK", "Store Torv 99, 3700 Rønne")).is_coarse
