"""Washing and completing: for a browser's key too, and never an error for what was typed."""

from __future__ import annotations

import pytest

from service.web.schemas.addresses import SuggestAnswer, WashAnswer

SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}
TYPED = "Nørebrogade 52C, 2. th, 2200 København N"


@pytest.mark.parametrize("key", [SECRET, BROWSER])
def test_a_form_learns_what_to_do(client, key):
    answer = client.post("/addresses/wash", json={"address": TYPED}, headers=key)
    assert answer.status_code == 200
    WashAnswer().load(answer.json)
    assert answer.json["next_action"] == "confirm"
    assert answer.json["text"] == "Nørrebrogade 52C, 2. th, 2200 København N"
    assert answer.json["municipality"] == "København"


@pytest.mark.parametrize("typed", ["", "\x00", "🏠" * 2000, "(" * 10_000, {"street": "?", "postcode": None}])
def test_nonsense_is_to_be_fixed_not_refused(client, typed):
    answer = client.post("/addresses/wash", json={"address": typed}, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.json["next_action"] == "fix"
    assert answer.json["text"] is None


def test_a_country_without_tables_is_named(client):
    answer = client.post("/addresses/wash", json={"address": TYPED, "country": "SE"}, headers=SECRET)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "country"
    assert "DK" in answer.json["errors"][0]["message"]


def test_suggestions_come_as_one_types(client):
    for typed, complete in (("Nørre", [False]), ("Nørrebrogade 1", [True, True, True])):
        answer = client.get("/addresses", query_string={"q": typed, "limit": 3}, headers=BROWSER)
        assert answer.status_code == 200
        SuggestAnswer().load(answer.json)
        assert [s["complete"] for s in answer.json["suggestions"]] == complete


@pytest.mark.parametrize("q", ["", "\x00", "%", "🏠" * 200, "\ud83c".encode("utf-8", "surrogatepass")])
def test_whatever_is_typed_has_suggestions_or_none(client, q):
    assert client.get("/addresses", query_string={"q": q}, headers=BROWSER).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"), [({}, "q"), ({"q": "x", "limit": 0}, "limit"), ({"q": "x", "n": 1}, "n")]
)
def test_a_wrong_query_is_named(client, query, field):
    answer = client.get("/addresses", query_string=query, headers=SECRET)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
