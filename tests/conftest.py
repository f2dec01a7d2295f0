"""Tests write nowhere but into temporary directories: neither does what they are written with."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

_HOME = tempfile.TemporaryDirectory(prefix="doorstep-hypothesis-", ignore_cleanup_errors=True)

sys.dont_write_bytecode = True
set_hypothesis_home_dir(Path(_HOME.name))
settings.register_profile("doorstep", database=None)
settings.load_profile("doorstep")


def pytest_unconfigure() -> None:
    _HOME.cleanup()
