"""Sensitive columns are refused by name, at load and at writing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from service.errors import CheckError, SourceError
from service.refdata.catalogue import TableSpec, load_catalogue
from service.refdata.denied import load_denied
from service.refdata.reading import read_table
from service.refdata.writing import write_arrow

# Real file and column names of the publishers.
SENSITIVE = {
    "Medlemsskab_af_folkekirken_fordelt_p_afstemning___.csv": "Medlem af folkekirken",
    "Kriminalitet_B_Anholdelser.csv": "Anholdelser",
    "Kriminalitet_C_Retsafgrelser1_Skyldig.csv": "Skyldig",
    "Indvandrere_og_efterkommere_fordelt_efter_oprin___.csv": "Efterkommere",
    "Personer_fordelt_efter_samlet_ydelsesvarighed_a___.csv": "18-29 år_0 - 3 mdr.",
    "Antal_personer_opgjort_efter_statsborgerskab_kn___.csv": "Kvinder 0-4 år_03. Tyrkiet",
}


@pytest.mark.parametrize("file", SENSITIVE)
def test_a_sensitive_table_is_refused_by_name(file: str, tmp_path: Path) -> None:
    column = SENSITIVE[file]
    path = tmp_path / file
    path.write_text(f"ValgstedId,{column}\r\n101001,5\r\n", "utf-8")
    spec = TableSpec(name="secret", file=file, columns={"x": column})
    with pytest.raises(SourceError, match=f"{file}.*denied"):
        read_table(path, spec, "ValgstedId")


def test_a_sensitive_column_in_an_innocent_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("id,Medlem af folkekirken\n1,5\n", "utf-8")
    spec = TableSpec(name="t", file="figures.csv", columns={"members": "Medlem af folkekirken"})
    with pytest.raises(
        SourceError, match=r"figures\.csv: column 'Medlem af folkekirken' is denied \(religion"
    ):
        read_table(path, spec, "id")


def test_the_fold_holds_only_for_its_own_table(tmp_path: Path) -> None:
    file = "Antal_personer_opgjort_efter_statsborgerskab_kn___.csv"
    denied = load_denied()
    denied.refuse(file, ["x_01. Danmark"], folds="citizenship", into="age_sex")
    with pytest.raises(SourceError, match="denied"):
        denied.refuse(file, ["x_01. Danmark"], folds="citizenship", into="citizens")
    with pytest.raises(SourceError, match="denied"):
        denied.refuse("another_statsborgerskab.csv", [], folds="citizenship", into="age_sex")


def test_nothing_by_citizenship_leaves_the_reader(small_raw: Path) -> None:
    from service.refdata.countries.dk.margins import load_margins

    columns = list(load_margins(small_raw)["age_sex"].columns)
    assert len(columns) == 32
    assert all(c.count("|") == 1 and c.split("|")[0] in {"f", "m"} for c in columns)


def test_a_denied_column_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="'church_members' is denied"):
        write_arrow(pa.table({"church_members": [1]}), tmp_path / "t.arrow")
    assert not (tmp_path / "t.arrow").exists()


def test_no_table_of_the_catalogue_takes_a_denied_column() -> None:
    denied = load_denied()
    taken = 0
    for source in load_catalogue().values():
        for table in source.tables.values():
            for label in table.columns.values():
                taken += 1
                assert denied.match(label) is None, f"{source.id}.{table.name}: {label}"
    assert taken > 50


def test_without_its_list_nothing_loads(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="deny-list"):
        load_denied(tmp_path)
