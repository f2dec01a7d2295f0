"""Columns that know the outcome or the arm, and tables that carry no model, are refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from service.errors import LearnError
from service.learn.models.fit import FitOptions, fit_table
from tests.learn.conftest import shop

EXPERIMENT = ("--treatment", "arm", "--control", "control")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.assign(bought="nej"), "one class only"),
        (
            lambda t: t.assign(bought=np.where(np.arange(len(t)) < 7, "ja", "nej")),
            "only 7 rows of its rarer value",
        ),
        (lambda t: t.assign(arm="bike"), "no control rows"),
        (lambda t: t.assign(arm="control"), "without a treated arm"),
        (lambda t: t.assign(købt=t.bought.map({"ja": "x", "nej": "y"})), "købt"),
        (lambda t: t.assign(beløb=np.where(t.bought == "ja", 99.5, np.nan)), "beløb"),
        (lambda t: t.drop(columns="bought"), "no column 'bought'"),
        (lambda t: t[["arm", "bought"]], "No column is left"),
    ],
)
def test_a_table_that_cannot_carry_a_model_is_refused(change, says, tmp_path, enrich_learn) -> None:
    change(shop(1200, 6)).to_csv(tmp_path / "t.csv", index=False)
    ran = enrich_learn(
        "fit", "--data", tmp_path / "t.csv", "--outcome", "bought", *EXPERIMENT, "--out", tmp_path / "m"
    )
    assert ran.code == 1
    assert says in ran.error
    assert not (tmp_path / "m").exists()


def test_a_leak_is_named_with_what_to_do_and_can_be_excluded(tmp_path, enrich_learn) -> None:
    table = shop(1200, 6)
    table["call_duration"] = np.where(table.bought == "ja", 300, 120) + np.random.default_rng(0).normal(
        0, 150, 1200
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    fit = ("fit", "--data", tmp_path / "t.csv", "--outcome", "bought", "--out", tmp_path / "m")
    ran = enrich_learn(*fit)
    assert ran.code == 1
    assert "--exclude call_duration" in ran.error
    assert enrich_learn(*fit, "--exclude", "call_duration,arm").code == 0
    assert enrich_learn(*fit, "--allow", "call_duration").code == 0


@pytest.mark.parametrize(
    "disguise",
    [
        lambda b, rng: np.where(b, "kunde", "emne"),
        lambda b, rng: 1 - b,
        lambda b, rng: b + rng.normal(0, 0.4, len(b)),
        lambda b, rng: np.where(rng.random(len(b)) < 0.05, 1 - b, b),
        lambda b, rng: np.where(b == 1, np.where(rng.random(len(b)) < 0.5, "2026-05-01", "2026-05-09"), ""),
        lambda b, rng: np.where((b == 1) & (rng.random(len(b)) < 0.5), 299, 0),
    ],
    ids=["words", "inverse", "noise", "five percent wrong", "date of buyers", "amount of some buyers"],
)
def test_an_outcome_in_disguise_is_seen(disguise) -> None:
    table = shop(3000, 3)
    bought = (table.bought == "ja").to_numpy().astype(int)
    table["kolonne"] = disguise(bought, np.random.default_rng(0))
    with pytest.raises(LearnError, match="--exclude kolonne"):
        fit_table(table, FitOptions("bought", exclude=("arm",)))


def test_a_strong_but_honest_column_is_only_pointed_out() -> None:
    table = shop(3000, 3)
    bought = (table.bought == "ja").to_numpy().astype(int)
    table["interesse"] = bought + np.random.default_rng(0).normal(0, 0.6, 3000)
    fitted = fit_table(table, FitOptions("bought", exclude=("arm",)))
    assert any("interesse alone ranks the outcome" in note for note in fitted.notes)


def test_a_column_set_by_the_treatment_is_left_out() -> None:
    table = shop(2000, 6, "same")
    table["mail_kind"] = table.arm.map({"control": "-", "bike": "b", "book": "k"})
    fitted = fit_table(table, FitOptions("bought", "arm", "control"))
    assert "reveals the arm" in fitted.dropped["mail_kind"]


def test_assignment_that_was_not_random_is_said() -> None:
    table = shop(4000, 6, "same")
    chosen = (table.indkomst > 300000) & (np.random.default_rng(0).random(4000) < 0.6)
    table["arm"] = np.where(chosen, "bike", table.arm)
    fitted = fit_table(table, FitOptions("bought", "arm", "control"))
    assert any("assignment was not random" in note and "indkomst" in note for note in fitted.notes)
    assert fitted.propensity_weights is not None


def test_public_telephone_sales_leak_their_duration(experiments, enrich_learn, tmp_path) -> None:
    ran = enrich_learn(
        "fit", "--data", experiments / "bank-additional-full.csv", "--outcome", "y", "--out", tmp_path
    )
    assert ran.code == 1
    assert "--exclude duration" in ran.error


def test_public_mail_experiment(experiments, enrich_learn, tmp_path) -> None:
    table = experiments / "karlan_list_2007.csv"
    fit = (
        "fit",
        "--data",
        table,
        "--outcome",
        "out_gavedum",
        "--treatment",
        "treatment",
        "--control",
        "0",
        "--out",
        tmp_path,
    )
    ran = enrich_learn(*fit)
    assert ran.code == 1
    assert "out_amountgive" in ran.error
    ran = enrich_learn(*fit, "--exclude", "out_amountgive,out_changeamtgive")
    assert ran.code == 0
    assert "`redcty`: politics" in ran.out
    assert "`treat_ratio2`: reveals the arm" in ran.out
