"""The service as shipped (`enrich serve`), started, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class ServiceProcess:
    """One gunicorn master with its workers and its background process, over one database.

    `settings` are further ENRICH_… variables.
    """

    def __init__(self, database_url: str, port: int, log: Path, **settings: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            **os.environ,
            "ENRICH_DATABASE_URL": database_url,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            **settings,
        }
        self._log = log
        self._master: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        with self._log.open("ab") as log:
            self._master = subprocess.Popen(
                [sys.executable, "-m", "service", "serve"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        ends = time.monotonic() + 60
        while not self.is_ready():
            if self._master.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"The service did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def workers(self) -> list[int]:
        return [pid for pid in self._children() if b"service.web.background" not in _command(pid)]

    def background(self) -> list[int]:
        return [pid for pid in self._children() if b"service.web.background" in _command(pid)]

    def kill_master(self) -> None:
        """kill -9 of the gunicorn master; its workers and background process then end by themselves."""
        orphans = self._children()
        assert self._master is not None
        self._master.kill()
        self._master.wait()
        ends = time.monotonic() + 60
        while any(_alive(pid) for pid in orphans):
            if time.monotonic() > ends:
                for pid in orphans:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                raise RuntimeError(f"Processes outlived their master by a minute: {orphans}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._master is not None and self._master.poll() is None:
            self._master.terminate()
            try:
                self._master.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._master.pid, signal.SIGKILL)

    def _children(self) -> list[int]:
        assert self._master is not None
        try:
            found = []
            for task in Path(f"/proc/{self._master.pid}/task").iterdir():
                found += [int(pid) for pid in (task / "children").read_text().split()]
            return found
        except OSError:
            return []


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
