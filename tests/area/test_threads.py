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
from service.area.locate import AreaIndex
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.tables import Release

index = AreaIndex.load(Release.open(Path(sys.argv[2])), "DK")
drawn = random.Random(int(sys.argv[1]))

def locate(_):
    lat, lon = 55.02 + drawn.random() * 0.2, 14.7 + drawn.random() * 0.3
    code = drawn.choice(["3700", "3730", "3740", "3760"])
    index.locate_match(AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT,
                                    postcode=code, lat=lat, lon=lon))
    return 1

with ThreadPoolExecutor(8) as threads:
    print(sum(threads.map(locate, range(4000))))
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
        assert (ran.returncode, ran.stdout.strip()) == (0, "4000"), ran.stderr[-500:]
