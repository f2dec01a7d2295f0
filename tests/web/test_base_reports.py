"""Own leads against the market, and who got what: from a log of real decisions."""

from __future__ import annotations

import pytest

SECRET = {"Authorization": "Bearer sk_demo"}
ADDRESSES = [
    "Sankt Mortens Gade 3, 3700 Rønne",
    "Store Torvegade 12, 3700 Rønne",
    "Storegade 20, 3760 Gudhjem",
    "Storegade 10, 3790 Hasle",
    "3770 Allinge",
    "🏠",
]


@pytest.fixture(scope="module")
def decided(real_client):
    """A client after ninety leads, most of them on Bornholm; what was known of each."""
    levels = []
    for number in range(90):
        body = {"lead_id": f"report-{number}", "address": ADDRESSES[number % len(ADDRESSES)]}
        answer = real_client.post("/enrich", json=body, headers=SECRET).json
        levels.append(answer["areas"])
    return real_client, levels


def test_leads_are_counted_and_compared_with_the_market(decided):
    client, _ = decided
    answer = client.get("/reports/profile", headers=SECRET).json
    assert answer["leads"] >= 90
    assert answer["without_area"] >= 15
    shares = [row["base"] for row in answer["segments"]]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    by_code = {row["code"]: row for row in answer["segments"]}
    assert by_code["A1"]["index"] < 60  # nobody on Bornholm is young in a city
    assert by_code["E1"]["index_low"] < by_code["E1"]["index"] < by_code["E1"]["index_high"]
    variables = {row["code"]: row for row in answer["variables"]}
    assert variables["age_70_plus_share"]["index"] > 110
    assert variables["age_70_plus_share"]["leads"] <= answer["leads"] - answer["without_area"]


def test_an_outcome_that_nobody_had_leaves_nothing_to_compare(decided):
    client, _ = decided
    answer = client.get("/reports/profile?outcome=bought", headers=SECRET).json
    assert answer["leads"] == 0
    assert all(row["base"] is None and row["index"] is None for row in answer["segments"])


def test_the_audit_of_decisions_names_groups_and_never_origin(decided):
    client, _ = decided
    answer = client.get("/reports/fairness", headers=SECRET).json
    assert answer["groups"]
    assert {row["measure"] for row in answer["groups"]} >= {"value of the offer", "reach of treatments"}
    assert {row["kind"] for row in answer["groups"]} <= {"income of the area", "urbanity"}
    for row in answer["groups"]:
        assert row["leads"] >= 30
        assert row["within_band"] == (row["ratio"] >= 0.8)
    assert answer["open"] == all(row["within_band"] for row in answer["groups"])
    strict = client.get("/reports/fairness?band=1", headers=SECRET).json
    assert strict["open"] == all(row["ratio"] >= 1 for row in answer["groups"])


@pytest.mark.parametrize("path", ["/reports/profile", "/reports/fairness"])
def test_a_wrong_question_names_the_field(decided, path):
    client, _ = decided
    assert client.get(f"{path}?country=XX", headers=SECRET).status_code == 422
    assert "colour" in client.get(f"{path}?colour=red", headers=SECRET).text
    assert client.get(path, headers={"Authorization": "Bearer pk_demo"}).status_code == 403
