"""A small index of real and invented addresses, and a local HTTP server that answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from service.address.matcher import Matcher
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, stage_addresses
from service.refdata.addresses.writer import write_index

TOWNS = {"1160": "København K", "2200": "København N", "3700": "Rønne", "5000": "Odense C"}
HOUSES = [
    ("Amagertorv", "2", "1160", 55.679019, 12.579496),
    ("Amagertorv", "4", "1160", 55.678991, 12.579302),
    ("Nørrebrogade", "50", "2200", 55.6910, 12.5540),
    ("Nørrebrogade", "52C", "2200", 55.6921, 12.5535),
    ("Store Torv", "3", "3700", 55.102221, 14.699585),
    ("Store Torv", "5", "3700", 55.102400, 14.699800),
]


@pytest.fixture(scope="session")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    rows = [
        AddressRow(f"h{at}", street, number, code, TOWNS[code], municipality="0101", lat=lat, lon=lon)
        for at, (street, number, code, lat, lon) in enumerate(HOUSES)
    ]
    gone = AddressRow("old", "Store Torv", "4", "3700", "Rønne", lat=55.1023, lon=14.6997, status="abolished")
    staging = stage_addresses([*rows, gone], ImportReport("test"))
    towns = pa.Table.from_pylist(
        [{"postcode": c, "city": t, "bulk": False, "municipalities": ["0101"]} for c, t in TOWNS.items()],
        schema=POSTCODES_SCHEMA,
    )
    folder = tmp_path_factory.mktemp("index")
    write_index(
        staging, towns, folder, country="DK", source="test 2026", licence="-", attribution="-", vintage="2026"
    )
    return Matcher.open(folder)


@dataclass
class Answer:
    """What the server says: a body (JSON unless text), a status, how long it waits, how it trickles."""

    body: Any = field(default_factory=dict)
    status: int = 200
    wait_s: float = 0.0
    trickle_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A local service. `answer(path, query, headers)` decides; `requests` keeps what was asked."""

    domain: str
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    answer: Callable[[str, dict[str, str]], Answer] = lambda path, query: Answer(status=404)

    def say(self, body: Any = None, **how: Any) -> Answer:
        return Answer({} if body is None else body, **how)

    def always(self, body: Any = None, **how: Any) -> None:
        self.answer = lambda path, query: self.say(body, **how)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            state.requests.append((parts.path, query, {k.lower(): v for k, v in self.headers.items()}))
            told = state.answer(parts.path, query)
            stop.wait(told.wait_s)
            body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            try:
                self.send_response(told.status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if told.trickle_s:
                    for at in range(len(body)):
                        self.wfile.write(body[at : at + 1])
                        self.wfile.flush()
                        if stop.wait(told.trickle_s):
                            return
                else:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the caller has given up

        def log_message(self, *_: object) -> None:
            pass

    stop = threading.Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    state = Server(f"127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    stop.set()
    http.shutdown()
    thread.join()
    http.server_close()
    time.sleep(0.02)
