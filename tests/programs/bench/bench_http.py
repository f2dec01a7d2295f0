"""`POST /enrich` as shipped against a bare Flask route that returns the same bytes: one run, side by side.

Both run under the same gunicorn settings at the same time; rounds alternate between them, so that a busy
machine weighs on both. The store is a SQLite file, the access log is on (to a file).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.programs.bench.load_client import request_bytes, run_load
from tests.programs.bench.measure import Row, quantiles, report

ROUNDS = 7
SECONDS = 1.5
CONNECTIONS = 8
HEADERS = {"Authorization": "Bearer sk_demo", "Content-Type": "application/json"}
KNOWN = "Sankt Mortens Gade 3, 3700 Rønne"
BEGINNINGS = ("Sankt", "Nørre", "Øster", "Store", "Lille", "Sønder", "Vester", "Strand", "Kirke", "Bred")
BARE = """
import sys
from flask import Flask, Response
from service.config import load_config
from service.web.server import serve_app
body = open(sys.argv[1], "rb").read()
app = Flask("bare")
@app.post("/enrich")
def enrich():
    return Response(body, mimetype="application/json")
serve_app(app, load_config(), lambda host, port: print("ready", flush=True))
"""


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(folder, ["-m", "service", "serve"]) as (ours, started),
    ):
        addresses = clean_addresses(ours.port)
        answer = ours.post(addresses[0])
        kept = Path(folder, "answer.json")
        kept.write_bytes(answer)
        with serving(folder, ["-c", BARE, str(kept)]) as (bare, _):
            return report(compare(ours, bare, addresses, started))


class Running:
    """A server under test, and what it costs."""

    def __init__(self, port: int, master: int) -> None:
        self.port = port
        self.master = master

    def post(self, address: str) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/enrich", json.dumps({"address": address}).encode(), HEADERS
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def workers(self) -> list[int]:
        """The forks that answer; the process for background work is none of them."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        command = Path(f"/proc/{self.master}/cmdline").read_bytes()
        return [int(pid) for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes() == command]

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def worker_megabytes(self) -> float:
        """Resident memory of the largest worker, shared pages included."""
        return max(
            int(line.split()[1]) / 1024
            for pid in self.workers()
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("VmRSS:")
        )


@contextmanager
def serving(folder: str, command: list[str]) -> Iterator[tuple[Running, float]]:
    port = free_port()
    environ = {
        **os.environ,
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite",
    }
    with Path(folder, f"{port}.log").open("wb") as log:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], env=environ, stdout=log, stderr=log)
        try:
            yield Running(port, process.pid), wait_until_ready(port, process, start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def wait_until_ready(port: int, process: subprocess.Popen[bytes], start: float) -> float:
    """Seconds from the start of the process to the first answer of any kind."""
    while process.poll() is None and time.perf_counter() - start < 60:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as asked:
                asked.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                if asked.recv(12).startswith(b"HTTP/1.1"):
                    return time.perf_counter() - start
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the server on port {port} did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_addresses(port: int) -> list[str]:
    """Some hundred houses of the embedded index, as its own autocomplete writes them."""
    found = [KNOWN]
    for beginning in BEGINNINGS:
        for number in range(1, 20, 3):
            query = urllib.parse.urlencode({"q": f"{beginning} {number}", "limit": 20})
            request = urllib.request.Request(f"http://127.0.0.1:{port}/addresses?{query}", headers=HEADERS)
            with urllib.request.urlopen(request, timeout=10) as answer:
                found += [s["text"] for s in json.load(answer)["suggestions"] if s["level"] == "house"]
    return sorted(set(found))


def compare(ours: Running, bare: Running, addresses: list[str], started: float) -> list[Row]:
    asked = [
        request_bytes("POST", "/enrich", "127.0.0.1", HEADERS, json.dumps({"address": a}).encode())
        for a in addresses
    ]
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    cpu: dict[str, list[float]] = {"ours": [], "bare": []}
    latencies: list[float] = []
    for server in (ours, bare):
        run_load("127.0.0.1", server.port, asked, SECONDS, CONNECTIONS)
    for _ in range(ROUNDS):
        for name, server in (("ours", ours), ("bare", bare)):
            before = server.cpu_seconds()
            load = run_load("127.0.0.1", server.port, asked, SECONDS, CONNECTIONS)
            if set(load.statuses) != {b"200"}:
                raise SystemExit(f"{name} answered {load.statuses}")
            rates[name].append(load.per_second)
            cpu[name].append((server.cpu_seconds() - before) / len(load.latencies))
            if name == "ours":
                latencies += load.latencies
    half, tail = quantiles(latencies)
    ratio = median(o / b for o, b in zip(rates["ours"], rates["bare"], strict=True))
    return [
        Row("different clean addresses asked", float(len(addresses)), ""),
        Row("POST /enrich, requests per second", median(rates["ours"]), "/s"),
        Row("bare Flask route, same bytes, same gunicorn settings", median(rates["bare"]), "/s"),
        Row("ratio of requests per second", ratio, "x", 0.5, at_least=True),
        Row("worker CPU per request, enrich", median(cpu["ours"]) * 1e6, "µs"),
        Row("worker CPU per request, bare", median(cpu["bare"]) * 1e6, "µs"),
        Row(f"latency with {CONNECTIONS} connections, median", half * 1000, "ms"),
        Row(f"latency with {CONNECTIONS} connections, p99", tail * 1000, "ms"),
        Row("ready after start", started, "s", 3.0),
        Row("resident memory of the largest worker", ours.worker_megabytes(), "MB", 300.0),
    ]


if __name__ == "__main__":
    sys.exit(main())
