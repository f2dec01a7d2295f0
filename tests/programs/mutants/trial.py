"""Tries faults: in a copy of the tree, in a process of its own, against the tests of the room."""

from __future__ import annotations

import ast
import compileall
import contextlib
import functools
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import pytest

from tests.programs.mutants.faults import Fault
from tests.programs.mutants.in_pytest import InOrder, SeeLines

PATIENCE = 4  # times what the tests take without a fault; then it hangs, and that is noticed
STOP = "stop"  # a file of this name beside the copies ends the trials that are running
GRACE = 10.0  # seconds on top, for a busy machine
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "__pycache__", "var", "build", "*.egg-info", ".*_cache")

Order = list[tuple[str, float]]  # tests as they are run, each with the seconds that it may take


@dataclass(frozen=True)
class Seen:
    """What a run without faults told: per test its seconds, and what ran each line of each file.

    `lines` maps path and line to tests, and to "fixture NAME", and to "" for what ran at import.
    """

    seconds: dict[str, float]
    patience: dict[str, float]  # seconds that a test may take, with its fixtures
    runs: dict[str, dict[int, frozenset[str]]]
    total: float  # seconds

    @property
    def limit(self) -> float:
        """Seconds that a whole run may take; its tests have limits of their own."""
        return PATIENCE * self.total + 60

    def order(self, fault: Fault) -> Order:
        """All tests of the room with their patience: those that run the fault's lines first, then those
        that run its file, cheap modules before dear ones.
        """
        lines = self.runs.get(fault.path, {})
        near: set[str] = set().union(*(lines.get(n, ()) for n in range(fault.lines[0], fault.lines[1] + 1)))
        about: set[str] = set().union(*lines.values())
        module_seconds: dict[tuple[int, str], float] = {}
        keyed = []
        for test, seconds in self.seconds.items():
            group = (0 if test in near else 1 if test in about else 2, test.partition("::")[0])
            module_seconds[group] = module_seconds.get(group, 0.0) + seconds
            keyed.append((group, test))
        keyed.sort(key=lambda pair: (pair[0][0], module_seconds[pair[0]], pair[0][1]))
        return [(test, self.patience[test]) for _, test in keyed]


@dataclass(frozen=True)
class Tree:
    """A copy of the repository in a temporary folder."""

    root: Path
    scratch: Path

    @classmethod
    def copy(cls, original: Path, folder: Path) -> Tree:
        """Copies the repository and compiles it, so that a trial compiles the changed file only."""
        root, scratch = folder / "tree", folder / "scratch"
        shutil.copytree(original, root, ignore=NOT_COPIED)
        mode = PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(root / "service", quiet=2, invalidation_mode=mode)
        return cls(root, scratch)

    def see_lines(self, room: str, tests: list[str]) -> Seen:
        """Runs a room's tests without a fault. Raises RuntimeError when one fails."""
        report = self.root.parent / f"{room}.json"
        log = self.root.parent / f"{room}.log"

        def run() -> int:
            return _pytest(["-x", *tests], SeeLines(self.root / "service" / room, report))

        start = time.monotonic()
        code = self._forked(run, log, limit=1800)
        total = time.monotonic() - start
        if code != 0 or not report.exists():
            raise RuntimeError(f"The tests of {room} fail without any fault:\n{log.read_text()[-3000:]}")
        told = json.loads(report.read_text(encoding="utf-8"))
        return _read_seen(told, self.root, total)

    def notices(self, fault: Fault, tests: list[str], order: Order, limit: float) -> bool:
        """Whether a test fails, or hangs, with this fault in the code."""
        path = self.root / fault.path
        original = path.read_bytes()

        def run() -> int:
            return _pytest(["-x", *tests], InOrder(order))

        path.write_text(fault.source, encoding="utf-8")
        try:
            return self._forked(run, self.root.parent / "trial.log", limit) != 0
        finally:
            path.write_bytes(original)

    def _forked(self, run: Callable[[], int], log: Path, limit: float) -> int | None:
        """Exit code of `run` in a process of its own, None when it took too long. Nothing outlives it."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.setsid()
                signal.signal(signal.SIGINT, signal.default_int_handler)
                self._enter(log)
                code = run()
            finally:
                sys.stdout.flush()
                os._exit(code)
        try:
            return _wait(child, limit, self.root.parents[1] / STOP)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)

    def _enter(self, log: Path) -> None:
        """In the child: output to the log, this tree's code and no other, its own temporary folder."""
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(self.root)
        sys.path[:] = [str(self.root), *(p for p in sys.path if not Path(p, "service").is_dir())]
        for name in [name for name in sys.modules if name.partition(".")[0] in ("service", "tests")]:
            del sys.modules[name]
        os.environ |= {
            "PYTHONPATH": str(self.root),
            "TMPDIR": str(self.scratch),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        tempfile.tempdir = None


def _pytest(arguments: list[str], plugin: object) -> int:
    quick = ["-q", "-p", "no:schemathesis", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*quick, *arguments], [plugin]))


def _wait(child: int, limit: float, stop: Path) -> int | None:
    """Exit code of the child; None when it is ended for its time, or because this program is being ended."""
    end, late = time.monotonic() + limit, False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return None if late else os.waitstatus_to_exitcode(status)
        if time.monotonic() > end or (not late and stop.exists()):
            # the first time it may stop what its fixtures started
            os.kill(child, signal.SIGKILL if late else signal.SIGINT)
            late, end = True, time.monotonic() + 20
        time.sleep(0.02)


def _read_seen(told: dict[str, Any], root: Path, total: float) -> Seen:
    tests, fixtures, lines = told["tests"], told["fixtures"], told["lines"]
    users: dict[str, set[str]] = {}
    for test, kept in tests.items():
        for name in kept["fixtures"]:
            users.setdefault(f"fixture {name}", set()).add(test)
    patience = {
        test: GRACE + PATIENCE * (kept["seconds"] + sum(fixtures.get(name, 0.0) for name in kept["fixtures"]))
        for test, kept in tests.items()
    }
    runs = {
        Path(file).relative_to(root).as_posix(): {
            int(line): frozenset().union(*(users.get(context, {context}) for context in contexts))
            for line, contexts in by_line.items()
        }
        for file, by_line in lines.items()
    }
    return Seen({test: kept["seconds"] for test, kept in tests.items()}, patience, runs, total)


_mine: list[Tree] = []  # the copy of this worker process


def start_worker(original: Path, folder: Path) -> None:
    """Makes the copy that this process tries faults in."""
    _mine.append(Tree.copy(original, Path(tempfile.mkdtemp(dir=folder))))
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_with_parent(folder: Path) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    Path(folder, STOP).touch()
    time.sleep(30)  # in which a trial ends
    os._exit(1)


def see_lines(room: str, tests: list[str]) -> Seen:
    """In a worker: `Tree.see_lines`."""
    _load_libraries(_mine[0].root, tuple(tests))
    return _mine[0].see_lines(room, tests)


def notices(fault: Fault, tests: list[str], order: Order, limit: float) -> bool:
    """In a worker: `Tree.notices`."""
    _load_libraries(_mine[0].root, tuple(tests))
    return _mine[0].notices(fault, tests, order, limit)


@functools.cache
def _load_libraries(root: Path, tests: tuple[str, ...]) -> None:
    """Imports what the code and these tests import from elsewhere, once, before the forks."""
    folders = [root / "service", *(root / folder for folder in tests)]
    for name in sorted({name for folder in folders for name in _imported(folder)}):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _imported(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            yield from (name for name in names if name.partition(".")[0] not in ("service", "tests", ""))
