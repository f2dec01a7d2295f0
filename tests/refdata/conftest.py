"""What every test of the building half stands on: raw folders, built releases, a publisher on a port."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.refdata.activation import activate_release
from service.refdata.build import build_release
from service.refdata.catalogue import DEFAULT_SOURCES
from tests.refdata.publisher import TROUBLES, Answer, Publisher
from tests.refdata.small_denmark import make_raw

REAL_REFERENCE = DEFAULT_SOURCES.parent


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of the publishers' real files that ENRICH_RAW_DATA names; the test skips without it."""
    folder = os.environ.get("ENRICH_RAW_DATA", "")
    if not folder or not Path(folder, "dk", "polling_areas").is_dir():
        pytest.skip("needs the raw open-data files (ENRICH_RAW_DATA)")
    return Path(folder)


@pytest.fixture(scope="session")
def small_raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small Denmark; read only."""
    return make_raw(tmp_path_factory.mktemp("raw"))


@pytest.fixture
def raw(small_raw: Path, tmp_path: Path) -> Path:
    """A copy of the small Denmark that a test may damage."""
    return Path(shutil.copytree(small_raw, tmp_path / "raw"))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A reference-data folder with the real catalogue and variables, and no release yet."""
    folder = tmp_path / "reference_data"
    for name in ("sources", "variables"):
        shutil.copytree(REAL_REFERENCE / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def built(small_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference-data folder with release 2026-11-21.1 of the small Denmark, not active; read only."""
    folder = tmp_path_factory.mktemp("built")
    for name in ("sources", "variables"):
        shutil.copytree(REAL_REFERENCE / name, folder / name)
    build_release(small_raw, folder, "2026-11-21.1")
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of `built` with its release active, and the real policy."""
    copy = Path(shutil.copytree(built, tmp_path / "reference_data"))
    shutil.copytree(REAL_REFERENCE / "policy", copy / "policy")
    activate_release(copy, "2026-11-21.1", "ann")
    return copy


@pytest.fixture
def edit() -> Callable[[Path, str, str], None]:
    """Replaces the first match of a pattern in a text file, and insists that it was there."""

    def replace_first(path: Path, pattern: str, by: str) -> None:
        text = path.read_bytes().decode("utf-8")
        changed, count = re.subn(pattern, by, text, count=1)
        assert count == 1, f"{pattern!r} is not in {path.name}"
        path.write_bytes(changed.encode("utf-8"))

    return replace_first


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    yield server
    server.close()


@pytest.fixture(params=TROUBLES)
def trouble(request: pytest.FixtureRequest) -> Callable[[Answer], Answer]:
    """What may come instead of a good answer, once."""
    return TROUBLES[request.param]
