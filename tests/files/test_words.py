"""Headings as people write them."""

from __future__ import annotations

from service.files.words import HEADINGS, find_headings


def test_a_heading_is_found_in_any_case_and_comes_back_as_it_is_written() -> None:
    found = find_headings([" Postnr ", "KOMMUNE", "Navn"], ("postcode", "municipality", "city"))
    assert found == {"postcode": " Postnr ", "municipality": "KOMMUNE"}


def test_what_we_wrote_goes_before_what_they_wrote_and_first_before_last() -> None:
    assert find_headings(["zip", "doorstep_postcode"], ("postcode",)) == {"postcode": "doorstep_postcode"}
    assert find_headings(["zip", "postnr"], ("postcode",)) == {"postcode": "postnr"}
    assert find_headings(["ZIP", "zip"], ("postcode",)) == {"postcode": "ZIP"}


def test_no_heading_means_two_things() -> None:
    every = [name for names in HEADINGS.values() for name in names]
    assert len(every) == len(set(every))
    assert all(name == name.strip().lower() for name in every)
