"""A made-up country of real size, to measure the index where the real register cannot be had.

Names are real ones of an index at hand and recombinations of their stems and endings; streets per
postcode, numbers per street and flats per house are skewed as they are in Denmark (112,000 streets,
about half of the names in use more than once, 2.6 million house numbers, 3.9 million addresses).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from service.address.index import AddressIndex
from service.address.rules import load_rules
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA

LETTERED_SHARE = 0.12  # of house numbers that carry a letter
FLATS_SHARE = 0.14  # of house numbers with several dwellings
POPULAR_NAMES = 3_000
POPULAR_SHARE = 0.5  # of streets whose name is a popular one
STREET_SPREAD = 0.9  # sigma of the log-normal numbers per street
POSTCODE_SPREAD = 0.8  # sigma of the log-normal streets per postcode
HOUSE_STEP_DEGREES = 0.00012  # about 13 m along a street
SOUTH_WEST = (54.8, 8.3)
NORTH_EAST = (57.5, 12.5)


@dataclass(frozen=True)
class CountrySize:
    """How large the made-up country is."""

    streets: int = 112_000
    postcodes: int = 1_100
    houses: int = 2_600_000
    names: int = 60_000


def synthetic_country(
    index: AddressIndex, size: CountrySize | None = None, seed: int = 1
) -> tuple[pa.Table, pa.Table]:
    """(staging records, postcodes) of a made-up country, from the names and post towns of an index."""
    size = size or CountrySize()
    rng = np.random.default_rng(seed)
    places = [post for post in index.posts if not post.bulk][: size.postcodes]
    names = _names(index, size.names, rng)
    street_post, street_name = _streets(len(places), len(names), size.streets, rng)
    per_street = _spread(rng.lognormal(0.0, STREET_SPREAD, len(street_post)), size.houses)
    street = np.repeat(np.arange(len(street_post)), per_street)
    within = np.arange(len(street)) - np.repeat(np.cumsum(per_street) - per_street, per_street)
    number, numbers = _numbers(street, within, rng)
    lat, lon = _points(street, within, street_post, len(places), rng)
    units, unit_sets = _units(len(street), rng)
    post = street_post[street]
    codes = pa.array([place.postcode for place in places])
    cities = pa.array([place.city for place in places])
    rows = len(street)
    columns = {
        "id": _uuids(rows, rng),
        "street": pa.array(names).take(pa.array(street_name[street])),
        "street_short": pa.nulls(rows, pa.string()),
        "number": pa.array(numbers).take(pa.array(number)),
        "postcode": codes.take(pa.array(post)),
        "city": cities.take(pa.array(post)),
        "supplementary": pa.nulls(rows, pa.string()),
        "municipality": pa.array([(p.municipalities or (None,))[0] for p in places], pa.string()).take(
            pa.array(post)
        ),
        "lat": pa.array(lat),
        "lon": pa.array(lon),
        "status": pa.array(["current"]).take(pa.array(np.zeros(rows, np.int8))),
        "replaced_by": pa.nulls(rows, pa.string()),
        "units": pa.array(unit_sets, pa.list_(pa.string())).take(pa.array(units)),
    }
    postcodes = pa.Table.from_pylist(
        [
            {
                "postcode": place.postcode,
                "city": place.city,
                "bulk": place.bulk,
                "municipalities": list(place.municipalities),
            }
            for place in index.posts
        ],
        schema=POSTCODES_SCHEMA,
    )
    return pa.table(columns, schema=STAGING_SCHEMA), postcodes


def _names(index: AddressIndex, wanted: int, rng: np.random.Generator) -> list[str]:
    """Real names first (they become the popular ones), then recombined stems and endings."""
    endings = load_rules(index.country).endings
    real = [index.name(row) for row in range(index.names)]
    real = [name for name in real if not any(c.isdigit() for c in name)]
    stems: set[str] = set()
    tails: set[str] = set()
    for name in real:
        ending = next((e for e in endings if name.lower().endswith(e) and len(name) > len(e) + 2), "")
        if ending:
            stems.add(name[: -len(ending)])
            tails.add(name[-len(ending) :].lower())
    ordered, closing = sorted(stems), sorted(tails)
    rng.shuffle(real)
    known = {name.casefold(): name for name in reversed(real)}
    joints = [*("" for _ in range(4)), "s", "e", "by", "mose", "bjerg", "lund", "holm", "gårds"]
    while len(known) < wanted:
        stem = ordered[rng.integers(len(ordered))] + joints[rng.integers(len(joints))]
        name = stem + closing[rng.integers(len(closing))]
        known.setdefault(name.casefold(), name)
    return list(known.values())[:wanted]


def _streets(
    places: int, names: int, wanted: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(postcode, name) of each street, no name twice in a postcode; about half of the names popular."""
    share = rng.lognormal(0.0, POSTCODE_SPREAD, places)
    share /= share.sum()
    popularity = 1.0 / np.arange(10, POPULAR_NAMES + 10) ** 0.7
    popularity /= popularity.sum()
    pairs = np.empty(0, np.int64)
    while len(pairs) < wanted:
        many = wanted - len(pairs) + 1_000
        post = rng.choice(places, many, p=share)
        name = np.where(
            rng.random(many) < POPULAR_SHARE,
            rng.choice(POPULAR_NAMES, many, p=popularity) % names,
            rng.integers(0, names, many),
        )
        pairs = np.unique(np.concatenate([pairs, post * names + name]))
    pairs = np.sort(rng.permutation(pairs)[:wanted])
    return pairs // names, pairs % names


def _spread(weights: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Whole numbers of at least 1 in proportion to weights that sum to a total."""
    parts: npt.NDArray[np.int64] = 1 + np.floor(weights / weights.sum() * (total - len(weights))).astype(
        np.int64
    )
    parts[: total - int(parts.sum())] += 1
    return parts


def _numbers(
    street: npt.NDArray[np.int64], within: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """(row of the dictionary, dictionary) of house numbers: 1, 3, 3A, 5 …; letters follow their number."""
    plain = (rng.random(len(street)) >= LETTERED_SHARE) | (within == 0)
    count = np.cumsum(plain)
    first = count[within == 0]
    number = np.minimum(count - np.repeat(first, np.bincount(street)) + 1, 999)
    last_plain = np.maximum.accumulate(np.where(plain, np.arange(len(street)), 0))
    letter = np.minimum(np.arange(len(street)) - last_plain, 20)
    texts = [f"{n}{'ABCDEFGHIJKLMNOPQRST'[k - 1] if k else ''}" for n in range(1_000) for k in range(21)]
    return number * 21 + letter, texts


def _points(
    street: npt.NDArray[np.int64],
    within: npt.NDArray[np.int64],
    street_post: npt.NDArray[np.int64],
    places: int,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    centre_lat = rng.uniform(SOUTH_WEST[0], NORTH_EAST[0], places)
    centre_lon = rng.uniform(SOUTH_WEST[1], NORTH_EAST[1], places)
    lat = (centre_lat[street_post] + rng.normal(0, 0.03, len(street_post)))[street]
    lon = (centre_lon[street_post] + rng.normal(0, 0.05, len(street_post)))[street]
    return lat + within * HOUSE_STEP_DEGREES, lon + within * HOUSE_STEP_DEGREES / 2


def _units(rows: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], list[list[str]]]:
    """(row of the dictionary, dictionary) of unit sets: a house alone, or stairs of 2-6 storeys."""
    doors = (["tv", "th"], ["tv", "mf", "th"], [""], ["1", "2", "3", "4"])
    sets = [["|"]]
    for storeys in range(2, 7):
        for on_floor in doors:
            floors = ["st", *(str(floor) for floor in range(1, storeys))]
            sets.append([f"{floor}|{door}" for floor in floors for door in on_floor])
    flats = rng.random(rows) < FLATS_SHARE
    return np.where(flats, rng.integers(1, len(sets), rows), 0), sets


def _uuids(rows: int, rng: np.random.Generator) -> pa.Array:
    text = rng.bytes(rows * 16).hex()
    return pa.array(
        [
            f"{text[at : at + 8]}-{text[at + 8 : at + 12]}-{text[at + 12 : at + 16]}-"
            f"{text[at + 16 : at + 20]}-{text[at + 20 : at + 32]}"
            for at in range(0, rows * 32, 32)
        ]
    )
