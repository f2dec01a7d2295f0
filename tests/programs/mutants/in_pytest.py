"""What rides along inside pytest: one plugin sees which test runs which line, one puts those first."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest
from hypothesis import settings


class _Repeatable:
    """Property tests draw the same examples each time, and have the time they need beside a busy core."""

    def pytest_configure(self) -> None:
        settings.register_profile("mutants", settings(), database=None, deadline=None, derandomize=True)
        settings.load_profile("mutants")


class SeeLines(_Repeatable):
    """Writes which test, fixture or import ran which line of `folder`, and how long each took."""

    def __init__(self, folder: Path, report: Path) -> None:
        self._report = report
        self._tests: dict[str, dict[str, Any]] = {}
        self._fixtures: dict[str, float] = {}
        self._now = ""
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=[f"{folder}/*"])
        self._coverage.start()

    def _at(self, context: str) -> str:
        before, self._now = self._now, context
        self._coverage.switch_context(context)
        return before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._at(item.nodeid)
        start = time.perf_counter()
        answer = yield
        fixtures = list(getattr(item, "fixturenames", ()))
        self._tests[item.nodeid] = {"seconds": time.perf_counter() - start, "fixtures": fixtures}
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        before = self._at(f"fixture {fixturedef.argname}")
        start = time.perf_counter()
        try:
            return (yield)
        finally:
            took = time.perf_counter() - start
            self._fixtures[fixturedef.argname] = max(took, self._fixtures.get(fixturedef.argname, 0.0))
            self._at(before)

    def pytest_unconfigure(self) -> None:
        self._coverage.stop()
        ran = self._coverage.get_data()
        lines = {file: ran.contexts_by_lineno(file) for file in ran.measured_files()}
        report = {"tests": self._tests, "fixtures": self._fixtures, "lines": lines}
        self._report.write_text(json.dumps(report), encoding="utf-8")


class InOrder(_Repeatable):
    """Runs the tests in the given order, each within its own number of seconds."""

    def __init__(self, order: list[tuple[str, float]]) -> None:
        self._place = {test: (number, seconds) for number, (test, seconds) in enumerate(order)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        last = (len(self._place), 60.0)
        items.sort(key=lambda item: self._place.get(item.nodeid, last)[0])
        for item in items:
            item.add_marker(pytest.mark.timeout(self._place.get(item.nodeid, last)[1]), append=False)
