"""`GET /leads/{id}/agent` at 200 requests a second beside enrich traffic, over real HTTP.

Requests leave at their appointed times whether or not the ones before were answered, and each is timed
from its appointed time: a server that stalls cannot hide the requests that it kept waiting.
"""

from __future__ import annotations

import json
import selectors
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import requests

from tests.postgres_server import free_port
from tests.programs.bench.load_client import Connection, request_bytes
from tests.programs.bench.measure import Row, quantiles, report
from tests.programs.stress.service_process import ServiceProcess

SECONDS = 15.0
AGENT_PER_S = 200.0
ENRICH_PER_S = (0.0, 50.0, 150.0)
FLOOR_PER_S = 50.0
LEADS = 300
HEADERS = {"Authorization": "Bearer sk_demo", "Content-Type": "application/json"}
ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"
TARGET_MS = 10.0


@dataclass
class Stream:
    """Requests of one kind at an even pace over connections of their own.

    These are opened when they are needed: one that says nothing yet keeps a thread of the server waiting.
    """

    per_second: float
    requests: list[bytes]
    port: int
    most: int = 8
    opened: int = 0
    idle: list[Connection] = field(default_factory=list)
    late: deque[float] = field(default_factory=deque)
    sent: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: int = 0


def main() -> int:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        service = ServiceProcess(f"sqlite:///{folder}/store.sqlite", port, Path(folder, "log"))
        service.start()
        try:
            _enrich_leads(service.url)
            for beside in ENRICH_PER_S:
                rows += _measure(port, beside)
        finally:
            service.stop()
    return report(rows)


def _enrich_leads(url: str) -> None:
    with requests.Session() as session:
        for number in range(LEADS):
            lead = {"lead_id": f"crm-{number}", "address": ADDRESS}
            session.post(f"{url}/enrich", json=lead, headers=HEADERS, timeout=30).raise_for_status()


def _measure(port: int, beside: float) -> Iterator[Row]:
    agent = Stream(
        AGENT_PER_S,
        [request_bytes("GET", f"/leads/crm-{i}/agent", "127.0.0.1", HEADERS) for i in range(LEADS)],
        port,
    )
    body = [json.dumps({"lead_id": f"new-{i}", "address": ADDRESS}).encode() for i in range(LEADS)]
    enrich = Stream(
        beside,
        [request_bytes("POST", "/enrich", "127.0.0.1", HEADERS, one) for one in body],
        port,
    )
    # What the machine itself adds just now: a route that does nothing, over the same workers.
    floor = Stream(
        FLOOR_PER_S,
        [request_bytes("GET", "/livez", "127.0.0.1", {})],
        port,
    )
    run_streams([agent, enrich, floor], SECONDS)
    p50, p99 = quantiles(agent.seconds)
    beside_words = f"beside {beside:.0f} enrich/s" if beside else "alone"
    target = TARGET_MS if beside else None
    yield Row(f"agent of a lead at {AGENT_PER_S:.0f}/s {beside_words}, p50", p50 * 1000, "ms")
    yield Row(f"agent of a lead at {AGENT_PER_S:.0f}/s {beside_words}, p99", p99 * 1000, "ms", target)
    yield Row("  GET /livez meanwhile, p99", quantiles(floor.seconds)[1] * 1000, "ms")
    if enrich.seconds:
        yield Row("  POST /enrich meanwhile, p99", quantiles(enrich.seconds)[1] * 1000, "ms")
    yield Row("  answers other than 200", agent.refused + enrich.refused, "", 0)


def run_streams(streams: list[Stream], seconds: float) -> None:
    """Sends each stream at its pace; answers that are missing at the end count from their appointed time."""
    selector = selectors.DefaultSelector()
    start = perf_counter()
    appointed: dict[Connection, float] = {}
    while (now := perf_counter() - start) < seconds or appointed:
        for stream in streams:
            while now < seconds and stream.per_second and stream.sent <= now * stream.per_second:
                stream.late.append(start + stream.sent / stream.per_second)
                stream.sent += 1
            while stream.late and (stream.idle or stream.opened < stream.most):
                if not stream.idle:
                    stream.idle.append(Connection("127.0.0.1", stream.port))
                    stream.opened += 1
                    selector.register(stream.idle[-1].socket, selectors.EVENT_READ, (stream, stream.idle[-1]))
                connection = stream.idle.pop()
                appointed[connection] = stream.late.popleft()
                connection.send(stream.requests[len(stream.seconds) % len(stream.requests)])
        for key, _ in selector.select(timeout=0.0005):
            stream, connection = key.data
            status = connection.read()
            if status is not None:
                stream.seconds.append(perf_counter() - appointed.pop(connection))
                stream.refused += status != b"200"
                stream.idle.append(connection)
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    selector.close()


if __name__ == "__main__":
    sys.exit(main())
