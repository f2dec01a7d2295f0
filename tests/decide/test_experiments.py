"""Experiments, rollouts, learned picks: assigned by hash, logged with propensity, fixed while running."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.decide.choose import choose_treatments
from service.decide.experiments import check_experiment_unchanged
from service.decide.policy import Policy, load_policy
from service.decide.situation import Learned, Situation, Spent
from service.errors import PolicyError

Make = Callable[..., Situation]
Edit = Callable[[str, str, str], int]
N = 4_000


def frequencies(policy: Policy, slot: str, situations: list[Situation]) -> dict[str, tuple[float, float]]:
    """Treatment id -> (its frequency, its logged propensity)."""
    counts: Counter[str] = Counter()
    logged: dict[str, float] = {}
    for situation in situations:
        treatment = choose_treatments(policy, situation)[slot]
        counts[treatment.id] += 1
        assert logged.setdefault(treatment.id, treatment.propensity) == treatment.propensity
    return {code: (count / len(situations), logged[code]) for code, count in counts.items()}


def assert_honest(found: dict[str, tuple[float, float]]) -> None:
    assert sum(p for _, p in found.values()) == pytest.approx(1)
    for code, (share, p) in found.items():
        assert abs(share - p) <= 5 * math.sqrt(p * (1 - p) / N), code


@pytest.fixture
def leads(
    make_situation: Make, make_lead: Callable, make_segment: Callable
) -> Callable[..., list[Situation]]:
    def build(code: str, **more: object) -> list[Situation]:
        segment = make_segment(code)
        return [make_situation(make_lead(f"x{n}"), segment, **more) for n in range(N)]

    return build


def test_a_running_experiment_splits_the_treated(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, leads: Callable[..., list[Situation]]
) -> None:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    edit("experiment.toml", "starts = 2027-01-11", "starts = 2026-11-01")
    policy = load_policy(policy_folder, codes)
    found = frequencies(policy, "offer", leads("B1"))
    assert found["offer-week-plan"][1] == pytest.approx(0.475)
    assert found["offer-standard"][1] == pytest.approx(0.05 + 0.475)
    assert_honest(found)
    greeting = frequencies(policy, "greeting", leads("B1"))
    assert greeting["greet-week"][1] == pytest.approx(0.95)  # an experiment touches its own slot only


def test_an_experiment_that_has_not_started_changes_nothing(
    policy: Policy, leads: Callable[..., list[Situation]]
) -> None:
    assert frequencies(policy, "offer", leads("B1"))["offer-week-plan"][1] == pytest.approx(0.95)


def test_a_percentage_rollout(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, leads: Callable[..., list[Situation]]
) -> None:
    edit("offers.toml", "once_per_household = true\n", "once_per_household = true\nrollout_percent = 20\n")
    policy = load_policy(policy_folder, codes)
    found = frequencies(policy, "offer", leads("B1"))
    assert found["offer-week-plan"][1] == pytest.approx(0.95 * 0.2)
    assert_honest(found)


def test_an_experiment_with_a_rollout_and_variants_is_still_honest(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, leads: Callable[..., list[Situation]]
) -> None:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    edit("experiment.toml", "starts = 2027-01-11", "starts = 2026-11-01")
    edit("offers.toml", 'id = "offer-week-by-week"\n', 'id = "offer-week-by-week"\nrollout_percent = 40\n')
    policy = load_policy(policy_folder, codes)
    found = frequencies(policy, "offer", leads("A2"))
    assert found["offer-week-by-week.a"][1] == pytest.approx(0.95 * 0.5 * 0.4 * 0.5)
    assert_honest(found)


def test_a_learned_pick_is_followed_by_its_share_and_never_past_a_guardrail(
    policy: Policy, leads: Callable[..., list[Situation]]
) -> None:
    learned = Learned("uplift-1", 0.3, {"offer": "offer-large-box"})
    found = frequencies(policy, "offer", leads("B1", learned=learned))
    assert found["offer-large-box"][1] == pytest.approx(0.95 * 0.3)
    assert found["offer-week-plan"][1] == pytest.approx(0.95 * 0.7)
    assert_honest(found)
    paused = Spent(paused=frozenset({"offer-large-box"}))
    found = frequencies(policy, "offer", leads("B1", learned=learned, spent=paused))
    assert set(found) == {"offer-week-plan", "offer-standard"}
    shadow = Learned("uplift-1", 0.0, {"offer": "offer-large-box", "greeting": "no-such"})
    found = frequencies(policy, "offer", leads("B1", learned=shadow))
    assert found["offer-week-plan"][1] == pytest.approx(0.95)


def test_pausing_one_variant_pauses_its_treatment(
    policy: Policy, leads: Callable[..., list[Situation]]
) -> None:
    paused = Spent(paused=frozenset({"offer-week-by-week.a"}))
    assert set(frequencies(policy, "offer", leads("A2", spent=paused))) == {"offer-standard"}


# ---------------------------------------------------------------- fixed while running


@pytest.fixture
def running(policy_folder: Path, codes: tuple[str, ...], edit: Edit) -> dict[str, str]:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    return load_policy(policy_folder, codes).experiments.fingerprints


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "chosen"\n  share = 0.5', 'name = "chosen"\n  share = 0.6'),
        ('treatment = "offer-standard"', 'treatment = "offer-week-plan"'),
        ("starts = 2027-01-11", "starts = 2027-01-12"),
        ('salt_name = "hverdag-2026"', 'salt_name = "hverdag-2027"'),
    ],
)
def test_a_running_experiment_may_not_be_changed(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, running: dict[str, str], old: str, new: str
) -> None:
    edit("experiment.toml", old, new)
    if "0.6" in new:
        edit("experiment.toml", 'name = "standard"\n  share = 0.5', 'name = "standard"\n  share = 0.4')
    changed = load_policy(policy_folder, codes)
    with pytest.raises(PolicyError, match=r"experiment\.toml:\d+: .* is running and has been changed"):
        check_experiment_unchanged(running, changed.experiments)


def test_the_holdout_is_fixed_too(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, running: dict[str, str]
) -> None:
    edit("experiment.toml", "share = 0.05", "share = 0.1")
    with pytest.raises(PolicyError, match="'global_holdout' is running and has been changed"):
        check_experiment_unchanged(running, load_policy(policy_folder, codes).experiments)


def test_a_running_experiment_may_not_be_removed_or_put_back_to_planned(
    policy: Policy, policy_folder: Path, codes: tuple[str, ...], running: dict[str, str]
) -> None:
    same = load_policy(policy_folder, codes).experiments
    check_experiment_unchanged(running, same)
    with pytest.raises(PolicyError, match="'gone-2026' is running and has been removed"):
        check_experiment_unchanged({**running, "gone-2026": "0" * 64}, same)
    with pytest.raises(PolicyError, match="has been changed"):
        check_experiment_unchanged(running, policy.experiments)  # as shipped: planned


def test_it_may_be_ended_prolonged_and_joined_by_others(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, running: dict[str, str]
) -> None:
    edit("experiment.toml", "ends = 2027-03-31", "ends = 2027-04-30")
    check_experiment_unchanged(running, load_policy(policy_folder, codes).experiments)
    edit("experiment.toml", 'status = "running"', 'status = "ended"')
    check_experiment_unchanged(running, load_policy(policy_folder, codes).experiments)


def test_two_experiments_may_not_run_in_one_slot_on_the_same_day(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit
) -> None:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    path = policy_folder / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    block = text[text.index("[[experiment]]") :]
    path.write_text(text + block.replace("offer-chosen-or-standard-2027", "another"), encoding="utf-8")
    with pytest.raises(PolicyError, match="already runs in slot 'offer'"):
        load_policy(policy_folder, codes)


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "standard"\n  share', 'name = "chosen"\n  share', "two or more arms with different names"),
        ('share = 0.5\n  treatment = "policy"', 'share = 0.4\n  treatment = "policy"', "sum to 0.9, not 1"),
        ('share = 0.5\n  treatment = "policy"', 'share = 0\n  treatment = "policy"', "from 0.001 to 1"),
        ("ends = 2027-03-31", "ends = 2027-01-10", "ends 2027-01-10 lies before starts 2027-01-11"),
        ('slot = "offer"', 'slot = "greetings"', "'slot' is 'greetings'"),
        ('status = "planned"', 'status = "paused"', "'status' is 'paused'"),
        ('reason = "Is', 'because = "Is', "'reason' is missing"),
    ],
)
def test_faults_in_an_experiment(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, old: str, new: str, says: str
) -> None:
    edit("experiment.toml", old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith("experiment.toml:")
    assert says in str(caught.value)


def test_one_arm_alone_is_no_experiment(policy_folder: Path, codes: tuple[str, ...]) -> None:
    path = policy_folder / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text[: text.rindex("  [[experiment.arm]]")].replace("share = 0.5", "share = 1"), encoding="utf-8"
    )
    with pytest.raises(PolicyError, match="two or more arms"):
        load_policy(policy_folder, codes)


def add_second(policy_folder: Path, name: str, **changes: str) -> None:
    """One more experiment like the first, with these changes."""
    path = policy_folder / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    block = text[text.index("[[experiment]]\nname") :].replace("offer-chosen-or-standard-2027", name)
    for old, new in changes.values():
        assert old in block
        block = block.replace(old, new)
    path.write_text(text + block, encoding="utf-8")


def test_a_name_is_for_ever(policy_folder: Path, codes: tuple[str, ...]) -> None:
    add_second(policy_folder, "offer-chosen-or-standard-2027", status=("planned", "ended"))
    with pytest.raises(PolicyError, match="is there twice; a name is for ever"):
        load_policy(policy_folder, codes)


@pytest.mark.parametrize(
    ("starts", "ends", "clash"),
    [
        ("2027-03-31", "2027-04-30", True),
        ("2027-04-01", "2027-04-30", False),
        ("2026-12-01", "2027-01-11", True),
        ("2026-12-01", "2027-01-10", False),
        ("2027-02-01", "2027-02-02", True),
    ],
)
def test_experiments_of_a_slot_may_follow_each_other(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, starts: str, ends: str, clash: bool
) -> None:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    add_second(
        policy_folder, "second", starts=("starts = 2027-01-11", f"starts = {starts}"),
        ends=("ends = 2027-03-31", f"ends = {ends}"),
    )  # fmt: skip
    if clash:
        with pytest.raises(PolicyError, match="already runs in slot 'offer' on some of these days"):
            load_policy(policy_folder, codes)
    else:
        experiments = load_policy(policy_folder, codes).experiments
        first, second = experiments.listed
        for one in (first, second):
            for day in (one.starts, one.ends):
                assert experiments.running("offer", day) is one
        assert experiments.running("offer", min(first.starts, second.starts) - timedelta(days=1)) is None
        assert experiments.running("offer", max(first.ends, second.ends) + timedelta(days=1)) is None
        assert experiments.running("greeting", first.starts) is None


def test_what_does_not_run_clashes_with_nothing(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit
) -> None:
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    add_second(policy_folder, "second", status=("running", "planned"))
    experiments = load_policy(policy_folder, codes).experiments
    assert [e.is_running(e.starts) for e in experiments.listed] == [True, False]
    assert set(experiments.fingerprints) == {"global_holdout", "offer-chosen-or-standard-2027"}
