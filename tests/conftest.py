"""Tests write nowhere but into temporary directories: neither does what they are written with. And a way to
run `enrich learn`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

_HOME = tempfile.TemporaryDirectory(prefix="doorstep-hypothesis-", ignore_cleanup_errors=True)

sys.dont_write_bytecode = True
set_hypothesis_home_dir(Path(_HOME.name))
settings.register_profile("doorstep", database=None)
settings.load_profile("doorstep")


def pytest_unconfigure() -> None:
    _HOME.cleanup()


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    error: str


@pytest.fixture
def enrich_learn() -> Callable[..., Ran]:
    """Runs `enrich learn …`; a DoorstepError becomes exit code 1 as in service.cli.main."""

    from service.cli.learn import learn
    from service.errors import DoorstepError

    def run(*arguments: object) -> Ran:
        result = CliRunner().invoke(learn, [str(a) for a in arguments])
        if result.exception is not None and isinstance(result.exception, DoorstepError):
            return Ran(1, result.stdout, str(result.exception))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
