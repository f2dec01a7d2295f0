"""A small bounded load client: N keep-alive connections on loopback, one thread, one selector.

It builds the request once and reads only as much of the answer as it needs to find its end, so that on a
two-core machine the client weighs as little as possible on the figure.
"""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass
from time import perf_counter


@dataclass
class Load:
    """What a run of load found. Latencies in seconds."""

    seconds: float
    latencies: list[float]
    statuses: dict[bytes, int]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


def request_bytes(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Connection:
    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen = bytearray()
        self.need = 0
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.seen.clear()
        self.need = 0
        self.sent_at = perf_counter()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The status once the whole answer is here."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed a connection under load")
        self.seen += chunk
        if not self.need:
            end = self.seen.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = bytes(self.seen[:end]).lower()
            at = head.index(b"content-length:") + 15
            self.need = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        return bytes(self.seen[9:12]) if len(self.seen) >= self.need else None


def run_load(host: str, port: int, requests: list[bytes], seconds: float, connections: int) -> Load:
    """Sends `requests` round and round over `connections` connections for `seconds`."""
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    statuses: dict[bytes, int] = {}
    opened = [Connection(host, port) for _ in range(connections)]
    turn = 0
    start = perf_counter()
    for connection in opened:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(requests[turn % len(requests)])
        turn += 1
    stop = start + seconds
    while (now := perf_counter()) < stop:
        for key, _ in selector.select(timeout=stop - now):
            connection = key.data
            status = connection.read()
            if status is not None:
                latencies.append(perf_counter() - connection.sent_at)
                statuses[status] = statuses.get(status, 0) + 1
                connection.send(requests[turn % len(requests)])
                turn += 1
    elapsed = perf_counter() - start
    for connection in opened:
        selector.unregister(connection.socket)
        connection.socket.close()
    return Load(elapsed, latencies, statuses)
