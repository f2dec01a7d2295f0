"""What `fit` reads off a table before anything is fitted, and what it leaves out: rule by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from service.errors import LearnError
from service.learn.models import fit
from service.learn.models.columns import Reading
from service.learn.models.drivers import _direction, correlated_groups
from service.learn.models.encoding import Column, Encoder
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.model_dir import fingerprints, rule_sentence
from service.learn.models.uplift import Policy
from tests.learn.conftest import shop


def groups(different: int) -> np.ndarray:
    frame = pd.DataFrame({"sogn": [f"s{n % different}" for n in range(60)]})
    return fit._groups(frame, FitOptions("y", group="sogn"))


def test_groups_are_numbered_and_five_are_enough() -> None:
    assert fit._groups(pd.DataFrame(), FitOptions("y")) is None
    assert groups(5)[:7].tolist() == [0, 1, 2, 3, 4, 0, 1]
    with pytest.raises(LearnError, match="has 4 different values; at least 5"):
        groups(4)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (FitOptions("bought", "arm"), "belong together"),
        (FitOptions("bought", control="control"), "belong together"),
        (FitOptions("bought", exclude=("nothing",)), "no column 'nothing'"),
        (FitOptions("bought", allow=("nothing",)), "no column 'nothing'"),
        (FitOptions("bought", "bought", "x"), "must be different columns"),
        (FitOptions("bought", group="alder", time="alder"), "must be different columns"),
    ],
)
def test_roles_that_do_not_fit_are_refused(options: FitOptions, says: str) -> None:
    with pytest.raises(LearnError, match=says):
        fit_table(shop(60, 1), options)


def time_found(frame: pd.DataFrame, options: FitOptions) -> tuple[list[float] | None, str | None, list[str]]:
    notes: list[str] = []
    when, name = fit._time(frame, options, notes)
    return None if when is None else when.tolist(), name, notes


def test_time_is_the_column_named_or_the_one_there_is() -> None:
    frame = pd.DataFrame({"uge": ["1", "2", "3", "", "4"], "y": range(5)})
    assert time_found(frame, FitOptions("y", time="uge")) == ([1, 2, 3, 1, 4], "uge", [])
    assert time_found(frame, FitOptions("y")) == (None, None, [])
    dated = frame.assign(oprettet=[f"1970-01-0{n}" for n in range(1, 6)])
    when, name, notes = time_found(dated, FitOptions("y"))
    assert (when, name) == ([0, 1, 2, 3, 4], "oprettet")
    assert notes[0].startswith("oprettet is taken as the time of each row")
    for taken in (
        FitOptions("oprettet"),
        FitOptions("y", exclude=("oprettet",)),
        FitOptions("y", group="oprettet"),
    ):
        assert time_found(dated, taken)[1] is None


def test_three_moments_are_no_time_and_words_are_refused() -> None:
    three = pd.DataFrame({"t": ["1", "2", "3"] * 5})
    when, name, notes = time_found(three, FitOptions("y", time="t"))
    assert (when, name) == (None, "t")
    assert "fewer than four different times" in notes[0]
    assert time_found(pd.DataFrame({"t": ["1", "2", "3", "4"]}), FitOptions("y", time="t"))[0] is not None
    with pytest.raises(LearnError, match="holds neither dates nor numbers"):
        time_found(pd.DataFrame({"t": ["før", "efter"]}), FitOptions("y", time="t"))


def test_columns_are_taken_out_with_all_their_numbers() -> None:
    encoder = Encoder([Column("a", "number"), Column("dato", "date"), Column("b", "number")])
    matrix = np.arange(10.0).reshape(2, 5)
    reading, kept = fit._without(Reading(encoder), matrix, {"dato"})
    assert reading.encoder.names == ("a", "b")
    assert kept.tolist() == [[0.0, 4.0], [5.0, 9.0]]
    same, whole = fit._without(Reading(encoder), matrix, set())
    assert same.encoder is encoder
    assert whole is matrix


def test_rows_without_outcome_or_arm_are_left_out_and_said() -> None:
    table = shop(1200, 4)
    table.loc[:9, "bought"] = ""
    table.loc[5:29, "arm"] = None
    fitted = fit_table(table, FitOptions("bought", "arm", "control"))
    assert len(fitted.y) == len(fitted.arm) == 1170
    assert "10 rows left out: 'bought' is missing." in fitted.notes
    assert "20 rows left out: 'arm' is missing." in fitted.notes
    assert fitted.arms == ["control", "bike", "book"]
    assert fitted.time_span is None
    assert fitted.assignment_auc is None
    plain = fit_table(table.drop(columns="arm"), FitOptions("bought"))
    assert (plain.arm, plain.uplift, plain.arms) == (None, None, [])
    assert len(plain.y) == 1190


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (None, "'bike' for everybody"),
        (("alder", "le", 40.5), "'book' where alder ≤ 40.5, otherwise 'control'"),
        (("alder", "missing", 0.0), "'book' where alder is missing, otherwise 'control'"),
        (("bolig", "eq", 1.0), "'book' where bolig = Andel på Østerbro, otherwise 'control'"),
    ],
)
def test_a_rule_is_said_in_words(rule: tuple[str, str, float] | None, sentence: str) -> None:
    from service.learn.models.effects import Rule

    encoder = Encoder(
        [
            Column("alder", "number"),
            Column("bolig", "category", levels=("Ejerbolig", "Andel på Østerbro", "(other)")),
        ]
    )
    at = None if rule is None else Rule(encoder.names.index(rule[0]), rule[1], rule[2])

    class Known:
        arms = ("control", "bike", "book")

    Known.encoder = encoder
    assert rule_sentence(Policy("rule", 1, at, 2, 0, {}), Known) == sentence


def test_a_row_is_known_again_by_its_values_alone() -> None:
    matrix, y = np.array([[1.0, np.nan], [-0.0, 2.0], [0.0, 2.0]]), np.array([1.0, 0.0, 0.0])
    found = fingerprints(matrix, y, "salt")
    assert found[1] == found[2] != found[0]
    assert fingerprints(matrix, y, "other")[0] != found[0]
    assert fingerprints(matrix, 1 - y, "salt")[0] != found[0]
    assert fingerprints(matrix + 1e-12, y, "salt")[0] == found[0]  # as exact as a file keeps it
    assert fingerprints(np.nan_to_num(matrix), y, "salt")[0] != found[0]


def test_columns_that_move_together_are_one_group_however_they_are_joined() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=2000)
    b = a + 0.7 * rng.normal(size=2000)
    c = b + 0.7 * rng.normal(size=2000)  # with a only through b
    matrix = np.column_stack([a, rng.normal(size=2000), b, -c, np.ones(2000)])
    assert abs(np.corrcoef(a, c)[0, 1]) < 0.72
    assert correlated_groups(matrix) == [[0, 2, 3], [1], [4]]
    matrix[::7, 2] = np.nan
    assert correlated_groups(matrix)[0] == [0, 2, 3]


def test_the_direction_is_that_of_the_ranks() -> None:
    x, y = np.array([1.0, 2.0, 900.0, np.nan]), np.array([0.0, 1.0, 2.0, 9.0])
    assert _direction(x, y, [0]) == 1
    assert _direction(-x, y, [0]) == -1
    assert _direction(x, y, [0, 1]) == 0
    assert _direction(np.array([5.0, 5.0, np.nan, np.nan]), y, [0]) == 0
    assert _direction(np.array([5.0, np.nan, np.nan, np.nan]), y, [0]) == 0
