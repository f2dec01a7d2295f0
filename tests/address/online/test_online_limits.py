"""The limits of the chain and its parts, each met from its own number on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from geopy.location import Location

from service.address.online import settings as settings_file
from service.address.online.breaker import CircuitBreaker
from service.address.online.chain import OnlineGeocoders
from service.address.online.memory import UNKNOWN, AnswerMemory
from service.address.online.settings import NamedGeocoder, OnlineSettings, load_settings
from service.errors import ConfigError
from service.model import AddressQuery, MatchCategory

GEOCODER = '[[geocoder]]\nname = "kartverket"\ncountries = ["NO"]\n'


def load(folder: Path, text: str) -> OnlineSettings:
    (folder / "online.toml").write_text(text, encoding="utf-8")
    return load_settings(folder / "online.toml", {})


def test_a_file_that_sets_nothing_has_what_the_head_of_the_settings_says(tmp_path: Path) -> None:
    said = dict(re.findall(r"^(\w+) = (\d+)", settings_file.__doc__ or "", re.MULTILINE))
    found = load(tmp_path, GEOCODER)
    assert len(said) == 5
    assert {name: str(getattr(found, name)) for name in said} == said


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("deadline_ms", 50, 10_000), ("cache_entries", 0, 1_000_000), ("cache_seconds", 0, 86_400),
        ("failures", 1, 1_000), ("pause_seconds", 1, 86_400),
    ],
)  # fmt: skip
def test_each_number_has_bounds_that_it_may_reach(tmp_path: Path, name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(load(tmp_path, f"{name} = {value}\n{GEOCODER}"), name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(ConfigError, match=f"{name} is {value}; .* from {low} to {high}"):
            load(tmp_path, f"{name} = {value}\n{GEOCODER}")
    with pytest.raises(ConfigError, match="whole number"):
        load(tmp_path, f"{name} = 60.5\n{GEOCODER}")


@pytest.mark.parametrize("countries", ['["NOR"]', '["no"]', "[]", "[1]", '["NO", "n"]'])
def test_countries_are_codes_of_two_capitals(tmp_path: Path, countries: str) -> None:
    with pytest.raises(ConfigError, match="countries must be a list"):
        load(tmp_path, GEOCODER.replace('["NO"]', countries))


def test_faults_name_the_geocoder_by_its_place_from_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"geocoder 2 \(shoe\)"):
        load(tmp_path, GEOCODER + GEOCODER.replace("kartverket", "shoe"))


def test_the_circuit_opens_at_its_last_failure_and_tries_when_the_pause_is_over() -> None:
    now = 100.0
    breaker = CircuitBreaker(failures=3, pause_s=10, clock=lambda: now)
    for _ in range(2):
        breaker.record_failure()
    assert (breaker.is_open, breaker.allows_call()) == (False, True)
    breaker.record_failure()
    assert (breaker.is_open, breaker.allows_call()) == (True, False)
    now = 109.9
    assert not breaker.allows_call()
    now = 110.0
    assert breaker.allows_call()
    assert breaker.is_open  # also while one is trying
    breaker.record_success()
    for _ in range(2):
        breaker.record_failure()
    assert breaker.allows_call()
    breaker.record_failure()
    assert not breaker.allows_call()


def test_an_answer_is_remembered_to_its_last_second_and_the_last_used_stays() -> None:
    now = 0.0
    memory = AnswerMemory(entries=2, seconds=10, clock=lambda: now)
    one, two, three = (AddressQuery("DK", f"Vej {number}") for number in range(3))
    memory.remember(one, None)
    now = 9.9
    assert memory.recall(one) is None
    now = 10.0
    assert memory.recall(one) is UNKNOWN
    memory.remember(one, None)
    memory.remember(two, None)
    memory.remember(one, None)  # again: now it is `two` that was unused for longest
    memory.remember(three, None)
    assert [memory.recall(query) for query in (one, two, three)] == [None, UNKNOWN, None]


def test_every_part_of_a_query_makes_it_another() -> None:
    memory = AnswerMemory(entries=20, seconds=10, clock=lambda: 0.0)
    queries = [AddressQuery("DK"), AddressQuery("NO")] + [
        AddressQuery("DK", **{part: "1"})
        for part in ("text", "street", "house_number", "floor", "door", "postcode", "city")
    ]
    for query in queries:
        assert memory.recall(query) is UNKNOWN
        memory.remember(query, None)
    assert len(memory) == len(queries)


class Fixed:
    """A geocoder that answers one place, and keeps what it was asked."""

    def __init__(self, place: Location | Exception | None) -> None:
        self.place, self.asked = place, []

    def geocode(self, text: str, **asked: Any) -> Location | None:
        self.asked.append((text, asked))
        if isinstance(self.place, Exception):
            raise self.place
        return self.place


def chain(geocoder: Fixed, *, country: str = "DK", inside: bool | None = None) -> OnlineGeocoders:
    named = NamedGeocoder("fixed", geocoder, frozenset({country}), {"limit": 3})  # type: ignore[arg-type]
    return OnlineGeocoders(OnlineSettings((named,), 800, 0, 0, 5, 30), lambda *_: inside)


def torvet(lat: float, lon: float) -> Location:
    return Location("Torvet 3, 3700 Rønne", (lat, lon), {})


@pytest.mark.parametrize(
    ("country", "south", "west", "north", "east"),
    [
        ("DK", 54.4, 7.9, 57.9, 15.3), ("FI", 59.4, 19.0, 70.2, 31.7), ("NO", 57.7, 4.0, 71.4, 31.3),
        ("SE", 55.1, 10.5, 69.2, 24.3),
    ],
)  # fmt: skip
def test_a_point_of_an_undrawn_postcode_must_lie_in_its_country(
    country: str, south: float, west: float, north: float, east: float
) -> None:
    """The outermost points of each country and a tenth of a degree beyond."""
    text = "Torvet 3, 37000 Rønne" if country in ("FI", "SE") else "Torvet 3, 3700 Rønne"
    query = AddressQuery(country, text)
    middle_lat, middle_lon = (south + north) / 2, (west + east) / 2
    inside = [(south, middle_lon), (north, middle_lon), (middle_lat, west), (middle_lat, east)]
    beyond = [(-0.1, 0.0), (0.1, 0.0), (0.0, -0.1), (0.0, 0.1)]
    outside = [(lat + up, lon + right) for (lat, lon), (up, right) in zip(inside, beyond, strict=True)]
    for points, found in ((inside, True), (outside, False)):
        for point in points:
            online = chain(Fixed(Location(text, point, {})), country=country)
            assert (online.match_address(query, 500) is not None) is found, point
            online.close()


def test_where_a_polygon_is_known_it_alone_decides() -> None:
    query = AddressQuery("DK", "Torvet 3, 3700 Rønne")
    for inside in (True, False):
        online = chain(Fixed(torvet(0.0, 0.0)), inside=inside)
        match = online.match_address(query, 500)
        assert (match and match.category) == (MatchCategory.A if inside else None)
        online.close()


def test_what_is_remembered_is_counted_as_such() -> None:
    for place, outcome in ((torvet(55.1, 14.7), "found"), (None, "nothing")):
        named = NamedGeocoder("fixed", Fixed(place), frozenset({"DK"}), {})  # type: ignore[arg-type]
        online = OnlineGeocoders(OnlineSettings((named,), 800, 9, 600, 5, 30), lambda *_: None)
        for _ in range(3):
            online.match_address(AddressQuery("DK", "Torvet 3, 3700 Rønne"), 500)
        assert dict(online.outcomes) == {("fixed", outcome): 1, ("memory", outcome): 2}
        online.close()


def test_three_hundred_characters_are_sent_at_most_and_lines_as_one() -> None:
    geocoder = Fixed(None)
    online = chain(geocoder)
    online.match_address(AddressQuery("DK", "Torvet 3\n3700 " + "x" * 400), 500)
    text, asked = geocoder.asked[0]
    assert (len(text), text[:14]) == (300, "Torvet 3, 3700")
    assert asked["exactly_one"] is True
    assert asked["limit"] == 3
    assert 0 < asked["timeout"] <= 0.5
    assert online.match_address(AddressQuery("DK", "Torvet 3"), 0) is None
    assert len(geocoder.asked) == 1  # no time left, so nobody was asked
    online.close()


def test_what_became_of_each_call_is_counted() -> None:
    query = AddressQuery("DK", "Torvet 3, 3700 Rønne")
    for place, outcome in (
        (torvet(55.1, 14.7), "found"),
        (None, "nothing"),
        (Location("Gaden 5, 3700 Rønne", (55.1, 14.7), {}), "contradicts"),
        (ValueError("any"), "failed"),
    ):
        online = chain(Fixed(place))
        online.match_address(query, 500)
        assert dict(online.outcomes) == {("fixed", outcome): 1}
        online.close()


def test_a_service_rests_only_when_all_of_its_name_do() -> None:
    geocoder = Fixed(ValueError("any"))
    online = chain(geocoder)
    assert not online.is_resting("nobody")
    for number in range(5):
        assert not online.is_resting("fixed")
        online.match_address(AddressQuery("DK", f"Torvet {number}"), 500)
    assert online.is_resting("fixed")
    online.close()
