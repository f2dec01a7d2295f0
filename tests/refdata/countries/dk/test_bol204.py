"""BOL204 in the two documented forms of the StatBank interface, and damaged ones."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from service.errors import SourceError
from service.refdata.countries.dk.bol204 import load_bol204
from service.refdata.countries.dk.joint import SEED
from service.refdata.joint.margins import AreaMargins
from service.refdata.joint.seed import build_seed, load_seed_file

USES = [
    "Stuehuse til landbrugsejendomme",
    "Parcelhuse",
    "Række-, kæde- og dobbelthuse",
    "Etageboliger",
    "Kollegier",
]
TENURES = ["Beboet af ejer", "Beboet af lejer", "Uoplyst"]
CHILDREN = ["0 børn", "1 barn", "2 børn"]
AGES = ["0-17 år", "18-24 år", "25-29 år", "30-49 år", "50-64 år", "65 år og derover"]


def csv_rows() -> list[str]:
    header = "OMRÅDE;ANVENDELSE;UDLFORH;HUSTYPE;ANTAL BØRN;ALDER;KØN;TID;INDHOLD"
    rows = [header]
    for region in ("Hele landet", "København", "Region Hovedstaden"):
        for use in USES:
            for tenure in TENURES:
                for children in CHILDREN:
                    for age in AGES:
                        for sex, count in (("I alt", 3), ("Mænd", 1), ("Kvinder", 2)):
                            rows.append(f"{region};{use};{tenure};I alt;{children};{age};{sex};2024;{count}")
    return rows


def test_csv_counts_adults_once_without_totals_children_or_unknown_tenure(tmp_path: Path) -> None:
    path = tmp_path / "bol204.csv"
    path.write_bytes("\n".join(csv_rows()).encode("iso-8859-1"))
    counts = load_bol204(path)
    assert counts.shape == (4, 2, 4, 2)
    assert counts.sum() == 5 * 2 * 3 * 5 * 3  # uses, tenures, children, adult ages, persons: the country only
    assert counts[0, 0, 0, 0] == 2 * 2 * 3  # two age bands, farm and detached, no children, owner
    assert counts[1, 1, 2, 1] == 2 * 3  # one or two children, flat, not owner


def test_json_stat_gives_the_same_table(tmp_path: Path) -> None:
    dimensions = {
        "ANVENDELSE": USES,
        "UDLFORH": TENURES,
        "ANTBORN": CHILDREN,
        "ALDER": AGES,
        "OMRÅDE": ["Hele landet"],
    }
    table = {
        "dataset": {
            "dimension": {
                "id": list(dimensions),
                **{
                    name: {"category": {"index": {f"c{n}": n for n in range(len(labels))},
                                        "label": {f"c{n}": label for n, label in enumerate(labels)}}}
                    for name, labels in dimensions.items()
                },
            },
            "value": [3] * int(np.prod([len(labels) for labels in dimensions.values()])),
        }
    }  # fmt: skip
    path, other = tmp_path / "bol204.json", tmp_path / "bol204.csv"
    path.write_text(json.dumps(table), encoding="utf-8")
    other.write_text("\n".join(csv_rows()), encoding="utf-8")
    assert np.array_equal(load_bol204(path), load_bol204(other))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text.replace("UDLFORH", "EJER"), "row 1.*no column for tenure"),
        (lambda text: text.replace("30-49 år", "25-34 år"), "column age.*crosses"),
        (lambda text: text.replace(";2\n", ";-2\n"), "row \\d+.*not-negative"),
        (lambda text: text[: len(text) // 2].rsplit(";", 1)[0], "rule width"),
        (lambda text: "<html><body>busy</body></html>", "row 1.*no column"),
        (lambda text: "{" + text, "not a whole JSON-stat answer"),
        (lambda text: text.split("\n")[0], "no adult"),
        (lambda text: text.replace("Etageboliger", "Andet"), "column use.*hold nobody"),
    ],
)
def test_a_damaged_table_stops_with_file_row_and_rule(tmp_path: Path, damage, says: str) -> None:
    path = tmp_path / "bol204.csv"
    path.write_text(damage("\n".join(csv_rows())), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_bol204(path)
    assert re.search(says, str(caught.value))
    assert "bol204.csv" in str(caught.value)


def test_as_the_seed_it_replaces_the_published_pairs_and_keeps_the_national_margins() -> None:
    values = {"life_stage": 4, "children": 2, "dwelling": 4, "tenure": 4, "affluence": 3}
    rng = np.random.default_rng(4)
    shares = {name: rng.dirichlet(np.full(k, 20.0), size=60) for name, k in values.items()}
    margins = AreaMargins(
        tuple(str(n) for n in range(60)), np.full(60, 500.0), shares,
        {name: shares[name].mean(axis=0) for name in ("life_stage", "dwelling", "tenure")},
    )  # fmt: skip
    register = np.ones((4, 2, 4, 2))
    register[1, 1, 0, 0] = 50.0  # families of 30-49 in their own detached house
    seed = build_seed(load_seed_file(SEED), margins, register)
    assert seed.sum() == pytest.approx(1)
    for axis, (name, _) in enumerate(values.items()):
        ours = seed.sum(axis=tuple(a for a in range(5) if a != axis))
        assert np.allclose(ours, margins.national(name), atol=1e-4)
    owned = seed.sum(axis=4)[:, :, 0, 0]  # life stage × children among owners of detached houses
    assert owned[1, 1] * owned[0, 0] / (owned[1, 0] * owned[0, 1]) == pytest.approx(50.0, rel=1e-3)
