"""Which columns of a customer file are which part of the address."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import InvalidInputError
from service.flows.batch import choose_columns


def test_columns_are_recognised_by_well_known_headings_or_named(tmp_path: Path) -> None:
    source = tmp_path / "k.csv"
    assert choose_columns(["Id", "Adresse"], "", "", source) == {"address": 1}
    assert choose_columns(["Vejnavn", "Husnr", "Postnr"], "", "", source) == {
        "street": 0,
        "house_number": 1,
        "postcode": 2,
    }
    assert choose_columns(["x", "y"], "y", "", source) == {"address": 1}
    assert choose_columns(["x", "y"], "", "street=x,postcode=y", source) == {"street": 0, "postcode": 1}
    with pytest.raises(InvalidInputError, match="no address column recognised among x, y"):
        choose_columns(["x", "y"], "", "", source)
    with pytest.raises(InvalidInputError, match="has no column 'z'"):
        choose_columns(["x", "y"], "z", "", source)
    with pytest.raises(InvalidInputError, match="--columns 'lane=x' is not understood"):
        choose_columns(["x", "y"], "", "lane=x", source)
