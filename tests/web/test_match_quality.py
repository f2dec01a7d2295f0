"""How addresses were matched, asked over HTTP: from real decisions over the embedded index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.config import load_config
from service.web.app import create_app
from service.wiring import build_services

SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}
PATH = "/reports/match-quality"
TYPED = [
    ("Sankt Mortens Gade 3, 3700 Rønne", 6),
    ("Snkt Mortens Gade 3, 3700 Rønne", 2),
    ("Hemmeligvej 17B, 3700 Rønne", 3),
    ("Findesikkestræde 9, 3700 Rønne", 4),
    ("🏠", 1),
]


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A client after sixteen leads and as many washes, over a store of its own."""
    folder = tmp_path_factory.mktemp("quality")
    built = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite"}))
    client = create_app(built).test_client()
    assert client.get(PATH, headers=SECRET).json["total"] is None
    for text, times in TYPED:
        for number in range(times):
            body = {"lead_id": f"{len(text)}-{number}", "address": text}
            assert client.post("/enrich", json=body, headers=SECRET).status_code == 200
            assert client.post("/addresses/wash", json={"address": text}, headers=SECRET).status_code == 200
    yield client
    built.store.close()


def test_shares_and_failures_of_decisions_and_not_of_washes(counted):
    answer = counted.get(PATH, headers=SECRET).json
    total = answer["total"]
    assert total["requests"] == 16
    assert total["categories"] == pytest.approx({"A": 6 / 16, "B": 2 / 16, "C": 0.5}, abs=1e-6)
    assert sum(total["levels"].values()) == pytest.approx(1)
    assert total["named_low"] < 0.5 < total["named_high"]
    assert [(f["pattern"], f["count"]) for f in answer["failures"]] == [("W N, P W", 7), ("", 1)]
    assert answer["failures_not_shown"] == 0
    (week,) = answer["periods"]
    assert datetime.fromisoformat(week["start"]).weekday() == 0


def test_nothing_of_an_address_is_in_the_answer(counted):
    text = counted.get(f"{PATH}?period=day", headers=SECRET).text
    for word in ("Hemmelig", "17B", "3700", "Rønne", "Mortens"):
        assert word not in text


def test_days_country_and_number_of_failures_are_chosen(counted):
    def ask(query):
        return counted.get(f"{PATH}?{query}", headers=SECRET).json

    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert ask(f"from={tomorrow}")["total"] is None
    assert ask(f"to={tomorrow}&country=dk")["total"]["requests"] == 16
    assert ask("country=FI")["periods"] == []
    few = ask("top=1&period=month")
    assert (len(few["failures"]), few["failures_not_shown"], few["period"]) == (1, 1, "month")


@pytest.mark.parametrize(
    ("query", "field"),
    [("from=yesterday", "from"), ("period=year", "period"), ("country=XX", "country"), ("top=0", "top")],
)
def test_a_wrong_question_names_the_field(counted, query, field):
    answer = counted.get(f"{PATH}?{query}", headers=SECRET)
    assert answer.status_code == 422
    assert field in answer.text


def test_it_is_sent_once_and_never_to_a_browser_key(counted):
    first = counted.get(PATH, headers=SECRET)
    again = counted.get(PATH, headers={**SECRET, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert counted.get(PATH, headers=BROWSER).status_code == 403
