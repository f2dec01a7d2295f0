"""Paavo over PxWeb: asked in portions, joined, denied facts left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.errors import SourceError
from service.refdata.sources import paavo
from tests.refdata.publisher import fetcher, source_at

AREAS = [f"{n:05}" for n in range(100, 1300, 10)]
META = {
    "variables": [
        {"code": "Postinumeroalue", "values": AREAS},
        {
            "code": "Tiedot",
            "values": ["he_vakiy", "te_taly", "pt_tyott"],
            "valueTexts": ["Inhabitants, total (HE)", "Households, total (TE)", "Unemployed (PT)"],
        },
        {"code": "Vuosi", "values": ["2022", "2023"]},
    ]
}


def pxweb(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
    if not sent:
        return 200, {}, json.dumps(META).encode()
    chosen = {q["code"]: q["selection"]["values"] for q in json.loads(sent)["query"]}
    assert chosen["Vuosi"] == ["2023"]
    codes = chosen["Postinumeroalue"]
    if len(codes) * len(chosen["Tiedot"]) > 120:
        return 403, {}, b"too many cells"
    assert chosen["Tiedot"] == ["he_vakiy", "te_taly"]  # the unemployed are denied
    lines = ['"12f7 -- 9. All data groups, 2010-2023"', "", '"Postal code area","Information","2023"']
    for n, c in enumerate(codes):
        area = f"{c}  Etu-T\xf6\xf6l\xf6 (Helsinki)"
        lines += [f'"{area}","Inhabitants, total (HE)",{n}', f'"{area}","Households, total (TE)",".."']
    return 200, {}, ("\r\n".join(lines) + "\r\n").encode("latin-1")


def test_paavo_is_asked_in_portions_and_joined(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=50)
    url = f"/{source.fetch['table']}"
    publisher.says(url, pxweb)
    (got,) = paavo.fetch(fetcher(), source, tmp_path)
    lines = got.file.read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(AREAS)
    assert lines[0] == 'postcode,name,"Inhabitants, total (HE)","Households, total (TE)"'
    assert lines[1] == "00100,Etu-Töölö (Helsinki),0,"
    assert publisher.calls(url) == 1 + 3


def test_paavo_over_the_cell_limit_says_so(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=100)
    publisher.says(f"/{source.fetch['table']}", pxweb)
    with pytest.raises(SourceError, match="too many cells"):
        paavo.fetch(fetcher(), source, tmp_path)


def test_a_cut_off_portion_is_refused(publisher: Any, tmp_path: Path) -> None:
    source = source_at("paavo", publisher, portion=50)

    def cut(path: str, asked: dict[str, str], sent: bytes) -> tuple[int, dict[str, str], bytes]:
        code, headers, body = pxweb(path, asked, sent)
        return code, headers, body if not sent else body[: len(body) // 2]

    publisher.says(f"/{source.fetch['table']}", cut)
    with pytest.raises(SourceError, match="rule whole-"):
        paavo.fetch(fetcher(), source, tmp_path)


@pytest.mark.raw
def test_the_publishers_own_file_of_helsinki(open_data: Path) -> None:
    (path,) = (open_data / "fi/paavo_helsinki_2023").glob("009_*.csv")
    header, rows = paavo.widen(*paavo.read_pxweb(path))
    assert len(rows) == 84
    assert "Inhabitants, total (HE)" in header
    assert rows[0][:2] == ["00100", "Helsinki keskusta - Etu-Töölö (Helsinki)"]
