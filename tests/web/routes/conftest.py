"""The real service over the shipped release and policy, with a store of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.config import load_config
from service.model import (
    AddressMatch,
    Decision,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    Treatment,
    Versions,
    Weights,
)
from service.store.ids import new_id
from service.web.app import create_app
from service.wiring import Services, build_services

OFFICE_HOURS = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday on which Danes may be called
SECRET = {"Authorization": "Bearer sk_demo"}
ALL_WEEK = dict.fromkeys(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "00:00-24:00"
)


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setattr(Services, "now", lambda _: OFFICE_HOURS)
    built = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"}))
    yield built
    built.store.close()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def call(client):
    """call("POST", "/path", json=…) with the demo secret key."""

    def make(method, path, headers=None, **kwargs):
        return client.open(path, method=method, headers={**SECRET, **(headers or {})}, **kwargs)

    return make


@pytest.fixture
def add_agent(call):
    """An agent who is on shift whenever the test runs."""

    def add(agent_id, capacity=1, **changes):
        body = {
            "name": agent_id.title(), "languages": ["da"], "countries": ["DK"], "skills": ["solar"],
            "timezone": "Europe/Copenhagen", "hours": ALL_WEEK, "capacity": capacity, **changes,
        }  # fmt: skip
        answer = call("PUT", f"/agents/{agent_id}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    return add


@pytest.fixture
def decide(services):
    """A decision in the log that allows a call at any hour, as the policy's own hours do not."""

    def make(lead_id, preferred=("ann",), allowed=True, **content):
        decision = Decision(
            new_id("dec"), lead_id, "ok", None, datetime.now(UTC), "DK", "da", "web_form",
            AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT),
            Place("DK", {}), None, Segment("A1", "A1", 1.0, False, (), (), None), None, Weights(),
            {
                "agent": Treatment(
                    "agent", preferred[0], "treated", 1.0,
                    {"preferred_agents": list(preferred), "allowed": allowed, "allowed_reason": "no_consent",
                     "call_from": None, **content},
                )
            },
            Versions("r", "p"),
        )  # fmt: skip
        services.store.record_decision(decision)
        return decision

    return make
