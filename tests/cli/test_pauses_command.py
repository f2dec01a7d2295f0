"""`enrich pauses`: what is paused is seen, changed and refused as by the route."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from service.store import open_store

ROOT = Path(__file__).resolve().parents[2]


def run(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", "pauses", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "ENRICH_DATABASE_URL": url},
    )


def test_a_treatment_is_paused_listed_and_resumed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    assert run(url, "list").stdout == "Nothing is paused.\n"
    paused = run(url, "pause", "offer", "offer-large-box", "--reason", "udsolgt på Bornholm")
    assert paused.returncode == 0, paused.stderr
    listed = run(url, "list").stdout
    assert listed == paused.stdout
    assert listed.startswith("offer/offer-large-box  since 20")
    assert listed.endswith("UTC  udsolgt på Bornholm\n")
    with closing(open_store(url)) as store:
        assert [pause.treatment for pause in store.guards.pauses()] == ["offer-large-box"]
    assert run(url, "resume", "offer", "offer-large-box").stdout == "Nothing is paused.\n"
    again = run(url, "resume", "offer", "offer-large-box")
    assert again.returncode == 1
    assert again.stderr == "error: offer/offer-large-box is not paused; `enrich pauses list` shows what is.\n"


def test_a_name_that_the_policy_does_not_have_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    answer = run(url, "pause", "offer", "offer-moon")
    assert answer.returncode == 1
    assert "Slot offer has no treatment 'offer-moon'; there are offer-" in answer.stderr
