"""The catalogue as a whole: the official publishers, every trap and every reason written down."""

from __future__ import annotations

from service.refdata.sources.registry import FETCHERS
from tests.refdata.publisher import CATALOGUE


def test_the_catalogue_names_the_official_publishers() -> None:
    tables = {s.fetch["table"] for n, s in CATALOGUE.items() if n.startswith("statbank-")}
    assert tables >= {"FOLK1A", "BOL101", "BOL204", "INDKF132", "INDKP101", "HFUDD11", "FAM55N"}
    assert any(t.startswith("BIL") for t in tables)
    assert {"dst-valgdatabase", "dagi-2021", "dagi-2024", "dar", "bbr", "paavo"} <= set(CATALOGUE)
    assert set(FETCHERS) <= {source.form for source in CATALOGUE.values()}
    for source in CATALOGUE.values():
        text = source.file.read_text("utf-8")
        assert "Trap" in text.split("id =")[0], source.id
        for correction in source.corrections:
            assert len(correction.reason) > 30
            assert correction.status
