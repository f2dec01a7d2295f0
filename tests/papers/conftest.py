"""A copy of the house, to be changed as CONTRIBUTING says and looked at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.papers.truth import ROOT

_ASK = """
import json, sys
from service.config import load_config
from service.web.app import create_app
from service.wiring import build_services

services = build_services(load_config())
client = create_app(services).test_client()
said = []
for method, path, body in json.loads(sys.argv[1]):
    answer = client.open(path, method=method, json=body, headers={"Authorization": "Bearer sk_demo"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    said.append(answer.get_json())
    services.store.facts.fold()  # what the background would have done by then
services.store.close()
print(json.dumps(said))
"""


@dataclass(frozen=True)
class House:
    """`root` holds `service/` and `reference_data/` as here; releases are shared, nothing else is."""

    root: Path

    @property
    def policy(self) -> Path:
        return self.root / "reference_data" / "policy"

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Rewrites one file; a change that changes nothing is a fault of the page, or of the test."""
        file = self.root / path
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before, f"nothing to change in {path}"
        file.write_text(after, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        self.edit(path, lambda text: text.replace(old, new))

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, encoding="utf-8")

    def settings(self) -> dict[str, str]:
        """Its own tables, policy and store; a salt that holds out none of the leads asked about."""
        return {
            "ENRICH_REFERENCE_DATA": str(self.root / "reference_data"),
            "ENRICH_DATABASE_URL": f"sqlite:///{self.root}/store.sqlite",
            "ENRICH_SALT": "handshake",
        }

    def answers(self, *calls: tuple[str, str, object]) -> Any:
        """What the service says, with the copy's own code, to calls of (method, path, body)."""
        return json.loads(self.run("-c", _ASK, json.dumps(calls)))

    def describe(self) -> str:
        """`openapi.yaml`, written anew by the first half of `make openapi`."""
        self.run("-m", "service.web.openapi")
        return (self.root / "openapi.yaml").read_text(encoding="utf-8")

    def run(self, *command: str) -> str:
        """What `python …` says in this house; it must succeed."""
        environ = {**os.environ, **self.settings(), "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Made anew for each test."""
    shutil.copytree(ROOT / "service", tmp_path / "service")  # compiled files with it: they save seconds
    ignored = shutil.ignore_patterns("releases")
    shutil.copytree(ROOT / "reference_data", tmp_path / "reference_data", ignore=ignored)
    (tmp_path / "reference_data" / "releases").symlink_to(ROOT / "reference_data" / "releases")
    return House(tmp_path)
