"""Every look-up of the index against the records that it was written from, and the codes it is kept in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from service.address import layout
from service.address.index import AddressIndex
from service.address.lines import address_line, segment_municipality, street_line, street_points
from service.address.rules import load_rules
from service.address.text import fold_key

DK = load_rules("DK")


@pytest.fixture(scope="module")
def index(small_index: Path) -> AddressIndex:
    return AddressIndex.open(small_index)


def house_of(index: AddressIndex, identity: str, number: str | None = None) -> int:
    return next(
        house
        for house in range(index.houses)
        if index.house_id(house) == identity
        and number in (None, layout.written_number(index.house_code[house]))
    )


def segment_of(index: AddressIndex, street: str, postcode: str) -> int:
    return next(
        segment
        for segment in range(index.streets)
        if index.name(index.seg_name[segment]) == street
        and index.posts[index.seg_post[segment]].postcode == postcode
    )


def test_a_folder_or_its_file_may_be_opened(small_index: Path) -> None:
    folder, file = AddressIndex.open(small_index), AddressIndex.open(small_index / layout.FILE_NAME)
    assert (folder.houses, folder.streets, folder.names) == (file.houses, file.streets, file.names)


def test_every_key_is_found_by_itself_and_by_its_beginning(index: AddressIndex) -> None:
    rows = range(len(index.key_name))
    keys = [index.key(row) for row in rows]
    assert keys == sorted(keys)
    for row in rows:
        assert row in index.key_rows(keys[row])
        assert index.key_rows(keys[row]) == [other for other in rows if keys[other] == keys[row]]
        for size in (1, 4, len(keys[row])):
            low, high = index.prefix_rows(keys[row][:size])
            assert list(range(low, high)) == [n for n in rows if keys[n].startswith(keys[row][:size])]
    assert index.key_rows("nosuchstreet") == []
    assert index.prefix_rows("zz")[0] == index.prefix_rows("zz")[1] == len(keys)
    assert index.prefix_rows("0") == (0, 0)


def test_keys_of_a_name_are_its_own_its_shorter_and_those_written_in_full(index: AddressIndex) -> None:
    of_boulevard = {
        index.key(row): index.key_kind[row]
        for row in range(len(index.key_name))
        if index.name(index.key_name[row]) == "H.C. Andersens Boulevard"
    }
    assert of_boulevard["hcandersensboulevard"] == 0
    assert of_boulevard["hcandersensblvd"] == 1


def test_later_words_are_found_by_their_beginning(index: AddressIndex) -> None:
    def names(rows: list[int]) -> set[str]:
        return {index.name(index.key_name[row]) for row in rows}

    assert names(index.inner_rows("mort", 99)) == {"Sankt Mortens Gade"}
    assert names(index.inner_rows("kongev", 99)) == {"Gammel Kongevej"}
    assert len(index.inner_rows("", 3)) == 3
    assert index.inner_rows("sankt", 99) == []  # its first word
    assert names(index.word_rows("sankt").tolist()) == {"Sankt Mortens Gade"}
    assert {"Rådhuspladsen", "Rådhus Allé"} == names(index.word_rows("radhus").tolist())
    gades = names(index.word_rows("ga").tolist())
    assert gades == {"Sankt Mortens Gade", "Gammel Kongevej"}


def test_streets_are_found_by_name_and_by_postcode(index: AddressIndex) -> None:
    for segment in range(index.streets):
        name, post = index.seg_name[segment], index.seg_post[segment]
        everywhere = index.segments_of(name)
        assert everywhere == [s for s in range(index.streets) if index.seg_name[s] == name]
        assert list(index.segments_in(post, name)) == [s for s in everywhere if index.seg_post[s] == post]
    vestergade = index.seg_name[segment_of(index, "Vestergade", "4000")]
    assert len(index.segments_of(vestergade)) == 2
    assert list(index.segments_in(index.post_row["3700"], vestergade)) == []


def test_keys_of_a_postcode_are_those_of_its_streets(index: AddressIndex) -> None:
    for post in range(len(index.posts)):
        own = {index.seg_name[s] for s in range(index.streets) if index.seg_post[s] == post}
        assert {index.key_name[row] for row in index.post_keys(post).tolist()} == own


def test_houses_are_found_by_number_with_and_without_letter(index: AddressIndex) -> None:
    segment = segment_of(index, "Ravnsnæsvej", "3460")
    numbers = {house: layout.written_number(index.house_code[house]) for house in index.houses_in(segment)}
    assert sorted(numbers.values()) == ["36", "36", "36A", "36B"]
    code = layout.number_code(36)
    assert code is not None
    assert index.find_houses(segment, code) == [house for house, number in numbers.items() if number == "36"]
    assert index.lettered(segment, 36) == list(numbers)
    assert index.lettered(segment, 35) == index.lettered(segment, 37) == []
    assert index.find_houses(segment, code + 3) == []
    other = segment_of(index, "Sankt Mortens Gade", "3700")
    assert [layout.written_number(index.house_code[h]) for h in index.houses_in(other)] == ["3", "12", "14"]
    assert [layout.written_number(index.house_code[h]) for h in index.lettered(other, 12)] == ["12"]


def test_each_house_lies_in_its_street(index: AddressIndex, country: SimpleNamespace) -> None:
    told = {}
    for house in range(index.houses):
        segment = index.segment_of_house(house)
        told.setdefault(index.house_id(house), set()).add(
            (index.name(index.seg_name[segment]), layout.written_number(index.house_code[house]))
        )
    written: dict[str, set[tuple[str, str]]] = {}
    for identity, street, number, _, _ in country.addresses:
        written.setdefault(identity, set()).add((street, number))
    assert told == written


def test_units_points_and_states_are_those_of_the_record(
    index: AddressIndex, country: SimpleNamespace
) -> None:
    table = country.staging_table(country.addresses).to_pylist()
    for record in table:
        house = house_of(index, record["id"], record["number"])
        if [row["id"] for row in table].count(record["id"]) > 1:
            continue
        assert sorted(index.units(house)) == sorted(record["units"])
        assert index.unit_count[index.house_units[house]] == len(record["units"])
        assert index.point(house) == pytest.approx((record["lat"], record["lon"]), abs=1e-6)
        assert layout.STATUSES[index.house_flags[house]] == record["status"]


def test_what_took_the_place_of_a_number_is_known(index: AddressIndex) -> None:
    replaced = [
        (index.house_id(house), index.house_id(new))
        for house in range(index.houses)
        for new in index.replacements(house)
    ]
    assert sorted(replaced) == [
        ("or11", "or11"), ("ra36", "ra36a"), ("ra36", "ra36b"), ("rp77", "rb7"), ("vg17h", "jg3"),
    ]  # fmt: skip


def test_an_address_without_a_point_has_none(tmp_path: Path, country: SimpleNamespace) -> None:
    rows = [
        ("here", "Elmevej", "1", "8000", {"lat": -1.5, "lon": -0.25}),
        ("nowhere", "Elmevej", "2", "8000", {"lat": None, "lon": None}),
        ("near", "Elmevej", "3", "8000", {"lat": -1.5, "lon": -0.25 + 0.001}),
    ]
    country.write(tmp_path, country.staging_table(rows))
    index = AddressIndex.open(tmp_path)
    assert [index.point(house) for house in range(3)] == [(-1.5, -0.25), None, (-1.5, -0.249)]
    # what stands in the file for it; another number would need another schema version
    assert (index.house_lat[1], index.house_near[1]) == (-2_147_483_648, 65_535)


def test_ids_that_are_uuids_are_written_as_such(tmp_path: Path, country: SimpleNamespace) -> None:
    ids = ["0a3f507b-c905-32b8-e044-0003ba298018", "ffffffff-0000-1111-2222-333333333333"]
    rows = [(identity, "Elmevej", str(at + 1), "8000", {}) for at, identity in enumerate(ids)]
    country.write(tmp_path, country.staging_table(rows))
    index = AddressIndex.open(tmp_path)
    assert [index.house_id(house) for house in range(2)] == ids


def test_an_address_in_one_line(index: AddressIndex) -> None:
    home = house_of(index, "sk36")
    assert address_line(index, home) == "Småkærvej 36, Hejsager, 6100 Haderslev"
    assert address_line(index, home, "st|") == "Småkærvej 36, st., Hejsager, 6100 Haderslev"
    assert address_line(index, home, "1|tv") == "Småkærvej 36, 1. tv, Hejsager, 6100 Haderslev"
    assert address_line(index, home, "|101") == "Småkærvej 36, 101, Hejsager, 6100 Haderslev"
    assert address_line(index, house_of(index, "n52c")) == "Nørrebrogade 52C, 2200 København N"
    assert street_line(index, segment_of(index, "Vestergade", "4000")) == "Vestergade, 4000 Roskilde"


def test_the_points_of_a_street_are_eight_at_most_evenly_along_it(
    tmp_path: Path, country: SimpleNamespace
) -> None:
    rows = [(f"e{n:02}", "Elmevej", str(n), "8000", {"lat": 55 + n / 1000}) for n in range(1, 18)]
    rows += [("x1", "Askevej", "1", "8000", {"lat": 50.0}), ("x2", "Askevej", "2", "8000", {"lat": None})]
    country.write(tmp_path, country.staging_table(rows))
    index = AddressIndex.open(tmp_path)
    long, short = segment_of(index, "Elmevej", "8000"), segment_of(index, "Askevej", "8000")
    # every third of seventeen, from the middle of the first three
    assert [round((lat - 55) * 1000) for lat, _ in street_points(index, [long])] == [2, 5, 8, 11, 14, 17]
    assert [lat for lat, _ in street_points(index, [short])] == [50.0]
    assert [lat for lat, _ in street_points(index, [short, short])] == [50.0, 50.0]
    assert street_points(index, []) == ()


def test_a_street_lies_in_its_own_municipality_or_in_its_postcodes_only_one(
    tmp_path: Path, country: SimpleNamespace, index: AddressIndex
) -> None:
    assert segment_municipality(index, segment_of(index, "Vestergade", "4000")) == "0265"
    rows = [("a", "Elmevej", "1", "8000", {"municipality": "0707"})]
    country.write(tmp_path, country.staging_table(rows))
    told = AddressIndex.open(tmp_path)
    assert segment_municipality(told, segment_of(told, "Elmevej", "8000")) == "0707"


@pytest.mark.parametrize(
    ("number", "letter", "code", "written"),
    [
        (52, "", 52 * 32, "52"), (52, "C", 52 * 32 + 3, "52C"), (52, "c", 52 * 32 + 3, "52C"),
        (1, "z", 58, "1Z"), (1, "æ", 59, "1Æ"), (1, "ä", 59, "1Æ"), (1, "ae", 59, "1Æ"), (1, "Ø", 60, "1Ø"),
        (1, "ö", 60, "1Ø"), (1, "å", 61, "1Å"), (0, "a", 1, "0A"),
    ],
)  # fmt: skip
def test_a_number_and_its_letter_are_one_code(number: int, letter: str, code: int, written: str) -> None:
    assert layout.number_code(number, letter) == code
    assert layout.written_number(code) == written


def test_a_letter_that_no_house_has_is_no_code() -> None:
    assert layout.number_code(1, "é") is None
    assert layout.number_code(1, "ab") is None


def test_a_signature_says_which_letters_stand_once_and_which_more_often() -> None:
    assert layout.key_signature("") == 0
    assert layout.key_signature("a") == 0b01
    assert layout.key_signature("aa") == layout.key_signature("aaa") == 0b11
    assert layout.key_signature("b") == 0b0100
    assert layout.key_signature("ba") == layout.key_signature("ab") == 0b0101
    assert layout.key_signature("z") == 1 << 50
    assert layout.key_signature("zz") == 3 << 50
    digits = [layout.key_signature(str(digit)) for digit in range(10)]
    assert all(1 << 52 <= bits < 1 << 64 for bits in digits)
    assert len(set(digits)) == 6  # four pairs of digits share their bits
    assert digits[0] == digits[6] != digits[1]


def test_sections_begin_at_whole_multiples_of_64() -> None:
    assert [layout.align(at) for at in (0, 1, 63, 64, 65, 128)] == [0, 64, 64, 64, 128, 128]
    assert layout.offsets([3, 0, 2]) == [0, 3, 3, 5]
    assert layout.offsets([]) == [0]


def test_names_and_keys_of_a_country_agree(index: AddressIndex) -> None:
    for row in range(len(index.key_name)):
        if index.key_kind[row] == 0:
            assert index.key(row) == fold_key(index.name(index.key_name[row]), DK)
        assert index.key_size[row] == len(index.key(row))
