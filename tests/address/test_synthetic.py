"""The made-up country has the size that is asked for, and its index finds its addresses."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from service.address.index import AddressIndex
from service.address.layout import written_number
from service.address.matcher import Matcher
from service.model import AddressQuery
from service.refdata.addresses.writer import write_index
from tests.programs.bench.synthetic import CountrySize, synthetic_country

SIZE = CountrySize(streets=600, postcodes=18, houses=12_000, names=400)


@pytest.fixture(scope="module")
def made_up(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    folder = tmp_path_factory.mktemp("made_up")
    staging, postcodes = synthetic_country(AddressIndex.open(small_index), SIZE, seed=4)
    assert staging.num_rows == SIZE.houses
    written = write_index(
        staging,
        postcodes,
        folder,
        country="DK",
        source="synthetic",
        licence="none",
        attribution="made up",
        vintage="2026",
    )
    assert written.streets == SIZE.streets
    return Matcher.open(folder)


def test_clean_addresses_are_found(made_up: Matcher) -> None:
    index = made_up.index
    rng = random.Random(1)
    for _ in range(500):
        house = rng.randrange(index.houses)
        segment = index.segment_of_house(house)
        post = index.posts[index.seg_post[segment]]
        street, number = index.name(index.seg_name[segment]), written_number(index.house_code[house])
        match = made_up.match_address(
            AddressQuery("DK", text=f"{street} {number}, {post.postcode} {post.city}")
        )
        assert (match.street, match.house_number, match.postcode) == (street, number, post.postcode)


def test_same_seed_same_country(small_index: Path) -> None:
    index = AddressIndex.open(small_index)
    assert synthetic_country(index, SIZE, seed=4)[0].equals(synthetic_country(index, SIZE, seed=4)[0])
