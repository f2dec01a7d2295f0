"""A PostgreSQL server that lives as long as a `with` block; for tests and `make stress`."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_binaries() -> Path | None:
    """The folder with initdb and pg_ctl of the newest server on this machine."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3].split(".")[0]),
        reverse=True,
    )
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def throwaway_postgres(binaries: Path, fsync: bool = False) -> Iterator[str]:
    """URL of the server, without a database name; `postgres` is one that exists.

    Without `fsync` it is faster and forgets with the machine, not with a killed client.
    """
    user: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            user = "nobody"
    folder = Path(tempfile.mkdtemp(prefix="doorstep-pg-", dir="/tmp"))  # a socket's path must be short
    if user:
        shutil.chown(folder, user)
    port = free_port()
    cluster = str(folder / "cluster")

    def run(*command: str) -> None:
        done = subprocess.run(
            command,
            user=user,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    try:
        run(str(binaries / "initdb"), "-D", cluster, "-U", "doorstep", "-A", "trust", "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        options += f" -c fsync={'on' if fsync else 'off'}"
        pg_ctl = str(binaries / "pg_ctl")
        run(pg_ctl, "-D", cluster, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://doorstep@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
