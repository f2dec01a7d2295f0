"""No address reaches a log, whatever fails and whoever writes the line."""

from __future__ import annotations

import io
import json
import logging

import pytest

from service.web.logs import AccessLog, JsonFormatter, configure_logs
from service.web.visit import Visit

SECRET = {"Authorization": "Bearer sk_demo"}
TYPED = "Nørebrogade 52C, 2. th, 2200 København N"


@pytest.fixture
def logged():
    """All lines of the process's log, through the real formatter."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("DEBUG", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = kept, level
    for name in ("service", "gunicorn.error"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def access_lines(capfd):
    return lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]


def test_a_request_is_logged_by_its_route(client, access_lines):
    client.post("/enrich", json={"address": TYPED}, headers={**SECRET, "X-Request-ID": "r-1"})
    client.get(f"/nowhere/{TYPED}?q={TYPED}")
    lines = access_lines()
    assert [(line["route"], line["status"]) for line in lines] == [("/enrich", 200), ("(none)", 404)]
    assert lines[0]["request_id"] == "r-1"
    assert lines[0]["key"] == "key_demo_secret"
    assert "brogade" not in json.dumps(lines)


def test_a_log_that_cannot_be_written_costs_no_request():
    AccessLog(enabled=True, descriptor=9999).write(Visit(0.0, "r-1"), "/enrich", "POST", 200, 0.001)


def test_a_fault_that_quotes_the_address_is_logged_without_it(client, services, logged, monkeypatch):
    def fall(lead):
        raise RuntimeError(f"cannot read {lead.address.text}")

    monkeypatch.setattr(services, "enricher", type("Broken", (), {"enrich_lead": staticmethod(fall)}))
    assert client.post("/enrich", json={"address": TYPED}, headers=SECRET).status_code == 500
    fault = next(line for line in logged() if line["level"] == "ERROR")
    assert fault["error"] == "RuntimeError"
    assert "fall" in fault["where"][-1]
    assert "brogade" not in json.dumps(fault)


def test_a_refused_body_is_logged_without_it(client, access_lines):
    unfinished = f'{{"address": "{TYPED}'.encode()
    client.post("/enrich", data=unfinished, content_type="application/json", headers=SECRET)
    client.post("/enrich", json={"address": TYPED, TYPED: 1}, headers=SECRET)
    lines = access_lines()
    assert [line["status"] for line in lines] == [400, 422]
    assert "brogade" not in json.dumps(lines)


def test_other_libraries_warnings_lose_their_arguments():
    record = logging.LogRecord(
        "gunicorn.error",
        logging.WARNING,
        "x",
        1,
        f"Invalid request from ip=127.0.0.1: GET /?q={TYPED}",
        (),
        None,
    )
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "Invalid request from ip=127.0.0.1"
    record = logging.LogRecord("other", logging.ERROR, "x", 1, "failed for %s", (TYPED,), None)
    assert json.loads(JsonFormatter().format(record))["message"] == "failed for %s"
