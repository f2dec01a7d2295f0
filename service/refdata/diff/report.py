"""The files that a comparison of two releases leaves."""

from __future__ import annotations

import json
from pathlib import Path

from service.refdata.diff.compare import ReleaseDiff
from service.refdata.diff.page import diff_page
from service.refdata.diff.text import diff_text
from service.tables import Release


def diff_json(diff: ReleaseDiff) -> str:
    """For programs."""
    return json.dumps(diff.as_json(), ensure_ascii=False, indent=1)


def write_diff(diff: ReleaseDiff, new: Release, folder: Path) -> None:
    """Writes `diff.txt`, `diff.json` and `diff.html` (the page with map and plots) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "diff.txt").write_text(diff_text(diff) + "\n", encoding="utf-8")
    (folder / "diff.json").write_text(diff_json(diff) + "\n", encoding="utf-8")
    (folder / "diff.html").write_text(diff_page(diff, new), encoding="utf-8")
