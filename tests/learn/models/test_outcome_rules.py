"""What counts as an outcome and as an arm, at the limits of each rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from service.errors import LearnError
from service.learn.models.outcome import (
    apply_outcome,
    arm_numbers,
    check_arms,
    column_of,
    read_arms,
    read_outcome,
    rows_kept,
)


def table(values: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"y": pd.Series(values, dtype=object)})


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("ja", "nej"), ("Kyllä", "Ei"), ("1", "0"), ("bought", "browsed"), ("kom", "nei"), ("5", "2"),
        ("10", "9"), ("købt", "set"),
    ],
)  # fmt: skip
def test_of_two_values_the_one_that_means_yes_is_one(yes: str, no: str) -> None:
    found = read_outcome(table([yes] * 20 + [no] * 30 + [None]), "y")
    assert (found.task, found.yes, found.no) == ("binary", yes, no)
    assert found.y[:50].tolist() == [1.0] * 20 + [0.0] * 30
    assert np.isnan(found.y[50])


def test_of_two_words_without_meaning_the_rarer_is_what_one_wants_to_know() -> None:
    assert read_outcome(table(["a"] * 21 + ["b"] * 20), "y").yes == "b"
    assert read_outcome(table(["a"] * 20 + ["b"] * 21), "y").yes == "a"
    assert read_outcome(table(["yes"] * 20 + ["true"] * 21), "y").yes == "yes"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([None, ""], "is empty in every row"),
        (["x", "x"], "is 'x' in every row"),
        (["ja"] * 19 + ["nej"] * 99, "has only 19 rows of its rarer value"),
        (["a", "b", "c"] * 30, "has 3 different texts"),
        ([1, 2, 3] * 16, "is known in 48 rows; at least 50"),
        ([0] * 50 + [n + 1 for n in range(29)], "is above zero in only 29 rows"),
    ],
)
def test_an_outcome_that_cannot_carry_a_model_is_refused(values: list[object], says: str) -> None:
    with pytest.raises(LearnError, match=says):
        read_outcome(table(values), "y")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0] * 50 + [n + 1 for n in range(30)], "amount"),
        ([0] * 10 + [n + 1.0 for n in range(90)], "amount"),  # a tenth of zeros
        ([0] * 9 + [n + 1.0 for n in range(91)], "number"),
        ([-1] + [0] * 50 + [n + 1 for n in range(30)], "number"),
        ([1, 2, 3] * 16 + [4, 5], "number"),
    ],
)
def test_never_negative_with_many_zeros_is_an_amount(values: list[object], task: str) -> None:
    found = read_outcome(table(values), "y")
    assert found.task == task
    assert found.y.tolist() == [float(v) for v in values]  # type: ignore[arg-type]


def test_the_outcome_of_another_table_is_read_as_in_fitting() -> None:
    read = apply_outcome(table(["ja", "nej", "måske", None]), "y", "binary", "ja", "nej")
    np.testing.assert_array_equal(read, [1.0, 0.0, np.nan, np.nan])
    np.testing.assert_array_equal(apply_outcome(table(["1,5", "2"]), "y", "number", "", ""), [1.5, 2.0])
    with pytest.raises(LearnError, match="is not a number in this table"):
        apply_outcome(table(["a", "b"]), "y", "amount", "", "")


def test_a_column_that_is_not_there_is_named_with_what_is_near() -> None:
    frame = pd.DataFrame({"købt": [1], "alder": [2]})
    with pytest.raises(LearnError, match=r"no column 'købte' \(outcome\). Did you mean købt\?"):
        column_of(frame, "købte", "outcome")
    with pytest.raises(LearnError, match="It has: købt, alder"):
        column_of(frame, "zzzzzzzz", "outcome")


def test_arms_are_numbered_with_the_control_first() -> None:
    arm, arms = read_arms(table(["mail", "Control", None, "book", "mail"]), "y", "control")
    assert arms == ["Control", "book", "mail"]
    assert arm.tolist() == [2, 0, -1, 1, 2]
    assert read_arms(table([1.0, 0.0, 2.0]), "y", "0")[1] == ["0", "1", "2"]
    assert arm_numbers(["x", None, "a"], ["a", "b"]).tolist() == [-1, -1, 0]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["a", "b"], r"never 'control'. It holds 'a', 'b'"),
        (["Control", "CONTROL", "b"], "There are no control rows"),
        (["control"] * 3, "without a treated arm"),
        (
            ["control", *(f"arm {n}" for n in range(21))],
            "has 22 different values; a treatment has at most 21",
        ),
    ],
)
def test_arms_that_cannot_be_compared_are_refused(values: list[object], says: str) -> None:
    with pytest.raises(LearnError, match=says):
        read_arms(table(values), "y", "control")
    assert len(read_arms(table(["control", *(f"arm {n}" for n in range(20))]), "y", "control")[1]) == 21


def arms_of(control: tuple[int, int], bike: tuple[int, int], task: str = "binary") -> None:
    arm = np.repeat([0, 1], [sum(control), sum(bike)])
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [*control, *bike])
    check_arms(arm, ["standard", "bike"], y, task)


def test_an_arm_needs_thirty_rows_and_five_of_the_rarer_outcome() -> None:
    arms_of((5, 25), (25, 5))
    with pytest.raises(LearnError, match="The control 'standard' has 29 rows"):
        arms_of((5, 24), (5, 25))
    with pytest.raises(LearnError, match="The arm 'bike' has 29 rows"):
        arms_of((5, 25), (5, 24))
    with pytest.raises(LearnError, match="The arm 'bike' has only 4 rows with the rarer outcome"):
        arms_of((5, 25), (26, 4))
    with pytest.raises(LearnError, match="The control 'standard' has only 4 rows with the rarer outcome"):
        arms_of((4, 26), (5, 25))
    arms_of((5, 25), (30, 0), "amount")  # of an amount only those above zero are few
    with pytest.raises(LearnError, match="has only 4 rows"):
        arms_of((4, 26), (30, 0), "amount")
    arms_of((0, 30), (30, 0), "number")


def test_rows_that_are_left_out_are_counted() -> None:
    notes: list[str] = []
    rows_kept(np.array([True, True]), notes, "why")
    assert notes == []
    rows_kept(np.append(np.zeros(1200, dtype=bool), True), notes, "the outcome is missing")
    assert notes == ["1,200 rows left out: the outcome is missing."]
