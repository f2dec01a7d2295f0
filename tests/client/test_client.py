"""The typed client against the live service over real HTTP, and against its own description."""

from __future__ import annotations

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from werkzeug.serving import make_server

from service.client import Doorstep, ProblemError, UnreachableServiceError
from service.config import load_config
from service.web.app import create_app
from service.wiring import build_services

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"


@pytest.fixture(scope="module")
def base_url(tmp_path_factory):
    store = tmp_path_factory.mktemp("store") / "x.sqlite"
    services = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{store}"}))
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
    services.store.close()


@pytest.fixture
def doorstep(base_url):
    client = Doorstep(base_url, "sk_demo")
    yield client
    client.close()


def _generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "service" / "client" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_client_is_that_of_the_description():
    generator = _generator()
    spec = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    for name, content in generator.generate(spec).items():
        kept = (ROOT / "service" / "client" / name).read_text("utf-8")
        assert generator.formatted(content) == kept, "run: python service/client/generate.py"


def test_every_json_route_has_a_method():
    spec = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    names = [name for _, _, name, _ in _generator()._operations(spec)]
    assert len(names) == len(set(names)) >= 30
    assert all(callable(getattr(Doorstep, name)) for name in names)


def test_a_day_of_a_lead(doorstep):
    consent = {"phone": {"given": True, "at": "2026-01-05T10:00:00Z"}}
    answer = doorstep.enrich({"lead_id": "crm-1", "address": ADDRESS, "consent": consent})
    assert answer["status"] == "ok"
    assert answer["address"]["city"] == "Rønne"
    assert doorstep.lead("crm-1")["decision_id"] == answer["decision_id"]
    assert doorstep.lead_agent("crm-1")["agent"]["id"] == answer["decisions"]["agent"]["id"]
    assert doorstep.addresses_wash({"address": ADDRESS})["category"] == "A"
    assert doorstep.addresses(q="Sankt Mortens", limit=3)["suggestions"]
    agents = doorstep.agents()["agents"]
    before = doorstep.agent(agents[0]["id"])
    changed = doorstep.patch_agent_state(before["id"], {"state": "away"}, if_match=f'"{before["version"]}"')
    assert changed["state"] == "away"
    with pytest.raises(ProblemError) as stale:
        doorstep.patch_agent_state(before["id"], {"state": "busy"}, if_match=f'"{before["version"]}"')
    assert stale.value.status == 412
    assert doorstep.agents_queue(limit=5)["waiting"] is not None
    assert doorstep.objections({"lead_id": "crm-1"})["objected"] is True
    assert doorstep.lead_data("crm-1")["objected"] is True
    assert doorstep.delete_lead_data("crm-1")["erased"]["decisions"] == 1
    assert doorstep.segments()["segments"]
    assert doorstep.livez() == {"status": "alive"}


def test_a_lead_id_cannot_leave_its_place_in_the_path(doorstep):
    for lead_id in ("../agents", "a/b", "x?y=1", "æ ø"):
        with pytest.raises(ProblemError) as refused:
            doorstep.lead(lead_id)
        assert refused.value.status == 404


def test_a_refusal_says_what_is_wrong(doorstep, base_url):
    with pytest.raises(ProblemError) as refused:
        doorstep.enrich({"address": ADDRESS, "email": "x@y.z"})
    assert refused.value.status == 422
    assert [field for field, _ in refused.value.errors] == ["email"]
    assert refused.value.request_id
    stranger = Doorstep(base_url, "sk_wrong")
    with pytest.raises(ProblemError, match="401"):
        stranger.agents()
    stranger.close()


class _Unsteady(BaseHTTPRequestHandler):
    """Refuses as told, drops connections, then answers; keeps the Idempotency-Keys that it saw."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.words.append(self.headers["Idempotency-Key"])
        step = self.server.steps.pop(0)
        if step == "drop":
            self.connection.close()
            return
        body = json.dumps({"objected": True, "title": "t", "detail": "d"}).encode()
        self.send_response(step)
        if step == 429:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def unsteady():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Unsteady)
    server.daemon_threads = True
    server.steps, server.words, server.slept = [], [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.client = Doorstep(f"http://127.0.0.1:{server.server_port}", "sk_x", sleep=server.slept.append)
    yield server
    server.client.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_call_is_repeated_under_one_idempotency_key(unsteady):
    unsteady.steps = [429, "drop", 200]
    assert unsteady.client.objections({"lead_id": "l"})["objected"] is True
    assert len(unsteady.words) == 3
    assert len(set(unsteady.words)) == 1
    assert unsteady.slept[0] == 7.0
    unsteady.steps = [200]
    unsteady.client.objections({"lead_id": "l"})
    assert unsteady.words[-1] != unsteady.words[0]


def test_it_gives_up_after_its_attempts(unsteady):
    unsteady.steps = [503, 503, 503]
    with pytest.raises(ProblemError, match="503"):
        unsteady.client.objections({"lead_id": "l"})
    unsteady.steps = ["drop", "drop", "drop"]
    with pytest.raises(UnreachableServiceError, match="check that the service runs"):
        unsteady.client.objections({"lead_id": "l"})
    unsteady.steps = [400]
    with pytest.raises(ProblemError, match="400"):
        unsteady.client.objections({"lead_id": "l"})
    assert unsteady.steps == []
