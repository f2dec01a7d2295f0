"""`make mutants` itself: which faults it makes, and that a toy room's tests notice what they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.mutants.__main__ import EQUIVALENT, ROOMS, ROOT, read_equivalent, try_rooms
from tests.programs.mutants.faults import Source, sample

CODE = '''
"""A toy."""
from dataclasses import dataclass

KEPT_SUMS = 100


@dataclass(frozen=True)
class Sum:
    value: int

    def __repr__(self):
        return "+" if self.value > 0 else "-"


def is_large(value: int) -> bool:
    """From 10 on."""
    if value < 0:
        raise ValueError(f"{value - 1} is too small")
    return value >= 10


def is_odd(value: int) -> bool:
    return value % 2 == 1
'''
TESTS = """
from service.toy.sums import is_large, is_odd

def test_ten_is_large_and_nine_is_not():
    assert is_large(10)
    assert not is_large(9)

def test_zero_may_be_asked():
    is_large(0)

def test_a_number_is_odd_or_not():
    assert is_odd(3) in (True, False)
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    files = {"service/toy/sums.py": CODE, "service/__init__.py": "", "tests/toy/test_sums.py": TESTS}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def _changes(root: Path) -> set[tuple[str, str]]:
    return {(f.before, f.after) for f in Source(root, root / "service/toy/sums.py").every()}


def test_a_fault_changes_a_rule(toy: Path) -> None:
    assert _changes(toy) == {
        ("if value < 0:", "if value <= 0:"),
        ("if value < 0:", "if value < 1:"),
        ("return value >= 10", "return value > 10"),
        ("return value >= 10", "return value >= 11"),
        ("return value % 2 == 1", "return value / 2 == 1"),
        ("return value % 2 == 1", "return value % 3 == 1"),
        ("return value % 2 == 1", "return value % 2 != 1"),
        ("return value % 2 == 1", "return value % 2 == 2"),
    }


def test_what_no_test_can_be_asked_to_notice_is_left_out(toy: Path) -> None:
    touched = " ".join(before for before, _ in _changes(toy))
    for noise in ("KEPT_SUMS", "frozen", '"+"', "too small", "->", "A toy"):
        assert noise not in touched


def test_the_same_seed_chooses_the_same_faults(toy: Path) -> None:
    one, again, other = (sample(toy, "toy", seed, 4) for seed in (7, 7, 8))
    assert one == again
    assert len(one) == len(other) == 4
    assert one != other


def test_an_edit_elsewhere_moves_no_choice(toy: Path) -> None:
    before = {fault.key for fault in sample(toy, "toy", 7, 4)}
    path = toy / "service/toy/sums.py"
    path.write_text(path.read_text(encoding="utf-8").replace('"""A toy."""', '"""A toy.\n\nIt adds."""'))
    assert {fault.key for fault in sample(toy, "toy", 7, 4)} == before


def test_the_tests_of_a_toy_room_notice_what_they_assert_and_nothing_else(toy: Path) -> None:
    code = (toy / "service/toy/sums.py").read_bytes()
    zero = ("service/toy/sums.py", "is_large", "if value < 0:", "if value < 1:")
    (room,) = try_rooms(toy, ["toy"], 1, 100, {zero: "said for the test"})
    assert (room.noticed, room.tried, room.is_red) == (3, 7, True)
    assert {fault.where for fault in room.missed} == {"is_odd"}
    assert [(fault.key, reason) for fault, reason in room.same] == [(zero, "said for the test")]
    assert room.line().split() == ["toy", "3", "of", "7", "42.9%", "16%", "to", "75%", "RED"]
    assert (toy / "service/toy/sums.py").read_bytes() == code


def test_each_change_that_is_said_to_change_nothing_can_be_made() -> None:
    for key, reason in read_equivalent(EQUIVALENT).items():
        path = ROOT / key[0]
        assert path.is_file(), key
        assert path.relative_to(ROOT / "service").parts[0] in ROOMS, key
        assert key in {fault.key for fault in Source(ROOT, path).every()}, key
        assert len(reason) > 20, key
