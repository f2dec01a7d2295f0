"""The parts of a form give the same answer as the same address typed in one line."""

from __future__ import annotations

import pytest

from service.address.matcher import Matcher
from service.model import AddressQuery

PAIRS = [
    (
        AddressQuery(
            "DK",
            street="Nørrebrogade",
            house_number="52C",
            floor="2",
            door="th",
            postcode="2200",
            city="København N",
        ),
        "Nørrebrogade 52C, 2. th, 2200 København N",
    ),
    (
        AddressQuery("DK", street="Nørebrogade", house_number="52C", floor="st", door="tv", postcode="2200"),
        "Nørebrogade 52C, st. tv, 2200",
    ),
    (AddressQuery("DK", street="Nørrebrogade 52C", postcode="2200"), "Nørrebrogade 52C, 2200"),
    (AddressQuery("DK", street="Remisevej", postcode="7600", city="Struer"), "Remisevej 7600 Struer"),
    (
        AddressQuery(
            "DK", street="Rentemestervej", house_number="110", floor="2.", door="th", city="København NV"
        ),
        "Rentemestervej 110, 2. th, København NV",
    ),
    (AddressQuery("DK", postcode="3700", city="Rønne"), "3700 Rønne"),
]


@pytest.mark.parametrize(("parts", "text"), PAIRS, ids=[text for _, text in PAIRS])
def test_parts_answer_as_text(matcher: Matcher, parts: AddressQuery, text: str) -> None:
    typed = matcher.match_address(AddressQuery("DK", text=text))
    assert matcher.match_address(parts) == typed
