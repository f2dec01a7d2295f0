"""Leads from the log, and the catalogue with its ETags."""

from __future__ import annotations

import re

import pytest

SECRET = {"Authorization": "Bearer sk_demo"}
TYPED = "Nørebrogade 52C, 2. th, 2200 København N"


def test_the_call_centre_reads_the_agent_from_the_log(client):
    made = client.post("/enrich", json={"lead_id": "l1", "address": TYPED}, headers=SECRET).json
    answer = client.get("/leads/l1/agent", headers=SECRET)
    assert answer.status_code == 200
    assert answer.json["decision_id"] == made["decision_id"]
    assert answer.json["agent"]["id"] == "agent-17"
    assert answer.json["agent"]["reasons"] == ["speaks da"]


def test_the_log_gives_the_decision_without_the_address(client):
    made = client.post("/enrich", json={"lead_id": "l2", "address": TYPED}, headers=SECRET).json
    kept = client.get("/leads/l2", headers=SECRET).json
    assert kept["address"]["match_level"] == "house"
    assert kept["address"]["street"] is None
    for part in ("decision_id", "areas", "variables", "segment", "decisions", "versions"):
        assert kept[part] == made[part], part


@pytest.mark.parametrize(
    "path", ["/segments", "/segments/A1", "/variables", "/reference-data", "/openapi.json", "/docs"]
)
def test_a_catalogue_is_sent_once(client, path):
    first = client.get(path, headers=SECRET)
    assert first.status_code == 200
    again = client.get(path, headers={**SECRET, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]


def test_segments_are_named_in_every_language(client):
    segments = client.get("/segments", headers=SECRET).json["segments"]
    assert len(segments) >= 10
    for segment in segments:
        assert set(segment["name"]) >= {"da", "sv", "nb", "fi", "en"}


def test_the_age_of_a_table_is_told(client):
    tables = client.get("/reference-data", headers=SECRET).json["countries"]["DK"]["tables"]
    assert tables[0]["vintage"] == "2020-01-01"
    assert tables[0]["age_days"] > 2000
    assert tables[0]["attribution"]


def test_the_documentation_needs_nothing_from_elsewhere(client):
    page = client.get("/docs")
    assert page.content_type.startswith("text/html")
    sources = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert sources
    assert not [s for s in sources if not s.startswith(("/", "#"))]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "POST</b> /enrich" in page.text
