"""Weights that fall with tenure, and sub-segments by rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.behaviour import Behaviour, assign_stage, assign_sub_segment, read_sub_segments
from service.decide.policy import Policy, load_policy
from service.decide.toml_table import load_toml
from service.errors import PolicyError
from service.model import Weights


def test_on_the_first_day_geography_is_all_there_is(policy: Policy) -> None:
    assert policy.weights.weigh("B1", 0) == Weights(0, 1.0, 0.0)
    assert policy.weights.weigh(None, -3) == Weights(0, 1.0, 0.0)


def test_after_one_half_life_half_of_the_way_is_gone(policy: Policy) -> None:
    assert policy.weights.weigh("B1", 90).geodemographic == pytest.approx(0.05 + 0.95 / 2)
    assert policy.weights.weigh("A1", 90).geodemographic == pytest.approx(0.05 + 0.95 / 4)


@given(st.sampled_from(["A1", "B1", "E2", None]), st.integers(0, 20_000), st.integers(0, 5_000))
def test_the_weights_fall_and_sum_to_one(policy: Policy, code: str | None, day: int, later: int) -> None:
    one, two = policy.weights.weigh(code, day), policy.weights.weigh(code, day + later)
    assert two.geodemographic <= one.geodemographic
    for weights in (one, two):
        assert weights.geodemographic + weights.behaviour == pytest.approx(1)
        assert 0 < weights.geodemographic <= 1


CASES = [
    ("B1", Behaviour(60, quiet_days=60), "B1-silent"),
    ("B1", Behaviour(60, quiet_days=10), None),
    ("B1", Behaviour(200, recency_days=100, orders=5, value=2000), "B1-lapsed"),
    ("B1", Behaviour(30, recency_days=7, orders=2, value=600), "B1-new"),
    ("B1", Behaviour(300, recency_days=7, orders=6, value=2400), "B1-regular"),
    ("B1", Behaviour(300, recency_days=7, orders=20, value=9000), "B1-loyal"),
    ("B1", Behaviour(300, recency_days=40, orders=8, value=5000), "B1-large_orders"),
    ("D1", Behaviour(300, recency_days=7, orders=20, products=frozenset({"wine-pairing"})), "D1-premium"),
    ("B1", Behaviour(300, recency_days=7, orders=20, products=frozenset({"wine-pairing"})), "B1-loyal"),
    ("D1", Behaviour(300, recency_days=7, orders=20, products=frozenset({"soup"})), "D1-loyal"),
    ("B1", Behaviour(60, quiet_days=45), "B1-silent"),
    ("B1", Behaviour(60, quiet_days=44), None),
    ("B1", Behaviour(60), None),
    ("B1", Behaviour(200, recency_days=91, orders=12, value=9000), "B1-lapsed"),
    ("B1", Behaviour(200, recency_days=90, orders=12, value=4000), "B1-large_orders"),
    ("B1", Behaviour(200, recency_days=90, orders=12, value=3999), "B1-regular"),
    ("B1", Behaviour(200, recency_days=30, orders=12), "B1-loyal"),
    ("B1", Behaviour(200, recency_days=31, orders=12), "B1-regular"),
    ("B1", Behaviour(200, recency_days=30, orders=11), "B1-regular"),
    ("B1", Behaviour(200, recency_days=30, orders=4), "B1-regular"),
    ("B1", Behaviour(200, recency_days=30, orders=3), "B1-new"),
    (None, Behaviour(300, recency_days=7, orders=20), None),
    ("B1", None, None),
]


@pytest.mark.parametrize(("base", "behaviour", "code"), CASES)
def test_the_first_rule_that_fits_names_the_sub_segment(
    policy: Policy, base: str | None, behaviour: Behaviour | None, code: str | None
) -> None:
    assert assign_sub_segment(policy.sub_segments, base, behaviour) == code


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("recency_days = [0, 30]", "recency_days = [30, 0]", "must be [from, to]"),
        ("recency_days = [0, 30]", "recency_days = 30", "a list of numbers"),
        ("recency_days = [0, 30]", "recency_days = [30]", "must be [from, to]"),
        ("recency_days = [0, 30]", "recency_days = [0, 10, 30]", "must be [from, to]"),
        ("recency_days = [0, 30]", "recency_days = [30, 30]", None),
        ('bases = ["C1", "D1"]', 'bases = ["C1", "X1"]', "'bases' names 'X1'"),
        ('code = "regular"\norders = [4, 100000]', 'code = "regular"\norders = [12, 100000]', None),
        ('code = "loyal"\norders = [12, 100000]\nrecency_days = [0, 30]', 'code = "loyal"', "has no rule"),
        ('code = "new"\norders = [1, 3]', 'code = "new"\norders = [12, 13]\ntenure_days = [0, 9]', None),
        ('fi = "Uskollinen"', 'fr = "Fidèle"', "no name in 'fi'"),
        ('code = "loyal"', 'code = "very-loyal"', "holds a dash"),
        ('code = "loyal"', 'code = "lapsed"', "is there twice"),
    ],
)
def test_faults_in_the_rules(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Callable[[str, str, str], int],
    old: str,
    new: str,
    says: str | None,
) -> None:
    edit("subsegments.toml", old, new)
    if says is None:
        load_policy(policy_folder, codes)
        return
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith("subsegments.toml:")
    assert says in str(caught.value)


def test_a_rule_that_can_never_be_reached_is_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable[[str, str, str], int]
) -> None:
    edit("subsegments.toml", 'code = "loyal"\norders = [12, 100000]', 'code = "loyal"\norders = [4, 100000]')
    edit("subsegments.toml", 'code = "regular"\norders = [4, 100000]\nrecency_days = [0, 90]',
         'code = "regular"\norders = [5, 9]\nrecency_days = [0, 20]')  # fmt: skip
    with pytest.raises(PolicyError, match="'regular' is never reached: whoever fits it fits 'loyal'"):
        load_policy(policy_folder, codes)


@pytest.mark.parametrize(
    ("behaviour", "stage"),
    [
        (None, "lead"),
        (Behaviour(0), "lead"),
        (Behaviour(44, quiet_days=44), "lead"),
        (Behaviour(45, quiet_days=45), "silent"),
        (Behaviour(10, recency_days=3, orders=1), "first_order"),
        (Behaviour(90, recency_days=90, orders=5), "customer"),
        (Behaviour(200, recency_days=91, orders=5), "silent"),
    ],
)
def test_the_stage_follows_from_what_was_done(behaviour: Behaviour | None, stage: str) -> None:
    assert assign_stage(behaviour) == stage


RULES: list[tuple[str, str, bool]] = [
    # the rule above, the rule below, whether the one below is never reached
    ("orders = [1, 9]", "orders = [2, 8]", True),
    ("orders = [1, 9]", "orders = [1, 9]", True),
    ("orders = [1, 9]", "orders = [0, 9]", False),
    ("orders = [1, 9]", "orders = [1, 10]", False),
    ("orders = [1, 9]", "orders = [2, 8]\nvalue = [0, 10]", True),
    ("orders = [1, 9]\nvalue = [0, 10]", "orders = [2, 8]", False),
    ("orders = [1, 9]", "value = [0, 10]", False),
    ('bases = ["A1"]\norders = [1, 9]', "orders = [2, 8]", False),
    ('bases = ["A1", "B1"]\norders = [1, 9]', 'bases = ["B1"]\norders = [2, 8]', True),
    ('bases = ["A1"]\norders = [1, 9]', 'bases = ["A1", "B1"]\norders = [2, 8]', False),
    ('products = ["wine", "soup"]', 'products = ["wine"]', True),
    ('products = ["wine"]', 'products = ["wine", "soup"]', False),
    ('products = ["wine"]', "orders = [1, 9]", False),
    ("orders = [1, 9]", 'products = ["wine"]', False),
    ("orders = [1, 9]", 'products = ["wine"]\norders = [2, 3]', True),
]


@pytest.mark.parametrize(("above", "below", "hidden"), RULES)
def test_a_rule_is_hidden_by_one_that_fits_whoever_fits_it(
    tmp_path: Path, above: str, below: str, hidden: bool
) -> None:
    rows = "".join(
        f'[[sub_segment]]\ncode = "{code}"\nflow = "f"\n{rule}\n[sub_segment.name]\nda = "n"\n'
        for code, rule in (("above", above), ("below", below))
    )
    (tmp_path / "subsegments.toml").write_text(rows, encoding="utf-8")
    file = load_toml(tmp_path, "subsegments.toml")
    if hidden:
        with pytest.raises(PolicyError, match="'below' is never reached: whoever fits it fits 'above'"):
            read_sub_segments(file, ("A1", "B1"), ("da",))
    else:
        assert [rule.code for rule in read_sub_segments(file, ("A1", "B1"), ("da",))] == ["above", "below"]
