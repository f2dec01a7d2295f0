"""A release becomes active under a service that answers: none fails, none is mixed, five seconds at most."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEW = "2099-01-01.1"


def test_workers_follow_another_release_within_five_seconds(tmp_path):
    reference = tmp_path / "reference_data"
    shutil.copytree(ROOT / "reference_data", reference)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ENRICH_", "HOST", "PORT"))}
    settings = {
        "PORT": "0", "ENRICH_WORKERS": "2", "ENRICH_REFERENCE_DATA": str(reference),
        "ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite",
    }  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env={**kept, **settings}, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    try:
        port = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert port, (tmp_path / "log").read_text()
        seen, faults, stop = [], [], threading.Event()

        def ask():
            body = json.dumps({"address": "Sankt Mortens Gade 3, 3700 Rønne"}).encode()
            headers = {"Authorization": "Bearer sk_demo", "Content-Type": "application/json"}
            while not stop.is_set():
                try:
                    request = urllib.request.Request(port.group(0) + "/enrich", body, headers)
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        release = json.load(answer)["versions"]["reference_data"]
                    seen.append((time.monotonic(), release))
                except OSError as error:
                    faults.append(str(error))

        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        time.sleep(1)
        old = seen[0][1]
        shutil.copytree(reference / "releases" / old, reference / "releases" / NEW)
        (reference / "releases" / "next").write_text(NEW + "\n", encoding="utf-8")
        os.replace(reference / "releases" / "next", reference / "releases" / "current")
        swapped = time.monotonic()
        time.sleep(7)
        stop.set()
        for caller in callers:
            caller.join()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()
    assert not faults
    assert {release for _, release in seen} == {old, NEW}
    late = {release for at, release in seen if at > swapped + 5.5}  # half a second for a busy machine
    assert late == {NEW}
