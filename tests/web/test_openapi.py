"""`openapi.yaml` is what the code does: generated, valid, complete, and kept by the answers."""

from __future__ import annotations

import json

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from service.web.endpoint import rules_of
from service.web.openapi import OPENAPI_FILE, as_yaml, describe_service
from service.web.schemas.answer import BatchAnswer, EnrichAnswer
from service.web.schemas.catalogue import ReferenceDataAnswer, SegmentsAnswer, VariablesAnswer

SECRET = {"Authorization": "Bearer sk_demo"}
TYPED = "Nørebrogade 52C, 2. th, 2200 København N"


@pytest.fixture(scope="module")
def description():
    return describe_service()


def test_the_file_is_that_of_the_code(description):
    assert OPENAPI_FILE.read_text(encoding="utf-8") == as_yaml(description), "run `make openapi`"


def test_the_file_is_valid_openapi_3_1(description):
    assert description["openapi"].startswith("3.1")
    validate(json.loads(json.dumps(description)))


def test_every_route_is_described_with_its_problems(app, description):
    described = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("desk."):
            continue  # pages for people, not for programs
        path = rule.rule.replace("<", "{").replace(">", "}")
        rules = rules_of(app.view_functions[rule.endpoint])
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            operation = description["paths"][path][method.lower()]
            answers = set(operation["responses"])
            assert {"406", "500"} <= answers, path
            if not rules.open_to_all:
                assert {"401", "403", "429"} <= answers, path
                assert operation["security"], path
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= answers, path
            assert operation["summary"], path
            described += 1
    assert described == sum(len(set(item) - {"parameters"}) for item in description["paths"].values())


def check(description, name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    faults = [f"{list(e.path)}: {e.message}" for e in OAS31Validator(schema).iter_errors(value)]
    assert not faults, faults


@pytest.mark.parametrize("address", [TYPED, "nowhere at all"])
@pytest.mark.parametrize("key", ["sk_demo", "pk_demo"])
def test_an_answer_keeps_the_promise(client, description, address, key):
    answer = client.post(
        "/enrich", json={"address": address}, headers={"Authorization": f"Bearer {key}"}
    ).json
    check(description, "EnrichAnswer", answer)
    EnrichAnswer().load(answer)


def test_the_other_answers_keep_it_too(client, description):
    batch = client.post("/enrich/batch", json={"leads": [{"address": TYPED}, {"x": 1}]}, headers=SECRET).json
    BatchAnswer().load(batch)
    for path, name, schema in (
        ("/segments", "SegmentsAnswer", SegmentsAnswer),
        ("/variables", "VariablesAnswer", VariablesAnswer),
        ("/reference-data", "ReferenceDataAnswer", ReferenceDataAnswer),
    ):
        answer = client.get(path, headers=SECRET).json
        check(description, name, answer)
        schema().load(answer)


def test_the_example_of_the_description_works(client, description):
    body = description["paths"]["/enrich"]["post"]["requestBody"]["content"]["application/json"]
    check(description, "EnrichRequest", body["example"])
    assert client.post("/enrich", json=body["example"], headers=SECRET).status_code == 200
