"""Calls made up from `openapi.yaml`: nothing gives a 5xx, and nothing answers what is not described."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.config import load_config
from service.web.app import create_app
from service.web.openapi import describe_service
from service.wiring import build_services

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


OPERATIONS = [
    (method, path)
    for path, item in describe_service()["paths"].items()
    for method in item
    if method != "parameters"
]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    folder = tmp_path_factory.mktemp("described")
    services = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite"}))
    yield schemathesis.openapi.from_wsgi("/openapi.json", create_app(services))
    services.store.close()


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: str(part).strip("/"))
def test_calls_made_up_from_the_description_are_answered_as_described(described, method, path):
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,  # the same calls on every run; `make stress` makes up new ones
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method.upper()].as_strategy())
    def answered_as_described(case):
        case.call_and_validate(headers={"Authorization": "Bearer sk_demo"}, checks=CHECKS)

    answered_as_described()
