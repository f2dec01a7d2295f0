"""Full build from the raw files, check and difference: seconds and memory. Needs ENRICH_RAW_DATA."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from service.refdata.build import build_release
from service.refdata.diff.compare import compare_releases
from service.refdata.diff.page import diff_page
from service.refdata.refresh import inspect_release
from service.segment.definitions import load_definitions
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[3] / "reference_data"


def main() -> int:
    raw = os.environ.get("ENRICH_RAW_DATA")
    if not raw:
        print("refdata: skipped, needs the raw open-data files (ENRICH_RAW_DATA)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        build_release(Path(raw), REFERENCE, "2026-01-01.1", Path(folder))
        build = time.perf_counter() - start
    start = time.perf_counter()
    release = Release.open(REFERENCE)
    inspect_release(REFERENCE, release.id, None, datetime.now(UTC).date())
    definitions = load_definitions(REFERENCE / "policy" / "segments")
    diff_page(compare_releases(release, release, definitions, {}, {}), release)
    check = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows = [
        ("full build, all countries", build, 180.0, "s"),
        ("check, diff and its page", check, 30.0, "s"),
        ("memory", memory, 2.0, "GB"),
    ]
    red = False
    print(f"{'refdata':<28}{'measured':>10}{'target':>10}")
    for name, value, target, unit in rows:
        red |= value > target
        print(
            f"{name:<28}{value:>8.2f} {unit:<2}{target:>7.0f} {unit:<2} {'RED' if value > target else 'ok'}"
        )
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
