"""The whole service over the committed release and policy, and stores of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.config import load_config
from service.store.store import Store, open_store
from service.wiring import Services, build_services


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("store")
    built = build_services(
        load_config({"ENRICH_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite'}", "ENRICH_SALT": "tests"})
    )
    yield built
    built.store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'own.sqlite'}", salt="tests")
    yield opened
    opened.close()
