"""An address in one line."""

from __future__ import annotations

import pytest

from service.address.lines import one_line
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (
            {"street": "Søgade", "house_number": "5B", "floor": "2", "door": "tv",
             "supplementary_city": "Ny By", "postcode": "3700", "city": "Rønne"},
            "Søgade 5B, 2. tv, Ny By, 3700 Rønne",
        ),
        ({"street": "Søgade", "postcode": "3700", "city": "Rønne"}, "Søgade, 3700 Rønne"),
        ({"street": "Søgade", "house_number": "5", "door": "12", "city": "Rønne"}, "Søgade 5, 12, Rønne"),
        ({"postcode": "3700"}, "3700"),
        ({}, None),
    ],
)  # fmt: skip
def test_a_match_is_written_as_on_a_letter(parts: dict[str, str], line: str | None) -> None:
    match = AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, **parts)
    assert one_line(match) == line
