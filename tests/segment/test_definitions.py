"""Definitions: every adult household falls into exactly one segment, and faults name file and line."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import PolicyError
from service.segment.cells import ATTRIBUTES, CELLS, attribute_of_cells
from service.segment.definition_file import LANGUAGES, Card
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


def one_segment(code: str, *rules: str, card: str = "") -> str:
    """A [[segment]] block; its first rule begins on line 18."""
    words = "\n".join(f'{language} = "{code} in {language}"' for language in LANGUAGES)
    card = card or (
        'needs = ["time"]\nmotivators = ["ease"]\nchannels = ["app"]\nmedia = "broad"\npriority = 1'
    )
    blocks = "".join(f"\n[[segment.rule]]\n{rule}\n" for rule in rules)
    return (
        f'[[segment]]\ncode = "{code}"\n[segment.name]\n{words}\n[segment.portrait]\n{words}\n'
        f"{blocks}\n[segment.card]\n{card}\n"
    )


def faults_of(folder: Path, *texts: str) -> list[tuple[str, str]]:
    """(file:line, sentence) of every fault of the given files."""
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_definitions(folder)
    lines = [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]
    return [(where, sentence) for where, _, sentence in (line.partition(": ") for line in lines)]


def test_two_files_are_read_by_name_and_make_one_list(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(one_segment("A2", 'children = ["no"]'), encoding="utf-8")
    (tmp_path / "a.toml").write_text(one_segment("A1", 'children = ["yes"]'), encoding="utf-8")
    found = load_definitions(tmp_path)
    assert found.codes == ("A1", "A2")
    assert (found.cell_segment == 1 - attribute_of_cells("children")).all()
    assert found.by_code("A2").where == f"{tmp_path / 'b.toml'}:1"
    assert found.by_code("A1").card == Card(("time",), ("ease",), ("app",), "broad", 1)
    with pytest.raises(KeyError):
        found.by_code("A3")
    (tmp_path / "b.toml").write_text(one_segment("A2", 'children = ["no"]') + "# seen\n", encoding="utf-8")
    assert load_definitions(tmp_path).version != found.version


def test_rules_of_one_segment_are_alternatives_and_the_attributes_of_a_rule_go_together(
    tmp_path: Path,
) -> None:
    """Two of three urbanities × half of 384 are families in town, and a quarter of all live in row houses."""
    rules = ('children = ["yes"]\nurbanity = ["city", "town"]', 'dwelling = ["row"]')
    families, rows, both = 2 * 192, 3 * 96, 2 * 48
    assert faults_of(tmp_path, one_segment("A1", *rules)) == [
        (
            "0.toml:1",
            f"{1152 - families - rows + both} of 1152 kinds of household fall into no segment, such as "
            "life_stage=18_29, children=no, dwelling=detached, tenure=owner, affluence=low, urbanity=rural; "
            "widen a rule or add a segment for them",
        )
    ]


def test_each_pair_that_overlaps_is_told_once(tmp_path: Path) -> None:
    seniors = 'children = ["no"]\nurbanity = ["city"]\nlife_stage = ["65_plus"]\ntenure = ["owner"]'
    families, others = one_segment("A1", 'children = ["yes"]'), one_segment("A2", 'children = ["no"]')
    second = families.count("\n") + 1
    third = second + others.count("\n")
    assert faults_of(tmp_path, families + others + one_segment("A3", seniors)) == [
        (
            f"0.toml:{third}",
            f"segment A3 overlaps A2 ({tmp_path}/0.toml:{second}) in 12 kinds of household, such as "
            "life_stage=65_plus, children=no, dwelling=detached, tenure=owner, affluence=low, urbanity=city; "
            "narrow one of the two",
        )
    ]


def test_a_segment_whose_values_are_all_unknown_fits_nobody(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "# first\n" + one_segment("A1", 'children = ["maybe"]'))
    assert faults == [("0.toml:18", "segment A1: children has no value 'maybe'; known are no, yes")]


def test_the_same_code_in_two_files_names_both_places(tmp_path: Path) -> None:
    texts = [one_segment("A1", f'children = ["{value}"]') for value in ("yes", "no")]
    assert faults_of(tmp_path, *texts) == [
        ("1.toml:1", f"code A1 is already used at {tmp_path}/0.toml:1; give this segment a code of its own")
    ]


def test_every_fault_of_a_block_is_told_on_its_own_line(tmp_path: Path) -> None:
    """The same key may stand in several blocks: the line is that of the block with the fault."""
    card = (
        'needs = []\nmotivators = ["ease", 1]\nchannels = "app"\nmedia = "broad"\n'
        'priority = true\ntone = "warm"'
    )
    sound = one_segment("A1", 'children = ["yes"]')
    wrong = one_segment("A2", 'children = "no"', "tenure = []", card=card)
    start = sound.count("\n")
    told = faults_of(tmp_path, sound + wrong.replace('sv = "A2 in sv"', 'sv = "  "', 1))
    lines = wrong.splitlines()
    assert [(int(where.removeprefix("0.toml:")) - start, sentence) for where, sentence in told[:-1]] == [
        (lines.index("[segment.name]") + 1, "segment A2 has no name in 'sv'; write one"),
        (lines.index('children = "no"') + 1, "segment A2: write children as a list of values, not empty"),
        (lines.index("tenure = []") + 1, "segment A2: write tenure as a list of values, not empty"),
        (lines.index('tone = "warm"') + 1, "segment A2: unknown card line 'tone'"),
        (lines.index("needs = []") + 1, "segment A2: card line needs is a list of words, not empty"),
        (
            lines.index('motivators = ["ease", 1]') + 1,
            "segment A2: card line motivators is a list of words, not empty",
        ),
        (lines.index('channels = "app"') + 1, "segment A2: card line channels is a list of words, not empty"),
        (lines.index("priority = true") + 1, "segment A2: priority is True; write 1, 2 or 3"),
    ]
    assert told[-1][1].startswith("576 of 1152 kinds of household fall into no segment")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("x = 1\n", "0.toml:1", "unknown table 'x'; a file holds only [[segment]] blocks"),
        ("\n[other]\n", "0.toml:2", "unknown table 'other'; a file holds only [[segment]] blocks"),
        ("\n[segment]\ncode = 1\n", "0.toml:2", "write each segment as a [[segment]] block"),
        ("segment = [1]\n", "0.toml:1", "write each segment as a [[segment]] block"),
        ("segment = [{code = 'a'}]\n", "0.toml:1", "code 'a' is not a letter and a number such as A1"),
        ("[[segment]]\n\ncode = 7\n", "0.toml:3", "code 7 is not a letter and a number such as A1"),
        ("[[segment]]\n\nname = 7\n", "0.toml:1", "code None is not a letter and a number such as A1"),
        ("a = 1\nb = = 2\n", "0.toml:2", "not valid TOML"),
        ("a = 1\nb = 'x", "0.toml:2", "not valid TOML"),
        ("b = 'x", "0.toml:1", "not valid TOML"),
    ],
)
def test_what_is_no_list_of_segments_is_told_on_its_line(
    tmp_path: Path, text: str, where: str, says: str
) -> None:
    (told,) = [(at, sentence) for at, sentence in faults_of(tmp_path, text) if sentence.startswith(says)]
    assert told[0] == where


def test_a_block_without_its_parts_says_which(tmp_path: Path) -> None:
    block = '[[segment]]\ncode = "A1"\nname = 1\nportrait = {}\nrule = []\n'
    assert faults_of(tmp_path, block) == [
        ("0.toml:3", "segment A1: write name as a table, one line per language"),
        *(("0.toml:4", f"segment A1 has no portrait in {language!r}; write one") for language in LANGUAGES),
        ("0.toml:5", "segment A1 has no [[segment.rule]]; write at least one"),
        ("0.toml:1", "segment A1 has no [segment.card]; write one"),
    ]


def test_what_a_block_lacks_is_told_at_its_head_though_a_later_block_has_it(tmp_path: Path) -> None:
    whole = one_segment("A2", 'children = ["no"]')
    without_card = one_segment("A1", 'children = ["yes"]').partition("[segment.card]")[0]
    faults = faults_of(tmp_path, without_card + whole)
    assert faults[0] == ("0.toml:1", "segment A1 has no [segment.card]; write one")


def test_every_line_of_a_rule_is_checked(tmp_path: Path) -> None:
    rule = 'age = ["old"]\nwealth = ["much"]\nchildren = "no"\ntenure = []\ndwelling = ["hut", "cave"]'
    told = [sentence for _, sentence in faults_of(tmp_path, one_segment("A1", rule))]
    known = "known are life_stage, children, dwelling, tenure, affluence, urbanity"
    dwellings = "known are detached, row, flat, dormitory_other"
    assert told == [
        f"segment A1: no attribute 'age'; {known}",
        f"segment A1: no attribute 'wealth'; {known}",
        "segment A1: write children as a list of values, not empty",
        "segment A1: write tenure as a list of values, not empty",
        f"segment A1: dwelling has no value 'hut'; {dwellings}",
        f"segment A1: dwelling has no value 'cave'; {dwellings}",
    ]


def test_faults_of_every_file_are_told(tmp_path: Path) -> None:
    texts = [one_segment(code, 'children = ["maybe"]') for code in ("A1", "A2")]
    assert [where for where, _ in faults_of(tmp_path, *texts)] == ["0.toml:17", "1.toml:17"]
