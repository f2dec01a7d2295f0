"""Places are found from several threads at once: a worker that dies takes every request with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"
PROGRAM = """
import random, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from service.area.locate import AreaIndex
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.tables import Release

release = Release.open(Path(sys.argv[2]))
drawn = random.Random(int(sys.argv[1]))

def locate(index, together, lat, lon):
    together.wait()
    for _ in range(2):  # a cell is looked at when it is asked about again
        index.locate_match(AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT,
                                        postcode="3700", lat=lat, lon=lon))
    return 1

for _ in range(12):
    index, together, lat, lon = AreaIndex.load(release, "DK"), Barrier(8), 55.10, 14.73
    spread = [(lat + drawn.random() * 0.02, lon + drawn.random() * 0.02) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        done = sum(threads.map(lambda at: locate(index, together, *at), spread))
print(done)
"""


def test_many_threads_that_look_at_the_same_polygons_for_the_first_time() -> None:
    for seed in range(3):  # a race that is lost ends the process, so it has one of its own
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(seed), str(REFERENCE)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (ran.returncode, ran.stdout.strip()) == (0, "8"), ran.stderr[-500:]
