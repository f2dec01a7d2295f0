"""Who may call what: keys, scopes, web origins, request ids, and one shape for every refusal."""

from __future__ import annotations

import pytest

from service.web.access import may_call
from service.web.app import BLUEPRINTS
from service.web.endpoint import rules_of
from tests.web.fake_services import BROWSER, SECRET

TYPED = "Nørebrogade 52C, 2. th, 2200 København N"
OPEN_ROUTES = {
    "/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/demo", "/widget.js",
    "/pages/demo.js", "/pages/desk.js", "/pages/doorstep.css", "/desk/sign-in", "/desk/sign-out",
}  # fmt: skip
PROBLEM = {"type", "title", "status", "detail", "errors", "request_id"}


def enrich(client, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/enrich", json={"address": TYPED}, headers=named)


def is_problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) == PROBLEM
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert "Nørebrogade" not in answer.text
    return answer


def test_only_these_routes_are_open(app):
    opened = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rules_of(app.view_functions[rule.endpoint]).open_to_all
    }
    assert opened == OPEN_ROUTES


def test_every_other_route_wants_a_key(app, client):
    tried = 0
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN_ROUTES:
            continue
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", "x")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            is_problem(client.open(path, method=method), 401)
            tried += 1
    assert tried >= len(BLUEPRINTS)


@pytest.mark.parametrize(
    "sent", ["", "sk_demo", "Basic sk_demo", "Bearer", "Bearer sk_unknown", "Bearer \x00"]
)
def test_a_missing_or_wrong_key_is_401(client, sent):
    answer = is_problem(client.post("/enrich", json={"address": "x"}, headers={"Authorization": sent}), 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_is_too_weak_is_403(client, services):
    token, _ = services.store.keys.create("reports only", "secret", ["reports"])
    answer = is_problem(enrich(client, Authorization=f"Bearer {token}"), 403)
    assert "'enrich'" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/leads/l1", "/segments", "/reference-data"])
def test_a_publishable_key_reads_no_data(client, path):
    is_problem(client.get(path, headers={"Authorization": "Bearer pk_demo"}), 403)


def test_a_revoked_key_is_refused(client, services):
    token, key = services.store.keys.create("soon gone", "secret")
    assert enrich(client, Authorization=f"Bearer {token}").status_code == 200
    services.store.keys.revoke(key.key_id)
    is_problem(enrich(client, Authorization=f"Bearer {token}"), 401)


@pytest.fixture
def shop_key(services):
    token, _ = services.store.keys.create("shop", "publishable", origins=["https://shop.example"])
    return f"Bearer {token}"


def test_a_page_of_the_keys_origin_may_call_and_read(client, shop_key):
    answer = enrich(client, Authorization=shop_key, Origin="https://shop.example")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]


def test_a_page_of_another_origin_may_not(client, shop_key):
    answer = is_problem(enrich(client, Authorization=shop_key, Origin="https://elsewhere.example"), 403)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_our_own_pages_need_no_origin_in_the_key(client, shop_key):
    assert enrich(client, Authorization=shop_key, Origin="http://localhost").status_code == 200


def test_a_secret_key_is_not_made_readable_for_pages(client):
    answer = enrich(client, Authorization="Bearer sk_demo", Origin="http://localhost:3000")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_preflight_is_answered_from_all_keys(client, shop_key):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    known = client.options("/enrich", headers={"Origin": "https://shop.example", **asked})
    assert known.status_code == 204
    assert known.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "POST" in known.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in known.headers["Access-Control-Allow-Headers"]
    unknown = client.options("/enrich", headers={"Origin": "https://elsewhere.example", **asked})
    assert "Access-Control-Allow-Origin" not in unknown.headers


def test_a_page_can_read_why_it_was_refused(client, shop_key):
    answer = enrich(client, Authorization="Bearer pk_wrong", Origin="https://shop.example")
    assert is_problem(answer, 401).headers["Access-Control-Allow-Origin"] == "https://shop.example"


@pytest.mark.parametrize(
    ("origin", "pattern", "allowed"),
    [
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "*", True),
        ("http://localhost:3000", "http://localhost:*", True),
        ("http://localhost:3000.evil.example", "http://localhost:*", False),
        ("http://localhost:", "http://localhost:*", False),
        ("https://a.example.evil", "https://a.example", False),
        ("null", "https://a.example", False),
    ],
)
def test_origins_are_compared_whole(origin, pattern, allowed):
    assert may_call(origin, [pattern]) is allowed


def test_a_request_id_is_kept_or_made(client):
    assert (
        enrich(client, Authorization="Bearer sk_demo", X_Request_ID="abc-1.2").headers["X-Request-ID"]
        == "abc-1.2"
    )
    for bad in ("x" * 65, "a b", "<script>", ""):
        made = client.get("/livez", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
        assert made != bad
        assert len(made) == 16


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/enrich", 405),
        ("DELETE", "/segments", 405),
        ("GET", "/segments/Z99", 404),
        ("GET", "/leads/never-seen", 404),
        ("GET", "/leads/never-seen/agent", 404),
        ("GET", "/variables?country=XX", 422),
        ("GET", "/variables?contry=DK", 422),
    ],
)
def test_other_refusals_have_the_same_shape(client, method, path, status):
    answer = is_problem(client.open(path, method=method, headers={"Authorization": "Bearer sk_demo"}), status)
    if status == 405:
        assert answer.headers["Allow"]


def test_other_media_types_are_refused(client):
    secret = {"Authorization": "Bearer sk_demo"}
    form = client.post("/enrich", data={"address": TYPED}, headers=secret)
    assert "Content-Type: application/json" in is_problem(form, 415).json["detail"]
    is_problem(enrich(client, Authorization="Bearer sk_demo", Accept="application/xml"), 406)
    assert enrich(client, Authorization="Bearer sk_demo", Accept="text/html, */*;q=0.1").status_code == 200


def test_a_fault_of_ours_is_500_in_the_same_shape_and_tells_nothing(
    app, client, services, monkeypatch, caplog
):
    def fall(lead):
        raise RuntimeError(f"cannot read {lead.address.text}")

    monkeypatch.setattr(services, "enricher", type("Broken", (), {"enrich_lead": staticmethod(fall)}))
    is_problem(enrich(client, Authorization="Bearer sk_demo"), 500)


def test_a_damaged_store_makes_the_worker_unready(client, services, monkeypatch):
    from service.errors import StoreError

    def fall():
        raise StoreError("The store does not answer.")

    assert client.get("/readyz").json["countries"] == ["DK"]
    monkeypatch.setattr(services.store, "check_writable", fall)
    answer = client.get("/readyz")
    is_problem(answer, 503)
    assert "does not answer" not in answer.json["detail"]
    assert "does not answer" in client.get("/readyz", headers=SECRET).json["detail"]
    assert "does not answer" not in client.get("/readyz", headers=BROWSER).json["detail"]
    assert client.get("/livez").status_code == 200
