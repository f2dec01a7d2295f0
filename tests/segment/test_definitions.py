"""Definitions: every adult household falls into exactly one segment, and faults name file and line."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import PolicyError
from service.segment.cells import ATTRIBUTES, CELLS
from service.segment.definition_file import LANGUAGES
from service.segment.definitions import Definitions, load_definitions

SHIPPED = Path(__file__).parents[2] / "reference_data" / "policy" / "segments" / "segments.toml"


def test_shipped_segments_put_every_kind_of_household_in_exactly_one(definitions: Definitions) -> None:
    kinds = np.stack([segment.kinds() for segment in definitions.segments])
    assert kinds.shape == (12, 3, CELLS)
    assert (kinds.sum(axis=0) == 1).all()
    assert (definitions.cell_segment == kinds.argmax(axis=0)).all()


def test_membership_sums_cells_to_segments(definitions: Definitions) -> None:
    for urbanity in range(3):
        matrix = definitions.membership(urbanity)
        assert (matrix.sum(axis=1) == 1).all()
        assert (matrix.argmax(axis=1) == definitions.cell_segment[urbanity]).all()


def test_every_segment_has_name_and_portrait_in_every_language(definitions: Definitions) -> None:
    for segment in definitions.segments:
        for language in LANGUAGES:
            assert segment.name(language) == segment.names[language]
            assert len(segment.portrait(language)) > 40
    assert len({segment.name("da") for segment in definitions.segments}) == 12


def test_a_language_that_is_not_written_falls_back_to_english(definitions: Definitions) -> None:
    assert definitions.by_code("A1").name("de") == "Young in the city"


def edited(tmp_path: Path, edit: Callable[[str], str]) -> Path:
    (tmp_path / "segments.toml").write_text(edit(SHIPPED.read_text(encoding="utf-8")), encoding="utf-8")
    return tmp_path


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "segments.toml").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)


CASES: list[tuple[Callable[[str], str], str, str]] = [
    (lambda t: t.replace('urbanity = ["city"]', 'urbanity = ["city", "town"]', 1), "[[seg", "overlaps A1"),
    (lambda t: t.replace('urbanity = ["rural", "town"]', 'urbanity = ["town"]', 1), "[[seg", "fall into no"),
    (lambda t: t.replace('code = "A2"', 'code = "A1"'), "[[segment]]", "already used"),
    (lambda t: t.replace('code = "A2"', 'code = "young"'), 'code = "young"', "not a letter and a number"),
    (lambda t: t.replace('["18_29"]', '["18_30"]', 1), '["18_30"]', "no value '18_30'; known are 18_29"),
    (lambda t: t.replace("life_stage =", "age =", 1), "  age =", "no attribute 'age'; known are life_stage"),
    (lambda t: t.replace('fi = "Nuoret kaupungissa"\n', "", 1), "[segment.name]", "no name in 'fi'"),
    (lambda t: t.replace('media = "precise"', 'media = "loud"', 1), 'media = "loud"', "broad or precise"),
    (lambda t: t.replace("priority = 1", "priority = 0", 1), "priority = 0", "write 1, 2 or 3"),
    (lambda t: t.replace('"app"', '"fax"', 1), '"fax"', "no channel 'fax'"),
    (lambda t: t.replace('code = "B1"', 'code = "B1"\ncolour = "red"'), "colour", "unknown key 'colour'"),
    (lambda t: t.replace("[segment.card]", "[segment.cards]", 1), "[segment.cards]", "unknown key 'cards'"),
    (lambda t: t.replace('code = "B1"', 'code = "B1', 1), 'code = "B1', "not valid TOML"),
    (lambda t: "# nothing\n", "# nothing", "no [[segment]]"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "line", "says"), CASES, ids=[says for _, _, says in CASES])
def test_a_fault_names_file_and_line_and_what_to_do(
    tmp_path: Path, edit: Callable[[str], str], line: str, says: str
) -> None:
    folder = edited(tmp_path, edit)
    with pytest.raises(PolicyError) as caught:
        load_definitions(folder)
    fault = next(f for f in str(caught.value).splitlines() if says in f)
    number = re.match(rf"{re.escape(str(folder / 'segments.toml'))}:(\d+): ", fault)
    assert number is not None
    written = (folder / "segments.toml").read_text(encoding="utf-8").splitlines()
    assert line in written[int(number.group(1)) - 1]


def test_a_gap_is_told_in_words(tmp_path: Path) -> None:
    folder = edited(tmp_path, lambda t: t.replace('urbanity = ["rural", "town"]', 'urbanity = ["town"]', 1))
    with pytest.raises(
        PolicyError, match=r"48 of 1152 kinds .* life_stage=18_29, children=no, .*urbanity=rural"
    ):
        load_definitions(folder)


def test_an_empty_folder_says_what_to_restore(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"restore segments\.toml"):
        load_definitions(tmp_path)


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "segments.toml").write_bytes("# a\n# b\n# ø".encode("iso-8859-1"))
    with pytest.raises(PolicyError, match=r"segments.toml:3: not UTF-8"):
        load_definitions(tmp_path)


def test_attributes_are_those_of_the_file_header() -> None:
    header = SHIPPED.read_text(encoding="utf-8").split("[[segment]]")[0]
    for name, values in ATTRIBUTES.items():
        line = next(line for line in header.splitlines() if line.startswith(f"#   {name}"))
        assert line.split("   ")[-1].split("(")[0].strip() or line
        assert all(value in line for value in values)
