"""Every number of a policy has ends, and both ends are allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from service.decide.policy import load_policy
from service.errors import PolicyError

# file, what stands there, what may be written, what may not
ENDS = [
    (
        "company.toml",
        "margin_floor = 100",
        ("margin_floor = 0", "margin_floor = 130"),
        ("margin_floor = -1",),
    ),
    (
        "company.toml",
        "discount_budget_per_day = 25000",
        ("discount_budget_per_day = 0", "discount_budget_per_day = 1000000000"),
        ("discount_budget_per_day = -1", "discount_budget_per_day = 1000000001"),
    ),
    ("experiment.toml", "share = 0.05", ("share = 0", "share = 0.5"), ("share = -0.01", "share = 0.51")),
    (
        "offers.toml",
        "min_share = 0.6",
        ("min_share = 0", "min_share = 1"),
        ("min_share = -0.1", "min_share = 1.1"),
    ),
    (
        "offers.toml",
        "priority = 1000",
        ("priority = 1", "priority = 9999"),
        ("priority = 0", "priority = 10000"),
    ),
    (
        "offers.toml",
        "valid_days = 30",
        ("valid_days = 1", "valid_days = 365"),
        ("valid_days = 0", "valid_days = 366"),
    ),
    ("offers.toml", "reach = 0.9", ("reach = 0", "reach = 1"), ("reach = -0.1", "reach = 1.1")),
    (
        "offers.toml",
        "response = 0.05",
        ("response = 0", "response = 1"),
        ("response = -0.1", "response = 1.1"),
    ),
    ("offers.toml", "A1 = 0.08", ("A1 = 0", "A1 = 1"), ("A1 = -0.1", "A1 = 1.1", "Z1 = 0.1")),
    ("offers.toml", "cost = 1", ("cost = 0", "cost = 1000000"), ("cost = -1", "cost = 1000001")),
    ("offers.toml", "margin = 240", ("margin = 1000000",), ("margin = 1000001",)),
    ("offers.toml", "discount = 110", ("discount = 109",), ("discount = -1", "discount = 1000001")),
    (
        "offers.toml",
        "cap_per_day = 200",
        ("cap_per_day = 1", "cap_per_day = 1000000000"),
        ("cap_per_day = 0", "cap_per_day = 1000000001"),
    ),
    (
        "offers.toml",
        "cap_per_day = 200",
        ("rollout_percent = 0", "rollout_percent = 100"),
        ("rollout_percent = -1", "rollout_percent = 101"),
    ),
    (
        "weights.toml",
        "half_life_days = 90",
        ("half_life_days = 1", "half_life_days = 36500"),
        ("half_life_days = 0", "half_life_days = 36501"),
    ),
    ("weights.toml", "floor = 0.05", ("floor = 0", "floor = 1"), ("floor = -0.1", "floor = 1.1")),
    (
        "subsegments.toml",
        "quiet_days = [45, 100000]",
        ("quiet_days = [0, 1000000000000]",),
        ("quiet_days = [-1, 3]",),
    ),
]
ALLOWED = [(name, old, new) for name, old, right, _ in ENDS for new in right]
REFUSED = [(name, old, new) for name, old, _, wrong in ENDS for new in wrong]


@pytest.mark.parametrize(("name", "old", "new"), ALLOWED)
def test_the_ends_are_allowed(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, name: str, old: str, new: str
) -> None:
    edit(name, old, new)
    load_policy(policy_folder, codes)


@pytest.mark.parametrize(("name", "old", "new"), REFUSED)
def test_beyond_the_ends_is_refused_where_it_stands(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, name: str, old: str, new: str
) -> None:
    line = edit(name, old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith(f"{name}:{line}: ")


def test_an_offer_must_leave_the_margin_floor_to_the_penny(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable
) -> None:
    edit("offers.toml", "discount = 110", "discount = 140")
    policy = load_policy(policy_folder, codes)
    edit("offers.toml", "discount = 140", "discount = 140.01")
    with pytest.raises(PolicyError, match=r"leaves 99\.99, under the margin floor of 100"):
        load_policy(policy_folder, codes)
    assert policy.company.margin_floor == 100
