"""`make bench`: every bench_*.py beside this file, one after the other, each a table against its targets.

A target that is not met prints RED and makes the whole run exit with 1; nothing is hidden.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    here = Path(__file__).resolve().parent
    wanted = sys.argv[1:]
    red: list[str] = []
    for script in sorted(here.glob("bench_*.py")):
        if wanted and script.stem.removeprefix("bench_") not in wanted:
            continue
        print(f"\n== {script.stem.removeprefix('bench_')}", flush=True)
        answer = subprocess.run(
            [sys.executable, "-m", f"tests.programs.bench.{script.stem}"], cwd=here.parents[2], check=False
        )
        if answer.returncode:
            red.append(script.stem)
    print(f"\n{'all targets met' if not red else 'RED: ' + ', '.join(red)}")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
