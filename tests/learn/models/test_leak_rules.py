"""The rules by which a column knows too much, at their limits."""

from __future__ import annotations

import numpy as np
import pytest

from service.learn.models import leaks
from service.learn.models.encoding import Column, Encoder
from service.learn.models.leaks import area_under_curve, arm_revealers, bin_column, find_leaks, single_auc


def test_the_area_counts_pairs_in_the_right_order() -> None:
    assert area_under_curve(np.array([0, 1, 0, 1.0]), np.array([0.1, 0.1, 0.0, 0.5])) == 0.875
    assert area_under_curve(np.array([0, 2.0]), np.array([1.0, 0.0])) == 0.0
    for one_class in (np.zeros(3), np.ones(3)):
        assert np.isnan(area_under_curve(one_class, np.arange(3.0)))


def test_few_values_are_bins_of_their_own_and_missing_is_one_more() -> None:
    values = np.array([5.0, 1.0, np.nan, 3.0, 1.0])
    assert bin_column(values, 3).tolist() == [2, 0, 4, 1, 0]
    assert bin_column(values, 9).tolist() == [2, 0, 10, 1, 0]
    halves = bin_column(np.append(np.arange(10.0), np.nan), 2)
    assert halves.tolist() == [0] * 5 + [1] * 5 + [11]
    quarters = bin_column(np.arange(8.0), 4)
    assert quarters.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_column_alone_is_judged_on_the_other_half() -> None:
    rng = np.random.default_rng(5)
    positive = (rng.random(4000) < 0.3).astype(float)
    assert single_auc(rng.normal(size=4000), positive, 0) == pytest.approx(0.5, abs=0.05)
    assert single_auc(positive, positive, 0) == 1.0
    assert single_auc(-positive, positive, 0) == 1.0
    assert single_auc(np.where(positive > 0, np.nan, 1.0), positive, 0) == 1.0


def certainty(
    auc: float = 0.5, others: float = 0.5, name: str = "x", task: str = "binary", values: object = None
) -> str | None:
    """What is said of a column of 1,000 rows of which 400 have the outcome, by its measured AUC."""
    positive = np.repeat([1.0, 0.0], [400, 600])
    x = np.tile([1.0, 2.0, 3.0, 4.0], 250) if values is None else np.asarray(values, dtype=float)
    return leaks._certainty(x, positive, positive, task, auc, others, name)


@pytest.mark.parametrize(
    ("auc", "others", "says"),
    [
        (0.975, 0.97, "it alone separates the outcome (AUC 0.975)"),
        (0.9749, 0.97, None),
        (0.93, 0.77, "it alone nearly separates the outcome (AUC 0.930; the next best column 0.77)"),
        (0.93, 0.80, None),
        (0.9299, 0.5, None),
    ],
)
def test_a_column_near_certainty_is_a_leak_when_no_other_comes_near(
    auc: float, others: float, says: str | None
) -> None:
    assert certainty(auc, others) == says


@pytest.mark.parametrize(
    ("name", "auc", "others", "found"),
    [
        ("call_duration", 0.65, 0.6, True), ("Varighed", 0.65, 0.6, True), ("out_gave", 0.7, 0.6, True),
        ("opsigelse_dato", 0.7, 0.6, True), ("closed_at", 0.7, 0.6, True),
        ("call_duration", 0.649, 0.6, False), ("call_duration", 0.65, 0.65, False),
        ("last_call_duration", 0.7, 0.6, False), ("avg_duration", 0.7, 0.6, False),
        ("conduration", 0.7, 0.6, False), ("payout_rate", 0.7, 0.6, False),
    ],
)  # fmt: skip
def test_a_name_that_speaks_of_afterwards_makes_a_good_column_suspicious(
    name: str, auc: float, others: float, found: bool
) -> None:
    said = certainty(auc, others, name)
    assert (said is not None and "known only afterwards" in said) == found


def giveaway(values: list[float], auc: float = 0.5, events: int = 400) -> str | None:
    """Of 1,000 rows the first `events` have the outcome."""
    positive = np.repeat([1.0, 0.0], [events, 1000 - events])
    return leaks._giveaway(np.array(values), positive, auc)


def test_a_value_with_which_everybody_responds_is_a_leak() -> None:
    base = [0.0, 1.0, 2.0, 3.0]
    values = [9.0] * 40 + base * 240
    assert giveaway(values) == "all 40 rows with the value 9 have the outcome"
    assert giveaway([9.0] * 32 + base * 242) is None  # 32 × log 0.4 is not below −30: chance
    assert giveaway([9.0] * 33 + base * 241 + [0.0, 1.0, 2.0]) is not None
    wrong = values.copy()
    wrong[0], wrong[-1] = 0.0, 9.0  # one of the forty has it not
    assert giveaway(wrong) is None
    assert giveaway(values, events=501) is None  # where most respond, that says little


def test_so_few_rows_that_it_may_be_chance_are_no_leak() -> None:
    base = [0.0, 1.0, 2.0, 3.0]
    rare = [9.0] * leaks.CERTAIN_ROWS
    assert giveaway(rare + base * 245, events=100) is not None  # 20 × log 0.1
    assert giveaway(rare[1:] + base * 245 + [0.0], events=100) is None


def test_any_value_but_the_usual_or_any_at_all_can_be_the_leak() -> None:
    scattered = np.linspace(1, 2, 40).tolist()  # all different
    usual = scattered + [0.0] * 960
    assert giveaway(usual) == "all 40 rows with any value but 0 have the outcome"
    known_or_not = scattered + [np.nan] * 960
    assert giveaway(known_or_not) == "all 40 rows with any value at all have the outcome"
    assert giveaway([np.nan] * 1000) is None
    mixed = scattered + [0.0] * 280 + np.linspace(3, 4, 680).tolist()
    assert giveaway(mixed) is None  # 0 is not usual: less than three tenths


def test_a_step_on_the_way_to_the_outcome_is_a_leak() -> None:
    """Nobody bought who did not open the basket; half of those who did, bought."""
    basket = [1.0] * 800 + [0.0] * 200
    assert giveaway(basket, auc=0.85) == (
        "nobody has the outcome without the value 1, and the column is a step on the way to it"
    )
    assert giveaway(basket, auc=0.849) is None
    assert giveaway([1.0] * 875 + [0.0] * 125, auc=0.9) is not None  # 50 events expected among 125
    assert giveaway([1.0] * 876 + [0.0] * 124, auc=0.9) is None
    assert giveaway([0.0] + [1.0] * 799 + [0.0] * 200, auc=0.9) is None  # one bought without


def test_thirty_values_are_looked_at_one_by_one_and_more_are_not() -> None:
    for different, found in ((29, True), (30, False)):
        values = [99.0] * 40 + [float(n % different) for n in range(960)]
        assert (giveaway(values) is not None) == found


def test_a_number_that_explains_the_outcome_is_a_leak() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=2000)
    assert leaks._binned_r2(y, y) > 0.99
    assert leaks._binned_r2(rng.normal(size=2000), y) < 0.15
    assert leaks._binned_r2(y, np.ones(2000)) == 0.0
    said = leaks._certainty(y, y, y, "number", 0.5, 0.5, "x")
    assert said is not None
    assert said.startswith("it alone explains 9")
    assert leaks._certainty(rng.normal(size=2000), y, y, "number", 0.99, 0.5, "x") is None


def test_leaks_are_named_by_column_once_and_may_be_allowed() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(2000) < 0.4).astype(float)
    encoder = Encoder([Column("dato", "date"), Column("støj", "number")])
    matrix = np.column_stack([y, y, rng.normal(size=2000), rng.normal(size=2000)])
    found, alone = find_leaks(matrix, encoder, y, "binary", frozenset(), 0)
    assert [leak.column for leak in found] == ["dato"]
    assert list(alone) == ["dato: days", "dato: month", "dato: weekday", "støj"]
    assert alone["dato: days"] == 1.0
    assert find_leaks(matrix, encoder, y, "binary", frozenset({"dato"}), 0)[0] == []
    # parts of one column are no rivals: a date that nearly separates is judged against the noise
    nearly = np.where(rng.random(2000) < 0.06, 1 - y, y) + rng.normal(0, 0.01, 2000)
    matrix[:, 0], matrix[:, 1] = nearly, nearly
    found, alone = find_leaks(matrix, encoder, y, "binary", frozenset(), 0)
    assert 0.93 <= alone["dato: days"] < 0.975
    assert "nearly separates" in found[0].reason


def test_a_column_set_by_the_treatment_tells_the_arm() -> None:
    rng = np.random.default_rng(2)
    arm = rng.integers(0, 2, 2000)
    encoder = Encoder([Column(name, "number") for name in ("set", "partly", "leans", "fair", "same")])
    matrix = np.column_stack(
        [
            arm + rng.normal(0, 0.1, 2000),  # tells it
            np.where((arm == 1) & (rng.random(2000) < 0.2), 1.0, 0.0),  # a value that no control has
            rng.normal(size=2000) + 0.3 * arm,  # differs
            rng.normal(size=2000),
            np.zeros(2000),
        ]
    )
    reveal, differ = arm_revealers(matrix, encoder, arm, 2, 0)
    assert set(reveal) == {"set", "partly"}
    assert reveal["set"].startswith("reveals the arm (AUC 1.00)")
    assert set(differ) == {"leans"}
    assert differ["leans"] < leaks.BALANCE_P
