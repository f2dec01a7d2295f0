"""A service over a real SQLite store, with a small fake country behind the real pipeline."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from service.config import load_config
from service.store.store import open_store
from service.web.app import create_app
from service.wiring import build_services
from tests.web.fake_country import one_street
from tests.web.fake_services import FakeServices


@pytest.fixture
def config(tmp_path):
    return load_config({"ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"})


@pytest.fixture(scope="session")
def street(tmp_path_factory):
    """A matcher of one street's houses."""
    return one_street(tmp_path_factory.mktemp("street"))


@pytest.fixture
def services(config, street):
    store = open_store(config.database_url, demo_keys=True)
    yield FakeServices(config, store, street)
    store.close()


@pytest.fixture(scope="session")
def real_client(tmp_path_factory):
    """The service as shipped: the embedded release and policy, a SQLite file."""
    folder = tmp_path_factory.mktemp("real")
    built = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite"}))
    yield create_app(built).test_client()
    built.store.close()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def client(app):
    return app.test_client()


# ---------------------------------------------------------------- real browser, real HTTP

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium binary on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def listening(app):
    """The app on a port of its own; gives its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def listen():
    return listening


@pytest.fixture
def base(app):
    with listening(app) as url:
        yield url


@pytest.fixture
def picture():
    """picture(page, name) keeps a screenshot to look at, where ENRICH_TEST_PICTURES names a folder."""
    folder = os.environ.get("ENRICH_TEST_PICTURES")

    def keep(page, name):
        if folder:
            page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)

    return keep
