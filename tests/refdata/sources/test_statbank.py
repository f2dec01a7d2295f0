"""StatBank fetchers against a local server that answers in the publisher's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.sources import statbank
from service.refdata.sources.registry import fetcher_of
from service.refdata.sources.statbank import by_area, read_statbank, table_path
from tests.refdata.publisher import CATALOGUE, fetcher, plain, source_at

STATBANK = [source.id for source in CATALOGUE.values() if source.form == "statbank"]


def tableinfo(
    source: Source, updated: str = "2026-11-11T08:00:00", extra: tuple[dict[str, Any], ...] = ()
) -> str:
    """What `tableinfo` says of a table, in the publisher's form."""
    variables = []
    for code, wanted in source.fetch["variables"].items():
        ids = ["2025K3", "2025K4"] if wanted == "latest" else [*wanted] if wanted != ["*"] else ["101", "751"]
        variables.append({"id": code, "text": code, "elimination": False, "time": code == "Tid",
                          "values": [{"id": i, "text": i} for i in ids]})  # fmt: skip
    return json.dumps({"id": source.fetch["table"], "updated": updated, "variables": [*variables, *extra]})


def bulk(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """What `data` sends for a BULK query: header of codes, one row per cell."""
    query = json.loads(sent)
    assert query["format"] == "BULK"
    codes = [v["code"].upper() for v in query["variables"]]
    rows = [[("101", "751")[n] if v["values"] == ["*"] else v["values"][0] for v in query["variables"]]
            for n in range(2)]  # fmt: skip
    lines = [";".join([*codes, "INDHOLD"]), *(";".join([*row, str(1000 + n)]) for n, row in enumerate(rows))]
    if rows[0] == rows[1]:
        lines.pop()
    return 200, {"Content-Type": "text/csv"}, ("\r\n".join(lines) + "\r\n").encode()


@pytest.mark.parametrize("name", STATBANK)
def test_every_statbank_source_asks_for_the_newest_period(name: str, publisher: Any, tmp_path: Path) -> None:
    source = source_at(name, publisher)
    table = source.fetch["table"]
    publisher.says(f"/v1/tableinfo/{table}", plain(tableinfo(source)))
    publisher.says("/v1/data", bulk)
    (got,) = fetcher_of(source)(fetcher(), source, tmp_path)
    assert got.file == tmp_path / "dk" / "statbank" / f"{table}.csv"
    sent = json.loads(next(body for method, *_, body in publisher.seen if method == "POST"))
    assert {v["code"]: v["values"] for v in sent["variables"]}["Tid"] == ["2025K4"]
    (again,) = fetcher_of(source)(fetcher(), source, tmp_path)
    assert not again.changed
    assert publisher.calls("/v1/data") == 1  # `updated` is the same


def test_statbank_figures_per_municipality(publisher: Any, tmp_path: Path) -> None:
    source = source_at("statbank-folk1a", publisher)
    publisher.says("/v1/tableinfo/FOLK1A", plain(tableinfo(source)))
    publisher.says("/v1/data", bulk)
    statbank.fetch(fetcher(), source, tmp_path)
    table = read_statbank(table_path(tmp_path, source))
    assert by_area(table, source, {}).to_dict() == {"0101": 1000.0, "0751": 1001.0}


def test_a_newer_table_is_fetched(publisher: Any, tmp_path: Path) -> None:
    source = source_at("statbank-folk1a", publisher)
    publisher.says(
        "/v1/tableinfo/FOLK1A", plain(tableinfo(source)), plain(tableinfo(source, "2027-02-11T08:00:00"))
    )
    publisher.says("/v1/data", bulk)
    statbank.fetch(fetcher(), source, tmp_path)
    statbank.fetch(fetcher(), source, tmp_path)
    assert publisher.calls("/v1/data") == 2


HEAD = "OMRÅDE;KØN;ALDER;TID;INDHOLD\r\n"
WRONG = {
    "a variable is gone": (
        lambda s: tableinfo(s).replace('"ALDER"', '"ALDER5"'),
        bulk,
        "rule expected-columns",
    ),
    "a variable is new": (
        lambda s: tableinfo(s, extra=({"id": "NY", "elimination": False, "values": []},)),
        bulk,
        "column 'NY': rule expected-columns",
    ),
    "a web page for tableinfo": (lambda s: "<html>sorry</html>", bulk, r"rule json: .*web page"),
    "a web page for data": (
        tableinfo,
        plain("<!DOCTYPE html><html></html>"),
        "rule not-a-web-page",
    ),
    "a changed column": (tableinfo, plain("AREA;INDHOLD\r\n101;5\r\n"), "FOLK1A.csv: row 1, column 'OMRÅDE'"),
    "a text for a number": (
        tableinfo,
        plain(HEAD + "101;TOT;IALT;2025K4;many\r\n"),
        "row 2, column 'INDHOLD': rule number",
    ),
    "half a row": (
        tableinfo,
        plain(HEAD + "101;TOT;IALT;2025K4;5\r\n101;T"),
        "row 3: rule",
    ),
    "a cell twice": (
        tableinfo,
        plain(HEAD + "101;TOT;IALT;2025K4;5\r\n" * 2),
        "row 3: rule unique-key",
    ),
    "too big": (tableinfo, plain('{"errorTypeCode":"EXTRACT-TOOBIG"}', 400), "EXTRACT-TOOBIG"),
    "latin-1": (tableinfo, plain("OMRÅDE;INDHOLD\r\n".encode("latin-1")), "rule encoding"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_statbank_answer_is_named_and_not_kept(kind: str, publisher: Any, tmp_path: Path) -> None:
    info, data, message = WRONG[kind]
    source = source_at("statbank-folk1a", publisher)
    publisher.says("/v1/tableinfo/FOLK1A", plain(info(source)))
    publisher.says("/v1/data", data)
    with pytest.raises(SourceError, match=message):
        statbank.fetch(fetcher(), source, tmp_path)
    assert not (tmp_path / "dk/statbank/FOLK1A.csv").exists()


def test_statbank_symbols(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("OMRÅDE;INDHOLD\r\n101;1,5\r\n147;..\r\n151;-\r\n", "utf-8")
    values = read_statbank(path)["INDHOLD"].tolist()
    assert values[0] == 1.5
    assert values[1] != values[1]  # confidential is unknown
    assert values[2] == 0.0


def test_a_denied_variable_is_never_asked_for(publisher: Any, tmp_path: Path) -> None:
    source = source_at("statbank-hfudd11", publisher, variables={"HERKOMST": ["*"]})
    with pytest.raises(SourceError, match="denied"):
        statbank.fetch(fetcher(), source, tmp_path)
    assert publisher.seen == []
