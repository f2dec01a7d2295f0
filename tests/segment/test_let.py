"""A register that says a home is let, but not by whom, speaks against the owner and for nobody else."""

from __future__ import annotations

from datetime import date

import numpy as np

from service.model import AddressMatch, Declared, MatchCategory, MatchLevel, NextAction, UnitFacts
from service.segment.likelihood import gather_facts, likelihoods


def test_a_let_home_is_not_the_owners() -> None:
    match = AddressMatch("DK", MatchLevel.UNIT, MatchCategory.A, NextAction.ACCEPT)
    unit = UnitFacts(dwelling="flat", rented=True)
    found = {name: (value, cells) for name, value, cells in likelihoods(
        gather_facts(match, unit, Declared(), date(2026, 11, 21))
    )}  # fmt: skip
    value, cells = found["tenure"]
    assert value == "rented"
    by_tenure = np.asarray(cells).reshape(4, 2, 4, 4, 3).mean(axis=(0, 1, 2, 4))
    assert by_tenure[0] < 0.1
    assert np.allclose(by_tenure[1:], by_tenure[1])
    assert by_tenure[1] > 0.9
