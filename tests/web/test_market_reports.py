"""Market potential and correlations over HTTP, from the embedded release."""

from __future__ import annotations

import pytest

SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}


def ask(client, path, key=SECRET, **headers):
    return client.get(path, headers={**key, **headers})


def test_potential_of_municipalities_sums_to_their_households(real_client):
    answer = ask(real_client, "/reports/potential?limit=5").json
    assert (answer["country"], answer["level"], len(answer["areas"])) == ("DK", "municipality", 5)
    assert answer["areas_in_all"] > 90
    assert answer["areas"][0]["name"] == "København"
    for area in answer["areas"]:
        assert sum(area["expected"].values()) == pytest.approx(area["households"], rel=1e-3)
    assert sum(segment["share"] for segment in answer["segments"]) == pytest.approx(1, abs=1e-3)
    assert answer["areas"][0]["index"]["A1"] > 200


def test_one_area_is_found_by_its_code_and_another_is_not(real_client):
    answer = ask(real_client, "/reports/potential?level=postcode&area=3700").json
    assert [area["code"] for area in answer["areas"]] == ["3700"]
    assert ask(real_client, "/reports/potential?level=postcode&area=0000").status_code == 404


def test_pages_follow_each_other(real_client):
    first = ask(real_client, "/reports/potential?level=postcode&limit=10").json["areas"]
    second = ask(real_client, "/reports/potential?level=postcode&limit=10&offset=10").json["areas"]
    assert first[-1]["households"] >= second[0]["households"]
    assert not {a["code"] for a in first} & {a["code"] for a in second}


def test_every_country_of_the_release_answers(real_client):
    countries = ask(real_client, "/reference-data").json["countries"]
    for country in countries:
        assert ask(real_client, f"/reports/potential?country={country}").json["country"] == country
        assert ask(real_client, f"/reports/correlation?country={country}").json["pairs"]


def test_correlation_lists_pairs_strongest_first(real_client):
    answer = ask(real_client, "/reports/correlation?least=0.8").json
    strengths = [abs(pair["r"]) for pair in answer["pairs"]]
    assert strengths == sorted(strengths, reverse=True)
    assert min(strengths) >= 0.8
    assert answer["variables"] >= 40


@pytest.mark.parametrize(
    ("query", "field"),
    [("level=street", "level"), ("country=XX", "country"), ("limit=0", "limit"), ("colour=red", "colour")],
)
def test_a_wrong_question_names_the_field(real_client, query, field):
    answer = ask(real_client, f"/reports/potential?{query}")
    assert answer.status_code == 422
    assert field in answer.text


def test_a_report_is_sent_once_and_never_to_a_browser_key(real_client):
    first = ask(real_client, "/reports/potential")
    again = ask(real_client, "/reports/potential", **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert ask(real_client, "/reports/potential", BROWSER).status_code == 403
