"""Simulated experiments whose truth is known."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from service.learn.models.geo_value import Panel


def shop(rows: int, seed: int, effect: str = "none", base: float = -1.5) -> pd.DataFrame:
    """Leads with two arms and a control. `effect`: none, same (mail helps all), personal (each arm helps
    one dwelling and harms the other).
    """
    rng = np.random.default_rng(seed)
    dwelling = rng.choice(["Ejerbolig", "Almen lejebolig", "Andel på Østerbro"], rows)
    age = rng.integers(18, 90, rows).astype(float)
    income = np.exp(rng.normal(12.5, 0.5, rows)).round(0)
    tenure = rng.exponential(3, rows).round(1)
    arm = rng.choice(["control", "bike", "book"], rows)
    owner = dwelling == "Ejerbolig"
    logit = base + 0.02 * (age - 50) + 0.5 * owner + 0.2 * np.log(income / 270000)
    if effect == "same":
        logit = logit + 0.6 * (arm == "bike") + 0.2 * (arm == "book")
    if effect == "personal":
        logit = logit + np.where(arm == "bike", np.where(owner, 1.2, -0.8), 0)
        logit = logit + np.where(arm == "book", np.where(owner, -0.8, 1.2), 0)
    bought = rng.random(rows) < 1 / (1 + np.exp(-logit))
    age[rng.random(rows) < 0.05] = -999
    return pd.DataFrame(
        {
            "alder": age, "indkomst": income, "bolig": dwelling, "kunde_aar": tenure,
            "arm": arm, "bought": np.where(bought, "ja", "nej"),
        }
    )  # fmt: skip


def customers(rows: int, seed: int, half_life: float = 150.0) -> Panel:
    """Outcomes in which the variance explained by geography falls by half every `half_life` days."""
    rng = np.random.default_rng(seed)
    tenure = rng.choice([5, 30, 60, 120, 250, 500, 1000], rows).astype(float)
    geo, behaviour = rng.normal(size=(rows, 2)), rng.normal(size=(rows, 2))
    weight = 0.1 + 0.9 * 0.5 ** (tenure / half_life)
    margin = -1.0 + 1.2 * np.sqrt(weight) * geo[:, 0] + 1.2 * np.sqrt(1 - weight) * behaviour[:, 0]
    y = (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
    return Panel(tenure, geo, behaviour, y, rng.integers(0, rows // 3, rows))


@pytest.fixture(scope="session")
def experiments() -> Path:
    """The public experiments beside the project."""
    folder = os.environ.get("ENRICH_RAW_DATA")
    if not folder or not (Path(folder) / "experiments").is_dir():
        pytest.skip("ENRICH_RAW_DATA names no folder with experiments/")
    return Path(folder) / "experiments"
