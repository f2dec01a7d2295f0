"""Every fetcher with a publisher that is busy, breaks off or is down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.errors import UnreachableError
from service.refdata.catalogue import Source
from service.refdata.sources.registry import FETCHERS
from tests.refdata.publisher import CATALOGUE, Answer, fetcher, plain, source_at
from tests.refdata.sources.test_dagi import regions, wfs
from tests.refdata.sources.test_datafordeler import packed
from tests.refdata.sources.test_paavo import pxweb
from tests.refdata.sources.test_statbank import bulk, tableinfo

TOPIC = "Husstande efter bilrådighed_"
LABELS = ("1. Husstande uden bil", "2. Husstande med 1 bil", "3. Husstande med 2 eller flere biler")
CARS = ",".join(["ValgstedId", *(TOPIC + label for label in LABELS)]) + "\r\n101001,5,1,9\r\n"
FETCHED: dict[str, Callable[[Any], tuple[Source, dict[str, Answer]]]] = {
    "StatBank": lambda p: (
        source_at("statbank-folk1a", p),
        {"/v1/tableinfo/FOLK1A": plain(tableinfo(CATALOGUE["statbank-folk1a"])), "/v1/data": bulk},
    ),
    "DAGI": lambda p: (regions(p), {"/regionsinddeling": wfs(["1081", "1082", "1083"])}),
    "Datafordeler": lambda p: (
        source_at("dar", p, entities=["Postnummer"]),
        {"/FileDownloads/GetFile": plain(packed("a.json", b'{"postnr":"3700"}\n' * 500))},
    ),
    "Paavo": lambda p: (source_at("paavo", p, portion=50), {f"/{CATALOGUE['paavo'].fetch['table']}": pxweb}),
    "Valgdatabasen": lambda p: (
        replace(
            source_at("dst-valgdatabase", p),
            tables={"cars_households": CATALOGUE["dst-valgdatabase"].tables["cars_households"]},
        ),
        {"/Husstande_efter_bilrdighed.csv": plain(CARS)},
    ),
}


@pytest.mark.parametrize("name", FETCHED)
def test_a_trouble_that_passes_is_survived(
    name: str,
    trouble: Callable[[Answer], Answer],
    publisher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source, answers = FETCHED[name](publisher)
    for path, good in answers.items():
        publisher.says(path, good)
    calm = [f.sha256 for f in FETCHERS[source.form](fetcher(), source, tmp_path / "calm")]
    for path, good in answers.items():
        publisher.says(path, trouble(good), good)
    got = FETCHERS[source.form](fetcher(), source, tmp_path / "troubled")
    assert [f.sha256 for f in got] == calm
    assert not list((tmp_path / "troubled").rglob("*.part*"))


@pytest.mark.parametrize("name", FETCHED)
def test_a_trouble_that_stays_leaves_the_old_file(
    name: str, publisher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFORDELER_API_KEY", "not-a-real-key")
    source, answers = FETCHED[name](publisher)
    for path, good in answers.items():
        publisher.says(path, good)
    old = {f.file: f.file.read_bytes() for f in FETCHERS[source.form](fetcher(), source, tmp_path)}
    for path in answers:
        publisher.says(path, plain("down", 503))
    with pytest.raises(UnreachableError, match="after 3 attempts"):
        FETCHERS[source.form](fetcher(), source, tmp_path)
    assert {file: file.read_bytes() for file in old} == old
